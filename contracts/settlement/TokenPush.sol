// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev Calls `transfer` with exactly `gasLimit` gas. Whether the token moved the amount: it did not revert, and returned
/// true or nothing at all. What else it returns is not copied. Assembly, because a call with `abi.encodeCall` and its
/// answer in memory costs 600 gas more a payee.
function tryTransfer(IERC20 token, address to, uint256 amount, uint256 gasLimit) returns (bool moved) {
    bytes4 selector = IERC20.transfer.selector;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        let input := mload(0x40)
        mstore(input, selector)
        mstore(add(input, 4), to)
        mstore(add(input, 36), amount)
        let success := call(gasLimit, token, 0, input, 68, 0, 32)
        // 0: nothing was returned; from 32 on: a word, which must be true.
        let size := returndatasize()
        moved := and(success, or(iszero(size), and(gt(size, 31), eq(mload(0), 1))))
    }
}
