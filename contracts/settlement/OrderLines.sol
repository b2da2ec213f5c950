// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Bytes of one point of a price schedule: quantity 5 (line's scale) | cumulative money 7 (minor units).
uint256 constant POINT_BYTES = 12;

/// @dev How many lines first terms have: one point each.
function lineCount(bytes calldata lines) pure returns (uint256) {
    return lines.length / POINT_BYTES;
}

/// @dev Line `index` of first terms: ordered in the line's scale, total in minor units. The caller sees to it that
/// `index` is below `lineCount`. Assembly, because a slice of calldata checks its bounds twice: 200 gas less a line.
function lineAt(bytes calldata lines, uint256 index) pure returns (uint256 ordered, uint256 total) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let point := calldataload(add(lines.offset, mul(index, POINT_BYTES)))
        ordered := shr(216, point)
        total := and(shr(160, point), 0xffffffffffffff)
    }
}
