// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {CALL, Lot, LotStatus, NO_LINE, Status} from "../../contracts/settlement/OrderState.sol";
import {ActionTest} from "./ActionTest.sol";

contract CallRetentionTest is ActionTest {
    uint256 private constant EARNED = 400_001; // 400 units
    uint256 private constant HELD = 20_001; // 5% of it, rounded up
    uint256 private constant HELD_IN_ALL = 50_001;
    uint256 private constant CALLED = 5_001;

    function setUp() public override {
        super.setUp();
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 0);
        _assertMoney(order, EARNED, EARNED - HELD);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        _expectNotOpen(Status.Closed);
        _call(CALLED);
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _call(CALLED);
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(START - 1);
        _expectOver();
        _call(CALLED);
        deadline = uint40(START);
        _call(CALLED);
    }

    function test_RevertGiven_ThereIsNoRetention() external {
        _begin(0);
        _deliver(0, 0, 400, 0);
        _expectRefused(0);
        _call(1);
    }

    function test_RevertWhen_TheDateHasCome() external {
        vm.warp(RETENTION_UNTIL);
        _expectRefused(RETENTION_UNTIL);
        _call(CALLED);
        vm.warp(RETENTION_UNTIL - 1);
        _call(CALLED);
    }

    function test_RevertGiven_ItWasCalledOnBefore() external {
        _call(CALLED);
        _expectRefused(RETENTION_UNTIL);
        _call(CALLED);
        vm.warp(START + ANSWER);
        _resolve(CALL);
        _expectRefused(RETENTION_UNTIL);
        _call(CALLED);
    }

    function test_RevertWhen_TheAmountIsNotHeld() external {
        _expectAmount(0);
        _call(0);
        _expectAmount(HELD + 1);
        _call(HELD + 1);
        _expectAmount(type(uint56).max);
        _call(type(uint56).max);
        _call(HELD);
    }

    function test_RevertWhen_TheBuyerNeitherCallsNorSigned() external {
        _expectNoConsent(_noApprovals());
        _expectNoConsent(_approve("supplier", _retentionCall(CALLED)));
        _expectNoConsent(_forged("supplier", buyer, _retentionCall(CALLED)));
        _expectNoConsent(_approve("buyer", _retentionCall(CALLED - 1)));
        Approval[] memory signed = _approve("buyer", _retentionCall(CALLED));
        deadline += 1;
        _expectNoConsent(signed);
    }

    // ---- the call

    function test_WhenTheBuyerCalls() external {
        vm.warp(START + 9);
        _expectCalled();
        _call(CALLED);
        _assertCall();
    }

    function test_WhenTheBuyerSigned() external {
        Approval[] memory signed = _approve("buyer", _retentionCall(CALLED));
        vm.warp(START + 9);
        _expectCalled();
        vm.prank(other);
        _callRetention(uint56(CALLED), signed);
        _assertCall();
        _expectRefused(RETENTION_UNTIL);
        _callRetention(uint56(CALLED), signed);
    }

    function test_WhenTheDateComesWhileTheCallIsOpen() external {
        vm.warp(RETENTION_UNTIL - 1);
        _call(CALLED);
        _expectNothing();
        _settleAll();
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        _assertMoney(order, EARNED, EARNED - CALLED);
    }

    // ---- its decision

    function test_GivenNobodyDisputes() external {
        _deliver(0, 400, ORDERED, 0);
        _call(CALLED);
        vm.warp(START + ANSWER);
        _expectDecided(LotStatus.Rejected, 0, CALLED);
        _resolve(CALL);
        _lotIs(CALL, 0, 0, 0, LotStatus.None);
        vm.assertEq(escrow.moneyOf(order).forfeited, CALLED);
        _assertMoney(order, TOTAL, TOTAL - HELD_IN_ALL);
        _expectNothing();
        _settleAll();

        vm.warp(RETENTION_UNTIL);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, CALLED);
        _settleAll();
        vm.assertEq(token.balanceOf(supplier), TOTAL - CALLED);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL + CALLED);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_GivenTheArbiterRules() external {
        _call(CALLED);
        _disputeIt(CALL);
        _lotIs(CALL, CALLED, 0, START, LotStatus.Disputed);
        // A third of 5001 is 1666.99: 1667 are granted.
        _expectDecided(LotStatus.Disputed, 333_333, CALLED - 1_667);
        vm.prank(arbiter);
        _rule(CALL, 333_333, _noApprovals());
        vm.assertEq(escrow.moneyOf(order).forfeited, CALLED - 1_667);
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        _assertMoney(order, EARNED, EARNED - CALLED + 1_667);
    }

    function test_GivenTheArbiterIsSilent() external {
        _call(CALLED);
        _disputeIt(CALL);
        vm.warp(START + ARBITRATION);
        // 30% of 5001 is 1500.3: 1501 are granted.
        _expectDecided(LotStatus.Disputed, SPLIT, CALLED - 1_501);
        _resolve(CALL);
        vm.assertEq(escrow.moneyOf(order).forfeited, CALLED - 1_501);
    }

    function test_GivenAllIsGranted() external {
        _call(HELD);
        _disputeIt(CALL);
        vm.prank(arbiter);
        _rule(CALL, uint32(MILLION), _noApprovals());
        _expectNothing();
        _settleAll();
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        _assertMoney(order, EARNED, EARNED);
        vm.assertEq(escrow.moneyOf(order).forfeited, 0);
    }

    function test_WhenDeliveriesComeAfterTheCall() external {
        _call(HELD);
        _deliver(0, 400, ORDERED, 0);
        _assertMoney(order, TOTAL, TOTAL - HELD_IN_ALL);
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        _assertMoney(order, TOTAL, TOTAL - HELD);
        _resolve(CALL);
        _settleAll();
        _assertMoney(order, TOTAL, TOTAL - HELD);
        vm.assertEq(_status(order), uint256(Status.Closed));
    }

    function test_WhenNothingIsLateAndNothingIsCalled() external {
        _deliver(0, 400, ORDERED, 0);
        vm.warp(RETENTION_UNTIL - 1);
        _expectNothing();
        _settleAll();
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        vm.assertEq(token.balanceOf(supplier), TOTAL);
        vm.assertEq(_status(order), uint256(Status.Closed));
    }

    // ---- words

    function _call(uint256 amount) private {
        vm.prank(buyer);
        _callRetention(uint56(amount), _noApprovals());
    }

    function _assertCall() private view {
        _assertLot(order, CALL, Lot(NO_LINE, uint56(CALLED), 0, uint40(START + 9), LotStatus.Rejected));
        vm.assertEq(_seq(), 1);
        _assertMoney(order, EARNED, EARNED - HELD);
    }

    function _expectCalled() private {
        vm.expectEmit(address(escrow));
        emit IOrderDisputes.RetentionCalled(order, CALLED, EVIDENCE);
    }

    function _expectDecided(LotStatus before, uint256 share, uint256 forfeited) private {
        vm.expectEmit(address(escrow));
        emit IOrderDisputes.LotDecided(order, CALL, before, share, forfeited);
    }

    function _expectRefused(uint256 until) private {
        bytes4 refused = IOrderDisputes.RetentionCallRefused.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, order, until, block.timestamp));
    }

    function _expectAmount(uint256 amount) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.RetentionAmount.selector, amount, HELD));
    }

    function _expectNothing() private {
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderNothingToSettle.selector, order));
    }

    function _expectNoConsent(Approval[] memory approvals) private {
        _expectConsent(buyer);
        _callRetention(uint56(CALLED), approvals);
    }
}
