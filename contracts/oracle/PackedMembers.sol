// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Bytes of one member of a relayer group in calldata.
uint256 constant ADDRESS_BYTES = 20;

/// @dev How many members a group in calldata has.
function memberCount(bytes calldata members) pure returns (uint256) {
    return members.length / ADDRESS_BYTES;
}

/// @dev Member `index`. The caller sees to it that `index` is below `memberCount`. Assembly, because a slice of calldata
/// checks its bounds twice: 150 gas less a signature.
function memberAt(bytes calldata members, uint256 index) pure returns (address member) {
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        member := shr(96, calldataload(add(members.offset, mul(index, ADDRESS_BYTES))))
    }
}
