// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderClosing} from "../../../contracts/settlement/IOrderClosing.sol";
import {Status} from "../../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../../contracts/settlement/OrderTerms.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev Money is locked when its way out fits into no transaction. EIP-7825 bounds one at 2^24 gas.
contract LongOrdersAttack is AttackBase {
    uint256 private constant LINES = 4_096;
    uint256 private constant MOST_GAS = 1 << 24;
    uint256 private constant SALE = 10; // units a line
    uint256 private constant PRICE = 99; // minor units a line

    /// @dev What the transaction costs before the first opcode, if no byte of the calldata is zero.
    uint256 private constant INTRINSIC = 21_000 + 16 * (LINES * 12 + 1_000);

    /// @dev The lot is line 0's, at which the search for one ends.
    function test_WhenAnInspectedOrderOf4096LinesIsRefundedAndSettled() external {
        _begin(OPTION_INSPECTION, _manyLines());
        _confirm(terms, _report(0, 0, SALE / 2, 0));
        vm.warp(EXPIRY + GRACE);
        _expectAffordable(abi.encodeCall(IOrderClosing.refund, (terms)), 0);
        vm.assertEq(_status(order), uint256(Status.Ended));
        _resolve(terms, 0);
        _expectAffordable(abi.encodeCall(IOrderClosing.settle, (terms, claims)), LINES * 2_000);
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(supplier), (PRICE * 5) / SALE);
        _assertHolds(0);
    }

    function test_WhenAnInspectedOrderOf4096LinesIsRefundedWhole() external {
        _begin(OPTION_INSPECTION, _manyLines());
        vm.warp(EXPIRY + GRACE);
        _expectAffordable(abi.encodeCall(IOrderClosing.refund, (terms)), 0);
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(buyer), AMPLE);
    }

    function test_WhenAPlainOrderOf4096LinesIsRefunded() external {
        terms = _termsOf(_manyLines());
        order = _create(terms);
        vm.warp(EXPIRY + GRACE);
        _expectAffordable(abi.encodeCall(IOrderClosing.refund, (terms)), 0);
        vm.assertEq(token.balanceOf(buyer), AMPLE);
    }

    /// @param cold gas more that the call would need if nothing before it had touched what it reads
    function _expectAffordable(bytes memory call, uint256 cold) private {
        uint256 before = gasleft();
        (bool success, ) = address(escrow).call(call);
        uint256 used = before - gasleft();
        vm.assertTrue(success, "the call failed");
        vm.assertLe(used + cold, MOST_GAS - INTRINSIC, "gas of a transaction");
    }

    function _manyLines() private pure returns (bytes memory lines) {
        lines = new bytes(LINES * 12);
        for (uint256 i; i < lines.length; i += 12) {
            lines[i + 4] = bytes1(uint8(SALE));
            lines[i + 11] = bytes1(uint8(PRICE));
        }
    }
}
