// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {CALL, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

contract CancelTest is ActionTest {
    uint256 private constant PAID = 400_001; // for 400 units
    uint256 private constant PAYOUT = 600_000;

    function setUp() public override {
        super.setUp();
        _begin(0);
        _deliver(0, 0, 400, 0);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsUnknown() external {
        terms.buyer = other;
        order = escrow.orderId(terms);
        _expectNotOpen(Status.None);
        _cancel(0, 0, _noApprovals());
    }

    function test_RevertGiven_TheOrderIsClosed() external {
        Approval[] memory signed = _signed(PAYOUT, 0);
        _cancel(PAYOUT, 0, signed);
        _expectNotOpen(Status.Closed);
        _cancel(PAYOUT, 0, signed);
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _cancel(PAYOUT, 1, _signed(PAYOUT, 1));
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(START + 5);
        Approval[] memory signed = _signed(PAYOUT, 0);
        vm.warp(START + 6);
        _expectOver();
        _cancel(PAYOUT, 0, signed);
        vm.warp(START + 5);
        _cancel(PAYOUT, 0, signed);
    }

    function test_RevertWhen_SeqIsNotTheOrders() external {
        _expectSeq(1, 0);
        _cancel(PAYOUT, 1, _signed(PAYOUT, 1));
        _expectSeq(type(uint32).max, 0);
        _cancel(PAYOUT, type(uint32).max, _noApprovals());
        _agreeOn(_next(_bits(), terms.lines));
        _expectSeq(0, 1);
        _cancel(PAYOUT, 0, _signed(PAYOUT, 0));
        _cancel(PAYOUT, 1, _signed(PAYOUT, 1));
    }

    function test_RevertWhen_ThePayoutIsBelowWhatWasPaid() external {
        _expectPayout(PAID - 1, TOTAL);
        _cancel(PAID - 1, 0, _signed(PAID - 1, 0));
        _expectPayout(0, TOTAL);
        _cancel(0, 0, _signed(0, 0));
    }

    function test_RevertWhen_ThePayoutIsAboveWhatIsThere() external {
        _expectPayout(TOTAL + 1, TOTAL);
        _cancel(TOTAL + 1, 0, _signed(TOTAL + 1, 0));
        _expectPayout(type(uint56).max, TOTAL);
        _cancel(type(uint56).max, 0, _signed(type(uint56).max, 0));
    }

    function test_RevertWhen_BuyerOrSupplierDidNotAgree() external {
        _expectConsent(buyer);
        _cancel(PAYOUT, 0, _noApprovals());
        _expectConsent(buyer);
        _cancel(PAYOUT, 0, _approve("supplier", _cancellation(PAYOUT, 0)));
        _expectConsent(supplier);
        _cancel(PAYOUT, 0, _approve("buyer", _cancellation(PAYOUT, 0)));
        _expectConsent(supplier);
        vm.prank(buyer);
        _cancel(PAYOUT, 0, _forged("buyer", supplier, _cancellation(PAYOUT, 0)));
        _expectConsent(buyer);
        vm.prank(supplier);
        _cancel(PAYOUT, 0, _approve("other", _cancellation(PAYOUT, 0)));
    }

    function test_RevertWhen_TheyAgreedToSomethingElse() external {
        Approval[] memory signed = _signed(PAYOUT, 0);
        _expectConsent(buyer);
        _cancel(PAYOUT + 1, 0, signed);
        _expectConsent(buyer);
        _cancel(PAYOUT, 0, _signed(PAYOUT, 1));
        deadline += 1;
        _expectConsent(buyer);
        _cancel(PAYOUT, 0, signed);
    }

    // ---- cancelled

    function test_WhenSomebodyRelaysBothSignatures() external {
        Approval[] memory signed = _both(
            _approval("supplier", _cancellation(PAYOUT, 0)),
            _approval("buyer", _cancellation(PAYOUT, 0))
        );
        vm.expectEmit(address(escrow));
        emit IOrderAgreements.OrderCancelled(order, PAYOUT);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, TOTAL - PAYOUT);
        vm.prank(other);
        _cancel(PAYOUT, 0, signed);
        _assertEnd(PAYOUT);
        _expectNotOpen(Status.Closed);
        _cancel(PAYOUT, 0, signed);
    }

    function test_WhenOnePartySendsIt() external {
        Approval[] memory signed = _approve("supplier", _cancellation(PAYOUT, 0));
        vm.prank(buyer);
        _cancel(PAYOUT, 0, signed);
        _assertEnd(PAYOUT);
    }

    function test_WhenTheOtherPartySendsIt() external {
        Approval[] memory signed = _approve("buyer", _cancellation(PAYOUT, 0));
        vm.prank(supplier);
        _cancel(PAYOUT, 0, signed);
        _assertEnd(PAYOUT);
    }

    function test_WhenAPartyIsAWalletWithCode() external {
        supplier = address(wallet);
        _begin(0);
        Approval[] memory signed = _both(
            _approval("buyer", _cancellation(PAYOUT, 0)),
            _walletApproval(_cancellation(PAYOUT + 1, 0))
        );
        _expectConsent(address(wallet));
        _cancel(PAYOUT, 0, signed);
        signed[1] = _walletApproval(_cancellation(PAYOUT, 0));
        _cancel(PAYOUT, 0, signed);
        vm.assertEq(token.balanceOf(address(wallet)), PAYOUT);
        vm.assertEq(_status(order), uint256(Status.Closed));
    }

    function test_WhenThePayoutIsWhatWasPaid() external {
        _cancel(PAID, 0, _signed(PAID, 0));
        _assertEnd(PAID);
    }

    function test_WhenThePayoutIsAllThatIsThere() external {
        _cancel(TOTAL, 0, _signed(TOTAL, 0));
        _assertEnd(TOTAL);
    }

    function test_GivenLotsAreUndecided() external {
        _begin(OPTION_INSPECTION);
        _deliver(0, 0, 400, 0);
        _deliver(0, 400, 500, 0);
        _deliver(0, 500, 600, 0);
        _reject(1, 10);
        _reject(2, 10);
        _disputeIt(2);
        uint256 paid = _worth(_good(180, 0));
        _cancel(paid, 3, _signed(paid, 3));
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.warp(START + 300 days);
        for (uint32 lot; lot < 3; ++lot) {
            _expectNotOpen(Status.Closed);
            _resolve(lot);
        }
    }

    function test_GivenACallOnTheRetentionIsOpen() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, ORDERED, 0);
        vm.prank(buyer);
        _callRetention(1_000, _noApprovals());
        _cancel(TOTAL, 1, _signed(TOTAL, 1));
        vm.assertEq(token.balanceOf(supplier), PAID + TOTAL);
        vm.warp(START + ANSWER);
        _expectNotOpen(Status.Closed);
        _resolve(CALL);
    }

    function test_GivenTheOrderHasEnded() external {
        _begin(OPTION_INSPECTION);
        vm.warp(EXPIRY);
        _deliver(0, 0, 400, 0);
        vm.warp(EXPIRY + 1 days);
        _reject(0, 400);
        _disputeIt(0);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        _expectPayoutOf(PAID + 1, 0, PAID);
        _cancel(PAID + 1, 2, _signed(PAID + 1, 2));
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, PAID - 100_000);
        _cancel(100_000, 2, _signed(100_000, 2));
        vm.assertEq(token.balanceOf(supplier), PAID + 100_000);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL - 100_000, "the order of setUp is open");
    }

    // ---- claims

    function test_GivenAClaimEndsAboveThePayout() external {
        _give(0, owner, 100_000, 1);
        _give(2, bank, 200_000, 1);
        bytes32 agreed = _cancellation(PAYOUT, 0);
        _expectConsent(bank);
        _cancel(PAYOUT, 0, _signed(PAYOUT, 0));
        Approval[] memory signed = new Approval[](3);
        (signed[0], signed[1]) = (_approval("buyer", agreed), _approval("supplier", agreed));
        signed[2] = _approval("owner", agreed);
        _expectConsent(bank);
        _cancel(PAYOUT, 0, signed);
        signed[2] = _approval("bank", agreed);
        _cancel(PAYOUT, 0, signed);
        vm.assertEq(token.balanceOf(owner), 100_000);
        vm.assertEq(token.balanceOf(bank), PAYOUT - PAID - 100_000);
        vm.assertEq(token.balanceOf(supplier), PAID);
    }

    function test_GivenAllClaimsEndAtOrBelowThePayout() external {
        _give(0, owner, PAYOUT - PAID, 1);
        _cancel(PAYOUT, 0, _signed(PAYOUT, 0));
        vm.assertEq(token.balanceOf(owner), PAYOUT - PAID);
        vm.assertEq(token.balanceOf(supplier), PAID);
        _assertMoney(order, PAYOUT, PAYOUT);
    }

    function test_RevertWhen_TheListIsStale() external {
        _give(0, owner, 1_000, 1);
        Approval[] memory signed = _signed(PAYOUT, 0);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderClaimsStale.selector, order));
        escrow.cancel(terms, uint56(PAYOUT), 0, _noClaims(), deadline, signed);
    }

    function test_GivenAPayeeCannotBePaid() external {
        token.setMood(supplier, MockToken.Mood.Refuses);
        token.setMood(buyer, MockToken.Mood.ReturnsFalse);
        _cancel(PAYOUT, 0, _signed(PAYOUT, 0));
        vm.assertEq(escrow.creditOf(supplier), PAYOUT - PAID);
        vm.assertEq(escrow.creditOf(buyer), TOTAL - PAYOUT);
        vm.assertEq(_status(order), uint256(Status.Closed));
    }

    // ---- words

    function _signed(uint256 payout, uint32 seq) private view returns (Approval[] memory) {
        return _approve("buyer", "supplier", _cancellation(payout, seq));
    }

    function _expectPayout(uint256 payout, uint256 there) private {
        _expectPayoutOf(payout, PAID, there);
    }

    function _expectPayoutOf(uint256 payout, uint256 paid, uint256 there) private {
        bytes4 refused = IOrderAgreements.CancellationPayout.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, payout, paid, there));
    }

    function _assertEnd(uint256 payout) private view {
        _assertMoney(order, payout, payout);
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(supplier), payout);
        vm.assertEq(token.balanceOf(buyer), AMPLE - payout);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }
}
