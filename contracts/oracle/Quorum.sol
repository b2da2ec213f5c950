// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {OrganisationKinds} from "../identity/OrganisationKinds.sol";
import {Certificate, DELIVERY_BATCH_TYPEHASH} from "./DeliveryReport.sol";
import {IQuorum} from "./IQuorum.sol";

/// @title Verification of what k of n relayers signed
/// @dev A base and not a contract of its own: calling another one would cost each confirmation 4,800 gas. Who inherits
/// names the EIP-712 domain.
abstract contract Quorum is IQuorum, AccessManaged, EIP712 {
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
        _checkMembers(members);

        group = ++_lastGroup;
        _groups[group] = Group({
            members: _membersId(_hashMembers(members)),
            threshold: threshold,
            retired: 0,
            restored: 0
        });
        emit GroupRegistered(group, threshold, members);
    }

    /// @inheritdoc IQuorum
    function groupOf(uint40 group) external view returns (Group memory) {
        return _groups[group];
    }

    // ---- internal

    /// @dev Reverts unless enough live members of the certificate's group signed these reports (the hash of their
    /// EIP-712 array) and the certificate is still alive.
    function _checkCertificate(Certificate calldata certificate, bytes32 reports) internal view {
        if (block.timestamp < certificate.blockTime || block.timestamp > certificate.blockTime + MAX_AGE) {
            revert QuorumExpired(certificate.blockTime, block.timestamp);
        }
        Group memory group = _groups[certificate.group];
        bytes32 members = _hashMembers(certificate.members);
        if (group.threshold == 0 || group.members != _membersId(members)) {
            revert QuorumUnknownGroup(certificate.group);
        }
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    DELIVERY_BATCH_TYPEHASH,
                    certificate.group,
                    members,
                    certificate.proposer,
                    certificate.blockNumber,
                    certificate.blockHash,
                    certificate.blockTime,
                    reports
                )
            )
        );
        uint256 live = _countSigners(certificate, digest, group.retired);
        if (live < group.threshold) revert QuorumTooFew(live, group.threshold);
    }

    /// @dev Reverts for a group that was never registered.
    function _checkGroup(uint256 group) internal view {
        if (_groups[group].threshold == 0) revert QuorumUnknownGroup(uint40(group));
    }

    /// @dev Checks every signature against the member whose bit it stands for; counts those who are not retired. One
    /// bit stands for one member, so nobody counts twice.
    function _countSigners(
        Certificate calldata certificate,
        bytes32 digest,
        uint256 retired
    ) private pure returns (uint256 live) {
        uint256 signers = certificate.signers;
        uint256 used;
        for (uint256 i; signers >> i != 0; ++i) {
            if ((signers >> i) & 1 == 0) continue;
            if (i >= certificate.members.length || used >= certificate.signatures.length) _revertBitmap(certificate);
            address member = certificate.members[i];
            address recovered = ECDSA.recover(digest, certificate.signatures[used].r, certificate.signatures[used].vs);
            if (recovered != member) revert QuorumSignature(member, recovered);
            live += 1 - ((retired >> i) & 1);
            ++used;
        }
        if (used != certificate.signatures.length) _revertBitmap(certificate);
    }

    function _revertBitmap(Certificate calldata certificate) private pure {
        revert QuorumBitmap(certificate.signers, certificate.signatures.length, certificate.members.length);
    }

    /// @dev Members must be relayer operators of distinct organisations, else one organisation would be a quorum.
    function _checkMembers(address[] calldata members) private view {
        uint64[] memory seen = new uint64[](members.length);
        for (uint256 i; i < members.length; ++i) {
            uint64 organisation = organisations.activeOrganisationOf(members[i], OrganisationKinds.RELAYER_OPERATOR);
            if (organisation == 0) revert QuorumMemberNotRelayer(members[i]);
            for (uint256 j; j < i; ++j) {
                if (seen[j] == organisation) revert QuorumOrganisationTwice(organisation);
            }
            seen[i] = organisation;
        }
    }

    /// @dev The `members` of a batch: keccak-256 over the addresses, each padded to a word.
    function _hashMembers(address[] calldata members) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(members));
    }

    /// @dev What the group's slot keeps of it.
    function _membersId(bytes32 members) private pure returns (uint168) {
        return uint168(uint256(members));
    }
}
