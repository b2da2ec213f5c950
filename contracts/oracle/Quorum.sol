// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {OrganisationKinds} from "../identity/OrganisationKinds.sol";
import {Certificate, DELIVERY_BATCH_TYPEHASH, Signature} from "./DeliveryReport.sol";
import {IQuorum} from "./IQuorum.sol";
import {memberAt, memberCount} from "./PackedMembers.sol";

/// @title Verification of what k of n relayers signed
/// @dev A base and not a contract of its own: calling another one would cost each confirmation 4,800 gas. Who inherits
/// names the EIP-712 domain.
abstract contract Quorum is IQuorum, AccessManaged {
    // ---- constants

    /// @inheritdoc IQuorum
    uint256 public constant MAX_AGE = 300;

    /// @inheritdoc IQuorum
    uint256 public constant SKEW = 300;

    uint256 private constant MAX_MEMBERS = 32;

    /// @inheritdoc IQuorum
    IOrganisationRegistry public immutable organisations;

    // ---- storage

    mapping(uint256 group => Group) private _groups;
    uint40 private _lastGroup;

    constructor(address authority, IOrganisationRegistry registry) AccessManaged(authority) {
        organisations = registry;
    }

    // ---- groups

    /// @inheritdoc IQuorum
    function registerGroup(address[] calldata members, uint8 threshold) external restricted returns (uint40 group) {
        if (members.length > MAX_MEMBERS || threshold == 0 || threshold > members.length) {
            revert QuorumSize(members.length, threshold);
        }
        bytes32 id = _checkMembers(members);

        group = ++_lastGroup;
        _groups[group] = Group({members: _cut(id), threshold: threshold, retired: 0, restored: 0});
        emit GroupRegistered(group, threshold, members);
    }

    /// @inheritdoc IQuorum
    function groupOf(uint40 group) external view returns (Group memory) {
        return _groups[group];
    }

    // ---- internal

    /// @dev Reverts unless enough live members of the certificate's group signed these reports (the hash of their
    /// EIP-712 array) in this EIP-712 domain (its separator) and the certificate is still alive.
    function _checkCertificate(Certificate calldata certificate, bytes32 reports, bytes32 domain) internal view {
        (uint40 id, uint40 blockTime) = (certificate.group, certificate.blockTime);
        if (block.timestamp < blockTime || block.timestamp > blockTime + MAX_AGE) {
            revert QuorumExpired(blockTime, block.timestamp);
        }
        bytes calldata members = certificate.members;
        bytes32 given = keccak256(members);
        Group storage group = _groups[id];
        (uint168 known, uint256 threshold, uint256 retired) = (group.members, group.threshold, group.retired);
        if (threshold == 0 || known != _cut(given)) revert QuorumUnknownGroup(id);

        bytes32 batch = keccak256(
            abi.encode(DELIVERY_BATCH_TYPEHASH, id, given, blockTime, certificate.judgement, reports)
        );
        uint256 live = _countSigners(
            MessageHashUtils.toTypedDataHash(domain, batch),
            members,
            certificate.signers,
            certificate.signatures,
            retired
        );
        if (live < threshold) revert QuorumTooFew(live, threshold);
    }

    /// @dev Reverts for a group that was never registered.
    function _checkGroup(uint256 group) internal view {
        if (_groups[group].threshold == 0) revert QuorumUnknownGroup(uint40(group));
    }

    /// @dev Checks every signature against the member whose bit it stands for, and counts those who are not retired. One
    /// bit stands for one member, so nobody counts twice.
    function _countSigners(
        bytes32 digest,
        bytes calldata members,
        uint32 signers,
        Signature[] calldata signatures,
        uint256 retired
    ) private pure returns (uint256 live) {
        uint256 count = memberCount(members);
        uint256 used;
        unchecked {
            // No counter passes 32, the bits of `signers`.
            for (uint256 i; signers >> i != 0; ++i) {
                if ((signers >> i) & 1 == 0) continue;
                if (i >= count || used == signatures.length) revert QuorumBitmap(signers, signatures.length, count);
                Signature calldata signature = signatures[used++];
                address member = memberAt(members, i);
                address recovered = ECDSA.recover(digest, signature.r, signature.vs);
                if (recovered != member) revert QuorumSignature(member, recovered);
                live += 1 - ((retired >> i) & 1);
            }
        }
        if (used != signatures.length) revert QuorumBitmap(signers, signatures.length, count);
    }

    /// @dev The hash of the members, who must be relayer operators of distinct organisations: else one organisation
    /// could be a quorum.
    function _checkMembers(address[] calldata members) private view returns (bytes32) {
        uint64[] memory seen = new uint64[](members.length);
        bytes memory packed;
        for (uint256 i; i < members.length; ++i) {
            uint64 organisation = organisations.activeOrganisationOf(members[i], OrganisationKinds.RELAYER_OPERATOR);
            if (organisation == 0) revert QuorumMemberNotRelayer(members[i]);
            for (uint256 j; j < i; ++j) {
                if (seen[j] == organisation) revert QuorumOrganisationTwice(organisation);
            }
            seen[i] = organisation;
            packed = bytes.concat(packed, bytes20(members[i]));
        }
        return keccak256(packed);
    }

    /// @dev What the group's slot keeps of its members' hash. Another list for a registered one costs 2^168 hashes; two
    /// lists with one value cost 2^84, and only RELAYER_ADMIN could register such a one.
    function _cut(bytes32 members) private pure returns (uint168) {
        return uint168(uint256(members));
    }
}
