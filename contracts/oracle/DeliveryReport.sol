// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What relayers say about one line of one order: how far its delivery came.
/// Quantities are cumulative and in the line's scale, so a report that comes twice adds nothing.
struct DeliveryReport {
    uint16 line; // index of the order's line, from 0
    uint48 from; // delivered before, as the contract has it; otherwise the report is skipped
    uint48 to; // delivered now, not capped by what was ordered
    uint48 late; // cumulative late unit-days
    uint40 latest; // time of the latest event, in seconds since 1970
    bytes32 root; // Merkle root over (key, content hash, quantity) of the new events
}

/// @notice What a quorum signed besides the reports, and the signatures.
struct Certificate {
    uint40 group; // id of the relayer group
    uint40 blockTime; // timestamp of block B, in seconds since 1970
    uint64 blockNumber; // B, the block at which every signer judged
    bytes32 blockHash; // hash of B
    address proposer;
    uint32 signers; // bit i: members[i] signed
    address[] members; // the whole group in its order
    Signature[] signatures; // in the order of the bits of `signers`
}

/// @notice An ECDSA signature in the compact form of ERC-2098; a high s is refused.
struct Signature {
    bytes32 r;
    bytes32 vs;
}

using {hash} for DeliveryReport global;

bytes32 constant DELIVERY_REPORT_TYPEHASH = keccak256(
    "DeliveryReport(bytes32 order,uint16 line,uint48 from,uint48 to,uint48 late,uint40 latest,bytes32 root)"
);

bytes32 constant DELIVERY_BATCH_TYPEHASH = keccak256(
    "DeliveryBatch(uint40 group,bytes32 members,address proposer,uint64 blockNumber,bytes32 blockHash,uint40 blockTime,DeliveryReport[] reports)DeliveryReport(bytes32 order,uint16 line,uint48 from,uint48 to,uint48 late,uint40 latest,bytes32 root)"
);

/// @dev EIP-712 hashStruct of a report about `order`.
function hash(DeliveryReport calldata report, bytes32 order) pure returns (bytes32) {
    return
        keccak256(
            abi.encode(
                DELIVERY_REPORT_TYPEHASH,
                order,
                report.line,
                report.from,
                report.to,
                report.late,
                report.latest,
                report.root
            )
        );
}
