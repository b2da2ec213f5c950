// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clauses, OPTION_AMENDED, OPTION_DEVICES} from "./OrderTerms.sol";

// The `lines` of an order's terms are, one after the other:
// - the order's id, 32 bytes, with OPTION_AMENDED;
// - the Merkle root of the devices' keys, 32 bytes, with OPTION_DEVICES;
// - the price schedules: for each line `points` points of 12 bytes, quantity 5 (line's scale) | cumulative money 7 (minor
//   units). A schedule begins at (0, 0), which is not written, and rises in straight lines from point to point; the last
//   point is what is ordered and the line's total. A schedule with fewer points repeats its last one.

uint256 constant POINT_BYTES = 12;

// What a line can be late by at most, in unit-days: what is ordered times the days that count.
uint256 constant MAX_UNIT_DAYS = 1 << 44;

// Quantities count in units of the line's scale, what is worth money in millionths of a unit; shares and rates in ppm.
uint256 constant MILLION = 1e6;

/// @dev The price schedules of all lines.
function schedulesOf(Clauses clauses, bytes calldata lines) pure returns (bytes calldata) {
    uint256 options = clauses.options();
    if (options & (OPTION_AMENDED | OPTION_DEVICES) == 0) return lines;
    uint256 head = 32;
    if (options & OPTION_AMENDED != 0 && options & OPTION_DEVICES != 0) head = 64;
    return lines.length < head ? lines[0:0] : lines[head:];
}

/// @dev The root of the devices' keys in lines that have one.
function devicesRoot(Clauses clauses, bytes calldata lines) pure returns (bytes32) {
    uint256 start = clauses.has(OPTION_AMENDED) ? 32 : 0;
    return bytes32(lines[start:start + 32]);
}

/// @dev How many lines schedules of one point are.
function lineCount(bytes calldata schedules) pure returns (uint256) {
    return schedules.length / POINT_BYTES;
}

/// @dev Point `index`, which is line `index` where lines have one point: quantity in the line's scale, money in minor
/// units. The caller sees to it that `index` is below `lineCount`. Assembly, because a slice of calldata checks its bounds
/// twice: 200 gas less a line.
function lineAt(bytes calldata schedules, uint256 index) pure returns (uint256 quantity, uint256 money) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let point := calldataload(add(schedules.offset, mul(index, POINT_BYTES)))
        quantity := shr(216, point)
        money := and(shr(160, point), 0xffffffffffffff)
    }
}

/// @dev How many lines there are, with `points` points each.
function lineCount(bytes calldata schedules, uint256 points) pure returns (uint256) {
    return schedules.length / (POINT_BYTES * points);
}

/// @dev What is ordered of a line, and its total.
function lineAt(bytes calldata schedules, uint256 points, uint256 line) pure returns (uint256 ordered, uint256 total) {
    return lineAt(schedules, line * points + points - 1);
}

/// @dev Value of `good` millionths of a unit of a line, in minor units: floor of its price schedule.
function valueAt(bytes calldata schedules, uint256 points, uint256 line, uint256 good) pure returns (uint256) {
    if (points == 1) return valueOfOne(schedules, line, good);
    (uint256 worth, uint256 per) = fractionAt(schedules, points, line, good);
    return worth / per;
}

/// @dev The same where a line has one point, as the first terms of every order have.
function valueOfOne(bytes calldata schedules, uint256 line, uint256 good) pure returns (uint256) {
    (uint256 quantity, uint256 money) = lineAt(schedules, line);
    unchecked {
        // Below 2^56 * 2^60. A line of nothing would be worth its money, as in `fractionAt`.
        uint256 most = quantity * MILLION;
        return good < most ? (money * good) / most : money;
    }
}

/// @dev The same as a fraction, exact. The numerator stays below 2^56 * 2^60 * 2, the denominator at or below 2^60.
function fractionAt(
    bytes calldata schedules,
    uint256 points,
    uint256 line,
    uint256 good
) pure returns (uint256 worth, uint256 per) {
    (uint256 quantity, uint256 money) = (0, 0);
    unchecked {
        for (uint256 i = line * points; i < (line + 1) * points; ++i) {
            (uint256 nextQuantity, uint256 nextMoney) = lineAt(schedules, i);
            if (good <= nextQuantity * MILLION && nextQuantity != quantity) {
                per = (nextQuantity - quantity) * MILLION;
                return (money * per + (nextMoney - money) * (good - quantity * MILLION), per);
            }
            (quantity, money) = (nextQuantity, nextMoney);
        }
    }
    return (money, 1);
}

/// @dev What the buyer paid in for these schedules: the sum of the lines' totals.
function fundedBy(bytes calldata schedules, uint256 points) pure returns (uint256 total) {
    uint256 count = lineCount(schedules, points);
    unchecked {
        // 4,096 times 56 bits make 68.
        for (uint256 i; i < count; ++i) {
            (, uint256 money) = lineAt(schedules, points, i);
            total += money;
        }
    }
}
