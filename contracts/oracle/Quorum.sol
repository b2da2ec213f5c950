// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {Certificate, DELIVERY_BATCH_TYPEHASH, Signature} from "./DeliveryReport.sol";
import {IQuorum} from "./IQuorum.sol";
import {memberAt, memberCount} from "./PackedMembers.sol";
import {RelayerGroups} from "./RelayerGroups.sol";

/// @title Verification of what k of n relayers signed
/// @dev A base and not a contract of its own: calling another one would cost each confirmation 4,800 gas. Who inherits
/// names the EIP-712 domain.
abstract contract Quorum is RelayerGroups {
    // ---- constants

    /// @inheritdoc IQuorum
    uint256 public constant MAX_AGE = 300;

    /// @inheritdoc IQuorum
    uint256 public constant SKEW = 300;

    constructor(address authority, IOrganisationRegistry registry) RelayerGroups(authority, registry) {}

    // ---- internal

    /// @dev Reverts unless enough live members of the certificate's group signed these reports (the hash of their
    /// EIP-712 array) in this EIP-712 domain (its separator) and the certificate is still alive.
    function _checkCertificate(
        Certificate calldata certificate,
        bytes32 reports,
        bytes32 domain
    ) internal view virtual {
        (uint40 id, uint40 blockTime) = (certificate.group, certificate.blockTime);
        if (block.timestamp < blockTime || block.timestamp > blockTime + MAX_AGE) {
            revert QuorumExpired(blockTime, block.timestamp);
        }
        bytes calldata members = certificate.members;
        bytes32 given = keccak256(members);
        (uint256 threshold, uint256 retired) = _quorumOf(id, given);

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
}
