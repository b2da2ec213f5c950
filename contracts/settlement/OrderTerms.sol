// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What buyer and supplier agreed, as far as a payment needs it. The terms travel in calldata and in the
/// creation event; the chain keeps state under their hash.
struct OrderTerms {
    address buyer;
    address supplier; // the payee
    Clauses clauses; // dates, rates and the relayer group, packed into one word
    bytes32 conditions; // hash of OrderConditions
    bytes lines; // what `options` ask for, then per line `points` points: see Schedule.sol
}

using {digest} for OrderTerms global;

/// @notice What a confirmation needs of the terms; the rest, which it does not read, travels as one hash.
struct DeliveryTerms {
    address supplier;
    Clauses clauses;
    bytes32 agreement; // EIP-712 hashStruct of Agreement(buyer, conditions)
    bytes lines;
}

/// @notice What only some operations need. An order commits to it by hash.
struct OrderConditions {
    address arbiter; // rules on disputes; no party of the order
    uint32 defaultSplit; // share of a disputed value that the payee gets when the arbiter is silent, in ppm
    uint32 inspection; // seconds in which the buyer may reject a delivery; 0: accepted at once
    uint32 answer; // seconds in which a rejection may be disputed
    uint32 arbitration; // seconds in which the arbiter may rule
    uint32 statutoryTerm; // seconds from receipt to the statutory due date; reported, never enforced
    uint32 statutoryInterest; // late interest a year, in ppm; reported, never enforced
    bytes32 sheet; // keccak-256 of the order sheet's canonical JSON
    bytes32 documents; // root over what else was agreed (drawings, certificates); zero: nothing
}

using {hashConditions} for OrderConditions global;

/// @notice One word: due 40 | expiry 40 | retentionUntil 40 | grace 24 | penaltyRate 20 | capDays 14 | retention 20 |
/// group 40 | points 8 | options 10, from the most significant bit. Times and durations in seconds, rates in ppm.
type Clauses is uint256;

using {
    due,
    expiry,
    retentionUntil,
    grace,
    penaltyRate,
    capDays,
    retention,
    group,
    points,
    options,
    has,
    isPlain
} for Clauses global;

// Option bits.
uint256 constant OPTION_INSPECTION = 1; // deliveries open inspection lots
uint256 constant OPTION_DEVICES = 2; // a device signs each report too; `lines` hold the root of the devices' keys
uint256 constant OPTION_P256 = 4; // those devices sign with P-256; without it with secp256k1
uint256 constant OPTION_AMENDED = 8; // other terms than the first ones; `lines` begin with the order's id

// The bits of retentionUntil, penaltyRate, retention, points and options, and what they are in plain clauses.
uint256 constant SPECIAL_CLAUSES =
    (uint256(type(uint40).max) << 136) | (uint256(0xfffff) << 92) | (uint256(0xfffff) << 58) | 0x3ffff;
uint256 constant PLAIN_CLAUSES = 1 << 10;

bytes32 constant ORDER_TERMS_TYPEHASH = keccak256(
    "OrderTerms(address supplier,uint256 clauses,bytes lines,Agreement agreement)Agreement(address buyer,bytes32 conditions)"
);

bytes32 constant AGREEMENT_TYPEHASH = keccak256("Agreement(address buyer,bytes32 conditions)");

bytes32 constant ORDER_CONDITIONS_TYPEHASH = keccak256(
    "OrderConditions(address arbiter,uint32 defaultSplit,uint32 inspection,uint32 answer,uint32 arbitration,uint32 statutoryTerm,uint32 statutoryInterest,bytes32 sheet,bytes32 documents)"
);

/// @dev EIP-712 digest of terms from their parts, in the domain of this separator: what orders are known by. Assembly,
/// because every `abi.encode` takes new memory, which costs the more the longer a batch is.
function digestTerms(
    bytes32 domain,
    address supplier,
    Clauses clauses,
    bytes calldata lines,
    bytes32 agreement
) pure returns (bytes32 id) {
    bytes32 typehash = ORDER_TERMS_TYPEHASH;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let words := mload(0x40)
        calldatacopy(words, lines.offset, lines.length)
        mstore(add(words, 0x60), keccak256(words, lines.length))
        mstore(words, typehash)
        mstore(add(words, 0x20), shr(96, shl(96, supplier)))
        mstore(add(words, 0x40), clauses)
        mstore(add(words, 0x80), agreement)
        let terms := keccak256(words, 0xa0)
        mstore(words, hex"1901")
        mstore(add(words, 0x02), domain)
        mstore(add(words, 0x22), terms)
        id := keccak256(words, 0x42)
    }
}

/// @dev EIP-712 hashStruct of the part of the terms that a confirmation does not read.
function hashAgreement(address buyer, bytes32 conditions) pure returns (bytes32 agreement) {
    bytes32 typehash = AGREEMENT_TYPEHASH;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let words := mload(0x40)
        mstore(words, typehash)
        mstore(add(words, 0x20), shr(96, shl(96, buyer)))
        mstore(add(words, 0x40), conditions)
        agreement := keccak256(words, 0x60)
    }
}

/// @dev EIP-712 digest of whole terms.
function digest(OrderTerms calldata terms, bytes32 domain) pure returns (bytes32) {
    bytes32 agreement = hashAgreement(terms.buyer, terms.conditions);
    return digestTerms(domain, terms.supplier, terms.clauses, terms.lines, agreement);
}

/// @dev EIP-712 hashStruct of the conditions, what terms carry as `conditions`.
function hashConditions(OrderConditions calldata conditions) pure returns (bytes32) {
    return keccak256(abi.encode(ORDER_CONDITIONS_TYPEHASH, conditions));
}

/// @dev When the delivery is due; what is delivered later is late.
function due(Clauses clauses) pure returns (uint256) {
    return Clauses.unwrap(clauses) >> 216;
}

/// @dev Events after this time do not count.
function expiry(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 176) & 0xffffffffff;
}

/// @dev Until when the retention is held back; zero without retention.
function retentionUntil(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 136) & 0xffffffffff;
}

/// @dev How long after expiry a report of an earlier event may still come.
function grace(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 112) & 0xffffff;
}

/// @dev Part of a unit's price lost a day late, in ppm.
function penaltyRate(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 92) & 0xfffff;
}

/// @dev How many days late count at most.
function capDays(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 78) & 0x3fff;
}

/// @dev Part of what was earned that is held back, in ppm.
function retention(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 58) & 0xfffff;
}

/// @dev Id of the relayer group that reports on the order.
function group(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 18) & 0xffffffffff;
}

/// @dev Points of each line's price schedule; one in first terms, more after an amendment.
function points(Clauses clauses) pure returns (uint256) {
    return (Clauses.unwrap(clauses) >> 10) & 0xff;
}

/// @dev OPTION_ bits.
function options(Clauses clauses) pure returns (uint256) {
    return Clauses.unwrap(clauses) & 0x3ff;
}

/// @dev Whether all options of a mask are set.
function has(Clauses clauses, uint256 option) pure returns (bool) {
    return Clauses.unwrap(clauses) & option == option;
}

/// @dev Neither penalty nor retention nor options, and one point a line: what is delivered is worth its price at once.
function isPlain(Clauses clauses) pure returns (bool) {
    return Clauses.unwrap(clauses) & SPECIAL_CLAUSES == PLAIN_CLAUSES;
}
