// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

contract WithdrawTest is EscrowBase {
    function setUp() public override {
        super.setUp();
        _create(_terms());
        token.setMood(supplier, MockToken.Mood.Refuses);
        _confirm(_terms(), _report(0, ORDERED));
        vm.startPrank(supplier);
    }

    function test_RevertWhen_TheAmountIsZero() external {
        _expectRevert(0, other, abi.encodeWithSelector(IOrderFunding.CreditTooSmall.selector, TOTAL, 0));
    }

    function test_RevertWhen_TheAmountIsAboveTheCredit() external {
        bytes memory tooSmall = abi.encodeWithSelector(IOrderFunding.CreditTooSmall.selector, TOTAL, TOTAL + 1);
        _expectRevert(TOTAL + 1, other, tooSmall);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IOrderFunding.CreditTooSmall.selector, 0, 1));
        vm.prank(other);
        escrow.withdraw(1, other);
    }

    function test_RevertWhen_TheReceiverIsZeroOrTheEscrow() external {
        _expectRevert(1, address(0), abi.encodeWithSelector(IOrderFunding.CreditReceiver.selector, address(0)));
        bytes memory self = abi.encodeWithSelector(IOrderFunding.CreditReceiver.selector, address(escrow));
        _expectRevert(1, address(escrow), self);
    }

    function test_RevertGiven_TheTokenRefusesTheReceiver() external {
        _expectRevert(TOTAL, supplier, abi.encodeWithSelector(MockToken.Refused.selector));
    }

    function test_RevertGiven_TheTokenSaysNo() external {
        bytes memory failed = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        token.setMood(other, MockToken.Mood.ReturnsFalse);
        _expectRevert(TOTAL, other, failed);
        token.setMood(other, MockToken.Mood.ReturnsGarbage);
        _expectRevert(TOTAL, other, failed);
    }

    function test_WhenAllIsInOrder() external {
        vm.expectEmit(address(escrow));
        emit IOrderFunding.CreditWithdrawn(supplier, other, 1);
        escrow.withdraw(1, other);
        escrow.withdraw(TOTAL - 1, other);
        vm.assertEq(token.balanceOf(other), TOTAL);
        vm.assertEq(escrow.creditOf(supplier), 0);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function _expectRevert(uint256 amount, address to, bytes memory reason) private {
        vm.expectRevert(reason);
        escrow.withdraw(amount, to);
        vm.assertEq(escrow.creditOf(supplier), TOTAL);
    }
}
