// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FLAG_AMENDED, Order, Status} from "./OrderState.sol";

/// @notice The slot of an Order as one word, as Solidity lays it out from the least significant bit: status 8 | flags 8 |
/// seq 32 | earned 56 | paid 56 | delivered 48 | late 48. For the places where reading and writing field by field costs
/// too much: a test compares both.
type OrderWord is uint256;

using {
    isNone,
    isOpen,
    isOpenAndPlain,
    isAmended,
    flagsOf,
    earnedOf,
    paidOf,
    deliveredOf,
    lateOf,
    advancedBy,
    deliveredBy,
    statusOf,
    withStatus,
    withFlag
} for OrderWord global;

function loadWord(Order storage order) view returns (OrderWord word) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        word := sload(order.slot)
    }
}

function storeWord(Order storage order, OrderWord word) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        sstore(order.slot, word)
    }
}

/// @dev Status.Open, whatever the flags are.
function isOpen(OrderWord word) pure returns (bool) {
    return uint8(OrderWord.unwrap(word)) == 1;
}

/// @dev Status.Open, and no flag.
function isOpenAndPlain(OrderWord word) pure returns (bool) {
    return uint16(OrderWord.unwrap(word)) == 1;
}

/// @dev No order has this word.
function isNone(OrderWord word) pure returns (bool) {
    return OrderWord.unwrap(word) == 0;
}

function isAmended(OrderWord word) pure returns (bool) {
    return word.flagsOf() & FLAG_AMENDED != 0;
}

function flagsOf(OrderWord word) pure returns (uint256) {
    return uint8(OrderWord.unwrap(word) >> 8);
}

function statusOf(OrderWord word) pure returns (Status) {
    return Status(uint8(OrderWord.unwrap(word)));
}

function earnedOf(OrderWord word) pure returns (uint256) {
    return uint56(OrderWord.unwrap(word) >> 48);
}

function paidOf(OrderWord word) pure returns (uint256) {
    return uint56(OrderWord.unwrap(word) >> 104);
}

function deliveredOf(OrderWord word) pure returns (uint256) {
    return uint48(OrderWord.unwrap(word) >> 160);
}

function lateOf(OrderWord word) pure returns (uint256) {
    return OrderWord.unwrap(word) >> 208;
}

function withStatus(OrderWord word, Status status) pure returns (OrderWord) {
    return OrderWord.wrap((OrderWord.unwrap(word) & ~uint256(0xff)) | uint256(status));
}

function withFlag(OrderWord word, uint256 flag) pure returns (OrderWord) {
    return OrderWord.wrap(OrderWord.unwrap(word) | (flag << 8));
}

/// @dev Adds to earned and paid. The caller sees to it that both stay below 2^56.
function advancedBy(OrderWord word, uint256 earned, uint256 paid) pure returns (OrderWord) {
    unchecked {
        return OrderWord.wrap(OrderWord.unwrap(word) + (earned << 48) + (paid << 104));
    }
}

/// @dev Adds to delivered and late of line 0. The caller sees to it that both stay below 2^48.
function deliveredBy(OrderWord word, uint256 quantity, uint256 late) pure returns (OrderWord) {
    unchecked {
        return OrderWord.wrap(OrderWord.unwrap(word) + (quantity << 160) + (late << 208));
    }
}
