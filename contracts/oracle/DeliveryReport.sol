// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What relayers say about one line of one order: how far its delivery came.
struct DeliveryReport {
    Progress progress;
    bytes32 root; // Merkle root over (key, content hash, quantity) of the new events
}

/// @notice One word: order 16 | line 16 | from 48 | to 48 | late 48 | latest 40 | nothing 40, from the most significant
/// bit. Quantities are cumulative and in the line's scale, so a report that comes twice adds nothing.
/// - order: which of the orders in the call; what is signed names the order by its id instead
/// - line: index of the order's line, from 0
/// - from: delivered before, as the contract has it; otherwise the report is skipped
/// - to: delivered now, not capped by what was ordered
/// - late: cumulative late unit-days
/// - latest: time of the latest event, in seconds since 1970
type Progress is uint256;

using {orderIndex, line, from, to, late, latest} for Progress global;

/// @notice What a quorum signed besides the reports, and the signatures.
struct Certificate {
    uint40 group; // id of the relayer group
    uint40 blockTime; // timestamp of block B, at which every signer judged; in seconds since 1970
    uint32 signers; // bit i: member i signed
    bytes32 judgement; // EIP-712 hashStruct of Judgement(proposer, number of B, hash of B), which relayers check
    bytes members; // the addresses of the whole group in its order, 20 bytes each
    Signature[] signatures; // in the order of the bits of `signers`
}

/// @notice An ECDSA signature in the compact form of ERC-2098; a high s is refused.
struct Signature {
    bytes32 r;
    bytes32 vs;
}

using {hash} for DeliveryReport global;

bytes32 constant DELIVERY_REPORT_TYPEHASH = keccak256("DeliveryReport(bytes32 order,uint240 progress,bytes32 root)");

bytes32 constant DELIVERY_BATCH_TYPEHASH = keccak256(
    "DeliveryBatch(uint40 group,bytes32 members,uint40 blockTime,Judgement judgement,DeliveryReport[] reports)DeliveryReport(bytes32 order,uint240 progress,bytes32 root)Judgement(address proposer,uint64 blockNumber,bytes32 blockHash)"
);

/// @dev EIP-712 hashStruct of a report about `order`.
function hash(DeliveryReport calldata report, bytes32 order) pure returns (bytes32) {
    return
        keccak256(abi.encode(DELIVERY_REPORT_TYPEHASH, order, uint240(Progress.unwrap(report.progress)), report.root));
}

function orderIndex(Progress progress) pure returns (uint256) {
    return Progress.unwrap(progress) >> 240;
}

function line(Progress progress) pure returns (uint256) {
    return uint16(Progress.unwrap(progress) >> 224);
}

function from(Progress progress) pure returns (uint256) {
    return uint48(Progress.unwrap(progress) >> 176);
}

function to(Progress progress) pure returns (uint256) {
    return uint48(Progress.unwrap(progress) >> 128);
}

function late(Progress progress) pure returns (uint256) {
    return uint48(Progress.unwrap(progress) >> 80);
}

function latest(Progress progress) pure returns (uint256) {
    return uint40(Progress.unwrap(progress) >> 40);
}
