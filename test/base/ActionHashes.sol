// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assignment} from "../../contracts/settlement/IOrderClaims.sol";
import {FundingSource} from "../../contracts/settlement/IOrderFunding.sol";
import {OrderConditions, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";

// EIP-712 hashStruct of everything that a party signs, spelled out a second time.

function hashConditionsAgain(OrderConditions memory conditions) pure returns (bytes32) {
    bytes32 kind = keccak256(
        "OrderConditions(address arbiter,uint32 defaultSplit,uint32 inspection,uint32 answer,uint32 arbitration,uint32 statutoryTerm,uint32 statutoryInterest,bytes32 sheet,bytes32 documents)"
    );
    return keccak256(abi.encode(kind, conditions));
}

function hashCreation(
    bytes32 order,
    OrderTerms memory terms,
    uint256 total,
    FundingSource source,
    uint256 deadline
) pure returns (bytes32) {
    bytes32 kind = keccak256(
        "OrderCreation(bytes32 order,address supplier,uint256 total,uint40 due,uint40 expiry,uint8 source,uint40 deadline)"
    );
    (uint256 due, uint256 expiry) = (terms.clauses.due(), terms.clauses.expiry());
    return keccak256(abi.encode(kind, order, terms.supplier, total, due, expiry, source, deadline));
}

function hashWithdrawal(
    address account,
    uint256 amount,
    address to,
    uint256 nonce,
    uint256 deadline
) pure returns (bytes32) {
    bytes32 kind = keccak256("Withdrawal(address account,uint256 amount,address to,uint256 nonce,uint40 deadline)");
    return keccak256(abi.encode(kind, account, amount, to, nonce, deadline));
}

function hashDeviceDelivery(bytes32 order, uint256 line, uint256 from, uint256 to) pure returns (bytes32) {
    bytes32 kind = keccak256("DeviceDelivery(bytes32 order,uint16 line,uint48 from,uint48 to)");
    return keccak256(abi.encode(kind, order, line, from, to));
}

function hashInspection(
    bytes32 order,
    uint256 lot,
    uint256 rejected,
    bytes32 evidence,
    uint256 deadline
) pure returns (bytes32) {
    bytes32 kind = keccak256("Inspection(bytes32 order,uint32 lot,uint56 rejected,bytes32 evidence,uint40 deadline)");
    return keccak256(abi.encode(kind, order, lot, rejected, evidence, deadline));
}

function hashRetentionCall(bytes32 order, uint256 amount, bytes32 evidence, uint256 deadline) pure returns (bytes32) {
    bytes32 kind = keccak256("RetentionCall(bytes32 order,uint56 amount,bytes32 evidence,uint40 deadline)");
    return keccak256(abi.encode(kind, order, amount, evidence, deadline));
}

function hashDispute(bytes32 order, uint256 lot, bytes32 evidence, uint256 deadline) pure returns (bytes32) {
    bytes32 kind = keccak256("Dispute(bytes32 order,uint32 lot,bytes32 evidence,uint40 deadline)");
    return keccak256(abi.encode(kind, order, lot, evidence, deadline));
}

function hashRuling(bytes32 order, uint256 lot, uint256 share, uint256 deadline) pure returns (bytes32) {
    bytes32 kind = keccak256("Ruling(bytes32 order,uint32 lot,uint32 share,uint40 deadline)");
    return keccak256(abi.encode(kind, order, lot, share, deadline));
}

function hashCancellation(bytes32 order, uint256 seq, uint256 payout, uint256 deadline) pure returns (bytes32) {
    bytes32 kind = keccak256("Cancellation(bytes32 order,uint32 seq,uint56 payout,uint40 deadline)");
    return keccak256(abi.encode(kind, order, seq, payout, deadline));
}

/// @param digest of the terms to be
/// @param total what these terms fund in all
function hashAmendment(
    bytes32 order,
    uint256 seq,
    OrderTerms memory next,
    bytes32 digest,
    uint256 total,
    uint256 deadline
) pure returns (bytes32) {
    bytes32 kind = keccak256(
        "Amendment(bytes32 order,uint32 seq,bytes32 terms,uint256 total,uint40 due,uint40 expiry,uint40 deadline)"
    );
    (uint256 due, uint256 expiry) = (next.clauses.due(), next.clauses.expiry());
    return keccak256(abi.encode(kind, order, seq, digest, total, due, expiry, deadline));
}

function hashAssignment(
    bytes32 order,
    uint256 seq,
    Assignment memory assignment,
    uint256 deadline
) pure returns (bytes32) {
    bytes32 kind = keccak256(
        "Assignment(bytes32 order,uint32 seq,uint32 claim,uint56 amount,uint56 maxStart,address to,uint8 slots,uint56 price,uint40 deadline)"
    );
    return keccak256(abi.encode(kind, order, seq, assignment, deadline));
}

function hashCreditNote(bytes32 order, uint256 amount, uint256 nonce, uint256 deadline) pure returns (bytes32) {
    bytes32 kind = keccak256("CreditNote(bytes32 order,uint256 amount,uint256 nonce,uint40 deadline)");
    return keccak256(abi.encode(kind, order, amount, nonce, deadline));
}
