// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {IDeliveryCounting, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {CALL, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

contract ClosingTest is ActionTest {
    uint256 private constant OVER = EXPIRY + GRACE;
    uint256 private constant LONGER = 30 days;

    // ---- refund, given something is pending or held

    function test_Refund_GivenALotIsPending() external {
        _begin(OPTION_INSPECTION);
        _deliver(0, 0, 400, 7);
        _reject(0, 0);
        vm.warp(OVER - 1);
        _lateReport(400, 500);
        vm.warp(OVER);
        // Pending goods stay at their full worth, whatever their lateness takes.
        uint256 reachable = _worth(_good(400, 7) + 100 * MILLION);
        _expectEnded(TOTAL - reachable);
        vm.prank(other);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(buyer), AMPLE - reachable);
        vm.assertEq(escrow.moneyOf(order).refunded, TOTAL - reachable);
        vm.assertEq(_status(order), uint256(Status.Ended));

        DeliveryReport memory report = _reportOf(0, 0, 500, 600, 7, EXPIRY);
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.ReportSkipped(order, 0, SkipReason.NotOpen, report.root);
        _confirm(terms, report);
    }

    function test_Refund_GivenALotIsRejectedOrDisputed() external {
        _begin(OPTION_INSPECTION);
        vm.warp(OVER - 1);
        _lateReport(0, 400);
        _lateReport(400, 500);
        _reject(0, 400);
        _reject(1, 30);
        _disputeIt(1);
        vm.warp(OVER);
        _expectEnded(TOTAL - 500_001);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(address(escrow)), 500_001 - _worth(_good(70, 0)));
    }

    function test_Refund_RevertGiven_TheOrderHasEnded() external {
        _endWithALot();
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderEndedAlready.selector, order));
        escrow.refund(terms);
    }

    function test_Refund_GivenNothingIsPendingOrHeld() external {
        _begin(OPTION_INSPECTION | _retention(RETENTION, RETENTION_UNTIL));
        vm.warp(OVER);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, TOTAL);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(buyer), AMPLE);
    }

    function test_Refund_GivenARetentionIsHeld() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 0);
        vm.warp(OVER);
        _expectEnded(TOTAL - 400_001);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(address(escrow)), 20_001);
        vm.warp(RETENTION_UNTIL);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, 0);
        _settleAll();
        vm.assertEq(token.balanceOf(supplier), 400_001);
    }

    function test_Refund_GivenClaimsAreNotPaid() external {
        _begin(0);
        _give(0, owner, 100_000, 1);
        _deliver(0, 0, 400, 0);
        vm.warp(OVER);
        _expectEnded(TOTAL - 400_001);
        escrow.refund(terms);
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(owner), 100_000);
        vm.assertEq(token.balanceOf(supplier), 300_001);
    }

    // ---- refund, given too few relayers

    function test_Refund_GivenTheGroupIsBelowItsThreshold() external {
        _begin(0);
        _fall();
        _expectTooEarly(OVER, OVER + LONGER);
        _expectTooEarly(OVER + LONGER - 1, OVER + LONGER);
        vm.warp(OVER + LONGER);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(buyer), AMPLE);
    }

    function test_Refund_GivenTheGroupCameBack() external {
        _begin(0);
        vm.warp(OVER);
        _fall();
        _restore();
        uint256 restored = OVER + 7 days;
        _expectTooEarly(restored, restored + GRACE);
        _expectTooEarly(restored + GRACE - 1, restored + GRACE);
        vm.warp(restored + GRACE);
        escrow.refund(terms);
    }

    function test_Refund_GivenTheGroupCameBackLate() external {
        _begin(0);
        _fall();
        vm.warp(OVER + LONGER - 8 days);
        _restore();
        _expectTooEarly(OVER + LONGER - 1, OVER + LONGER);
        vm.warp(OVER + LONGER);
        escrow.refund(terms);
    }

    function test_Refund_GivenTheGroupCameBackLongBefore() external {
        _begin(0);
        _fall();
        _restore();
        _expectTooEarly(OVER - 1, OVER);
        vm.warp(OVER);
        escrow.refund(terms);
    }

    // ---- settle

    function test_Settle_GivenALotIsUndecided() external {
        _begin(OPTION_INSPECTION);
        _give(0, owner, 100_000, 1);
        _deliver(0, 0, 400, 0);
        _deliver(0, 400, ORDERED, 0);
        vm.prank(buyer);
        escrow.inspect(terms, conditions, 0, 0, EVIDENCE, _noClaims(), deadline, _noApprovals());
        _settleAll();
        vm.assertEq(token.balanceOf(owner), 100_000);
        vm.assertEq(_status(order), uint256(Status.Open));
        _takeOff(1);
        _expectNothing();
        _settleAll();
    }

    function test_Settle_RevertGiven_TheRetentionsDateHasNotCome() external {
        _begin(OPTION_INSPECTION | _retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, ORDERED, 0);
        _reject(0, 0);
        _expectNothing();
        _settleAll();
        vm.warp(RETENTION_UNTIL - 1);
        _expectNothing();
        _settleAll();
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    function test_Settle_GivenACallOnTheRetentionIsOpen() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, ORDERED, 0);
        vm.warp(RETENTION_UNTIL - 1);
        vm.prank(buyer);
        _callRetention(50_001, _noApprovals());
        vm.warp(RETENTION_UNTIL);
        _expectNothing();
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Open));
    }

    function test_Settle_GivenTheRetentionWasForfeitedInPart() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 0);
        vm.prank(buyer);
        _callRetention(20_001, _noApprovals());
        _disputeIt(CALL);
        vm.prank(arbiter);
        _rule(CALL, 250_000, _noApprovals());
        vm.warp(OVER);
        _expectEnded(TOTAL - 400_001);
        escrow.refund(terms);
        vm.warp(RETENTION_UNTIL);
        // A quarter of 20,001 is 5000.25: 5001 are granted, 15,000 forfeited.
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, 15_000);
        _settleAll();
        vm.assertEq(token.balanceOf(supplier), 385_001);
        vm.assertEq(token.balanceOf(buyer), AMPLE - 385_001);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_Settle_GivenThePenaltyTookSomething() external {
        _begin(0);
        _deliver(0, 0, ORDERED, 2_000);
        uint256 earned = _worth(_good(ORDERED, 2_000));
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, TOTAL - earned);
        _settleAll();
        vm.assertEq(token.balanceOf(buyer), AMPLE - earned);
        vm.assertEq(token.balanceOf(supplier), earned);
    }

    function test_Settle_GivenRejectedGoodsWereNotReplaced() external {
        _begin(OPTION_INSPECTION);
        _deliver(0, 0, ORDERED, 0);
        _reject(0, 1);
        vm.warp(START + ANSWER);
        _resolve(0);
        _expectNothing();
        _settleAll();
        vm.warp(OVER);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, TOTAL - 999_002);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(supplier), 999_002);
    }

    function test_Settle_GivenAllWasDecidedAfterTheRefund() external {
        _endWithALot();
        _reject(0, 100);
        vm.warp(OVER + ANSWER);
        _resolve(0);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, 400_001 - 300_000);
        _settleAll();
        vm.assertEq(token.balanceOf(supplier), 300_000);
        vm.assertEq(token.balanceOf(buyer), AMPLE - 300_000);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    // ---- words

    /// @dev Confirmed in the grace, of an event in time.
    function _lateReport(uint256 from, uint256 to) private {
        _confirm(terms, _reportOf(0, 0, from, to, 0, EXPIRY));
    }

    function _endWithALot() private {
        _begin(OPTION_INSPECTION);
        vm.warp(OVER);
        _lateReport(0, 400);
        escrow.refund(terms);
    }

    /// @dev One member joins, which takes seven days.
    function _restore() private {
        address joining = _account("joining");
        registry.register(OrganisationKinds.RELAYER_OPERATOR, bytes32(0), joining);
        bytes memory members = _certificate().members;
        quorum.proposeMember(group, members, joining);
        vm.warp(block.timestamp + 7 days);
        quorum.enactMember(group, members, joining);
    }

    function _expectTooEarly(uint256 time, uint256 from) private {
        vm.warp(time);
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderRefundTooEarly.selector, time, from));
        escrow.refund(terms);
    }

    function _expectEnded(uint256 refunded) private {
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderEnded(order, refunded);
    }

    function _expectNothing() private {
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderNothingToSettle.selector, order));
    }
}
