// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clauses, OPTION_AMENDED, OPTION_DEVICES} from "../../contracts/settlement/OrderTerms.sol";

// Price schedules, read a second time: from memory, and by the words of docs/settlement-rules.md.

uint256 constant MILLION = 1e6;
uint256 constant POINT = 12;

/// @dev Bytes in front of the schedules.
function headOf(Clauses clauses) pure returns (uint256 head) {
    if (clauses.has(OPTION_AMENDED)) head += 32;
    if (clauses.has(OPTION_DEVICES)) head += 32;
}

function linesOf(Clauses clauses, bytes memory lines) pure returns (uint256) {
    return (lines.length - headOf(clauses)) / POINT / clauses.points();
}

/// @dev Point `index` of a line.
function pointOf(
    Clauses clauses,
    bytes memory lines,
    uint256 line,
    uint256 index
) pure returns (uint256 quantity, uint256 money) {
    uint256 end = headOf(clauses) + (line * clauses.points() + index + 1) * POINT;
    uint256 word;
    assembly {
        word := mload(add(lines, end)) // the word that ends at byte `end`
    }
    return ((word >> 56) & 0xffffffffff, word & 0xffffffffffffff);
}

/// @dev What is ordered of a line, and its total.
function endOf(Clauses clauses, bytes memory lines, uint256 line) pure returns (uint256, uint256) {
    return pointOf(clauses, lines, line, clauses.points() - 1);
}

function totalOf(Clauses clauses, bytes memory lines) pure returns (uint256 total) {
    for (uint256 i; i < linesOf(clauses, lines); ++i) {
        (, uint256 money) = endOf(clauses, lines, i);
        total += money;
    }
}

/// @dev Value of `good` millionths of a unit of a line, rounded down.
function worthOf(Clauses clauses, bytes memory lines, uint256 line, uint256 good) pure returns (uint256) {
    (uint256 quantity, uint256 money) = (0, 0);
    for (uint256 i; i < clauses.points(); ++i) {
        (uint256 next, uint256 worth) = pointOf(clauses, lines, line, i);
        if (next == quantity) continue; // a repeated point fills up
        if (good <= next * MILLION) {
            return money + ((worth - money) * (good - quantity * MILLION)) / ((next - quantity) * MILLION);
        }
        (quantity, money) = (next, worth);
    }
    return money;
}

function ceilDiv(uint256 a, uint256 b) pure returns (uint256) {
    return (a + b - 1) / b;
}

function larger(uint256 a, uint256 b) pure returns (uint256) {
    return a > b ? a : b;
}

function smaller(uint256 a, uint256 b) pure returns (uint256) {
    return a < b ? a : b;
}

/// @dev Value of a whole quantity of a line as a fraction, exact.
function exactOf(
    Clauses clauses,
    bytes memory lines,
    uint256 line,
    uint256 wanted
) pure returns (uint256 worth, uint256 per) {
    (uint256 quantity, uint256 money) = (0, 0);
    for (uint256 i; i < clauses.points(); ++i) {
        (uint256 next, uint256 to) = pointOf(clauses, lines, line, i);
        if (next == quantity) continue;
        per = next - quantity;
        if (wanted <= next) return (money * per + (to - money) * (wanted - quantity), per);
        (quantity, money) = (next, to);
    }
    return (money, 1);
}

/// @dev Whether a line's new schedule is below its old one anywhere, as far as it goes: then at a point of one of both.
function isCheaper(
    Clauses clauses,
    bytes memory lines,
    Clauses next,
    bytes memory nextLines,
    uint256 line
) pure returns (bool) {
    (uint256 ordered, ) = endOf(next, nextLines, line);
    uint256 count = clauses.points();
    for (uint256 i; i < count + next.points(); ++i) {
        (uint256 quantity, ) = i < count ? pointOf(clauses, lines, line, i) : pointOf(next, nextLines, line, i - count);
        if (quantity > ordered) continue;
        (uint256 was, uint256 wasPer) = exactOf(clauses, lines, line, quantity);
        (uint256 is_, uint256 isPer) = exactOf(next, nextLines, line, quantity);
        if (is_ * wasPer < was * isPer) return true;
    }
    return false;
}
