// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderCreation} from "./IOrderFunding.sol";
// The linter does not read assembly.
// solhint-disable no-unused-import
import {Clauses, PLAIN_CLAUSES} from "./OrderTerms.sol";
import {POINT_BYTES} from "./Schedule.sol";
// solhint-enable no-unused-import

// Plain orders of one buyer, packed one after the other, as `createOrdersFromBalance` takes and logs them. Each is: supplier
// 20 | clauses 32 | conditions 32 | lines, 12 bytes each as in Schedule.sol. The lowest 18 bits of the clauses, points and
// options, which are the same in all plain clauses, hold the number of lines instead: an order of one line is three words.

uint256 constant BATCH_HEAD = 84;
uint256 constant LINES_MASK = 0x3ffff;

/// @dev The order that begins at `from`, which is at or before the end, and where the next one does. Assembly, because a
/// slice of calldata checks its bounds twice.
function batchOrderAt(
    bytes calldata orders,
    uint256 from
) pure returns (address supplier, Clauses clauses, bytes32 conditions, bytes calldata lines, uint256 next) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let head := add(orders.offset, from)
        let word := calldataload(add(head, 20))
        supplier := shr(96, calldataload(head))
        clauses := or(and(word, not(LINES_MASK)), PLAIN_CLAUSES)
        conditions := calldataload(add(head, 52))
        lines.offset := add(head, BATCH_HEAD)
        lines.length := mul(POINT_BYTES, and(word, LINES_MASK))
        next := sub(add(lines.offset, lines.length), orders.offset)
    }
    // A cut head is read as what lies behind it, which only makes `next` larger.
    if (next > orders.length) {
        uint256 headEnd = from + BATCH_HEAD;
        revert IOrderCreation.OrderBatchCut(from, headEnd > orders.length ? headEnd : next, orders.length);
    }
}
