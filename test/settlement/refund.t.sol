// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

contract RefundTest is EscrowBase {
    bytes32 private order;

    function setUp() public override {
        super.setUp();
        order = _create(_terms());
    }

    function test_RevertGiven_TheOrderIsUnknown() external {
        OrderTerms memory unknown = _termsOf(_line(1, 1));
        bytes32 id = escrow.orderId(unknown);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderNotOpen.selector, id, Status.None));
        escrow.refund(unknown);
    }

    function test_RevertGiven_TheOrderIsClosed() external {
        vm.warp(EXPIRY + GRACE);
        escrow.refund(_terms());
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderNotOpen.selector, order, Status.Closed));
        escrow.refund(_terms());
    }

    function test_RevertWhen_ExpiryAndGraceAreNotOver() external {
        vm.warp(EXPIRY + GRACE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderClosing.OrderRefundTooEarly.selector, EXPIRY + GRACE - 1, EXPIRY + GRACE)
        );
        escrow.refund(_terms());
    }

    function test_GivenNothingWasDelivered() external {
        _expectRefund(TOTAL);
        vm.assertEq(token.balanceOf(buyer), AMPLE);
    }

    function test_GivenPartWasDelivered() external {
        _confirm(_terms(), _report(0, 333));
        uint256 earned = (TOTAL * 333) / ORDERED;
        _expectRefund(TOTAL - earned);
        vm.assertEq(token.balanceOf(supplier), earned);
        vm.assertEq(escrow.orderOf(order).paid, earned);
    }

    function test_GivenEverythingWasDelivered() external {
        _confirm(_terms(), _report(0, ORDERED));
        vm.recordLogs();
        _expectRefund(0);
        vm.assertEq(vm.getRecordedLogs().length, 2); // the event as expected, and as it came: no transfer of nothing
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    function test_GivenTheBuyerCannotBePaid() external {
        token.setMood(buyer, MockToken.Mood.Refuses);
        vm.warp(EXPIRY + GRACE);
        vm.expectEmit(address(escrow));
        emit IOrderBook.PaymentCredited(buyer, TOTAL);
        escrow.refund(_terms());
        vm.assertEq(escrow.creditOf(buyer), TOTAL);
        vm.assertEq(token.balanceOf(address(escrow)), TOTAL);
        vm.prank(buyer);
        escrow.withdraw(TOTAL, other);
        vm.assertEq(token.balanceOf(other), TOTAL);
    }

    function _expectRefund(uint256 amount) private {
        vm.warp(EXPIRY + GRACE);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, amount);
        vm.prank(other);
        escrow.refund(_terms());
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(address(escrow)), 0);
        vm.assertEq(token.balanceOf(buyer) + token.balanceOf(supplier), AMPLE);
    }
}
