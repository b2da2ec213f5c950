// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {AXIS_END, Claim, MAX_CLAIMS, claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Assignment, IOrderClaims} from "../../contracts/settlement/IOrderClaims.sol";
import {FLAG_ASSIGNED, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {hashAssignment} from "../base/ActionHashes.sol";
import {ActionTest} from "./ActionTest.sol";

contract AssignTest is ActionTest {
    uint256 private constant PAID = 400_001; // for 400 units
    uint56 private constant AMOUNT = 10_000;
    uint56 private constant PRICE = 9_000;

    function setUp() public override {
        super.setUp();
        _begin(0);
        token.mint(bank, AMPLE);
        vm.prank(bank);
        token.approve(address(escrow), type(uint256).max);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsUnknown() external {
        terms.buyer = other;
        order = escrow.orderId(terms);
        _expectNotOpen(Status.None);
        _pass(_assignment(0, AMOUNT, owner, 1));
    }

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        _expectNotOpen(Status.Closed);
        _pass(_assignment(0, AMOUNT, owner, 1));
    }

    function test_RevertWhen_TheConditionsAreNotThoseOfTheTerms() external {
        conditions.arbiter = other;
        _expectOtherConditions();
        _pass(_assignment(0, AMOUNT, arbiter, 1));
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _pass(_assignment(0, AMOUNT, owner, 1));
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(START - 1);
        _expectOver();
        _pass(_assignment(0, AMOUNT, owner, 1));
        deadline = uint40(START);
        _pass(_assignment(0, AMOUNT, owner, 1));
    }

    function test_RevertWhen_SeqIsNotTheOrders() external {
        _expectSeq(1, 0);
        _assign(_assignment(0, AMOUNT, owner, 1), 1, _noApprovals());
        _agreeOn(_next(_bits(), terms.lines));
        _expectSeq(0, 1);
        _assign(_assignment(0, AMOUNT, owner, 1), 0, _noApprovals());
    }

    function test_RevertWhen_TheListIsStale() external {
        _give(0, owner, AMOUNT, 1);
        Claim[] memory old = claims;
        _give(2, bank, AMOUNT, 1);
        claims = old;
        _expectStaleList();
        _pass(_assignment(2, AMOUNT, owner, 1));
        delete claims;
        _expectStaleList();
        _pass(_assignment(0, AMOUNT, owner, 1));
    }

    function test_RevertWhen_TheNewOwnerIsZeroTheEscrowOrTheArbiter() external {
        address[3] memory refused = [address(0), address(escrow), arbiter];
        for (uint256 i; i < refused.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IOrderClaims.ClaimOwner.selector, refused[i]));
            _pass(_assignment(0, AMOUNT, refused[i], 1));
        }
    }

    function test_RevertWhen_TheClaimIsUnknown() external {
        _expectUnknown(1);
        _pass(_assignment(1, AMOUNT, owner, 1));
        _give(0, owner, AMOUNT, 1);
        uint32[3] memory gone = [uint32(0), 3, type(uint32).max];
        for (uint256 i; i < gone.length; ++i) {
            _expectUnknown(gone[i]);
            _pass(_assignment(gone[i], AMOUNT, owner, 1));
        }
    }

    function test_RevertWhen_TheOwnerNeitherCallsNorSigned() external {
        Assignment memory given = _assignment(0, AMOUNT, owner, 1);
        _expectNoConsent(given, _noApprovals());
        _expectNoConsent(given, _approve("buyer", "owner", _hash(given)));
        _expectNoConsent(given, _forged("buyer", supplier, _hash(given)));
        Approval[] memory signed = _approve("supplier", _hash(given));
        given.to = bank;
        _expectNoConsent(given, signed);
        (given.to, given.amount) = (owner, AMOUNT + 1);
        _expectNoConsent(given, signed);
        (given.amount, given.maxStart) = (AMOUNT, 0);
        _expectNoConsent(given, signed);
        (given.maxStart, given.slots) = (type(uint56).max, 2);
        _expectNoConsent(given, signed);
        (given.slots, given.price) = (1, 1);
        _expectNoConsent(given, signed);
        given.price = 0;
        deadline += 1;
        _expectNoConsent(given, signed);
    }

    function test_RevertWhen_TheAmountDoesNotFit() external {
        _expectInterval(0, 0, TOTAL);
        _pass(_assignment(0, 0, owner, 1));
        _expectInterval(0, TOTAL + 1, TOTAL);
        _pass(_assignment(0, TOTAL + 1, owner, 1));
        _expectInterval(0, type(uint56).max, TOTAL);
        _pass(_assignment(0, type(uint56).max, owner, 16));
        _give(0, owner, AMOUNT, 2);
        _expectInterval(0, AMOUNT + 1, AMOUNT);
        _passBy(owner, _assignment(1, AMOUNT + 1, bank, 1));
        _give(2, owner, TOTAL - AMOUNT, 1);
    }

    function test_RevertWhen_ThePartBeginsAboveTheMaximum() external {
        _deliver(0, 0, 400, 0);
        Assignment memory given = _assignment(0, AMOUNT, owner, 1);
        given.maxStart = uint56(PAID - 1);
        bytes4 refused = IOrderClaims.ClaimInterval.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, PAID, PAID + AMOUNT, PAID - 1, TOTAL));
        _pass(given);
        given.maxStart = uint56(PAID);
        _pass(given);
    }

    function test_RevertWhen_TheSlotsAreNoneOrLeaveNone() external {
        _expectSlots(0, 16);
        _pass(_assignment(0, AMOUNT, owner, 0));
        _expectSlots(16, 16);
        _pass(_assignment(0, AMOUNT, owner, 16));
        _expectSlots(255, 16);
        _pass(_assignment(0, AMOUNT, owner, 255));
        _give(0, owner, AMOUNT, 1);
        _expectSlots(1, 1);
        _passBy(owner, _assignment(1, AMOUNT - 1, bank, 1));
        _expectSlots(15, 15);
        _pass(_assignment(2, AMOUNT, bank, 15));
    }

    function test_RevertWhen_AWholeClaimIsPassedOnWithOtherSlots() external {
        _give(0, owner, AMOUNT, 3);
        for (uint8 slots; slots < 5; ++slots) {
            if (slots == 3) continue;
            _expectSlots(slots, 3);
            _passBy(owner, _assignment(1, AMOUNT, bank, slots));
        }
    }

    // ---- passed on

    function test_WhenTheSupplierPassesOnPartOfItsRemainder() external {
        vm.expectEmit(address(escrow));
        emit IOrderClaims.ClaimAssigned(
            order,
            supplier,
            owner,
            0,
            claim(AMOUNT, owner, 4, 1),
            claim(AXIS_END, supplier, 12, 2),
            0,
            0
        );
        _give(0, owner, AMOUNT, 4);
        _listIsPresent();
        vm.assertEq(escrow.claimsOf(order).nextId, 3);
        vm.assertEq(escrow.orderOf(order).flags, FLAG_ASSIGNED);
        vm.assertEq(_seq(), 0);
    }

    function test_WhenItIsPassedOnAfterADelivery() external {
        _deliver(0, 0, 400, 0);
        _give(0, owner, AMOUNT, 1);
        claims.pop();
        claims.pop();
        claims.push(claim(PAID + AMOUNT, owner, 1, 1));
        claims.push(claim(AXIS_END, supplier, 15, 2));
        _listIsPresent();
    }

    function test_WhenAnOwnerPassesOnPartOfItsClaim() external {
        _give(0, owner, AMOUNT, 4);
        _give(2, bank, AMOUNT, 1);
        _give(1, other, 4_000, 3);
        delete claims;
        claims.push(claim(4_000, other, 3, 5));
        claims.push(claim(AMOUNT, owner, 1, 6));
        claims.push(claim(2 * AMOUNT, bank, 1, 3));
        claims.push(claim(AXIS_END, supplier, 11, 4));
        _listIsPresent();
        vm.assertEq(escrow.claimsOf(order).nextId, 7);
    }

    function test_WhenAnOwnerPassesOnAllOfItsClaim() external {
        _give(0, owner, AMOUNT, 4);
        vm.expectEmit(address(escrow));
        emit IOrderClaims.ClaimAssigned(order, owner, bank, 0, claim(AMOUNT, bank, 4, 3), Claim.wrap(0), 1, 0);
        _give(1, bank, AMOUNT, 4);
        _listIsPresent();
        vm.assertEq(escrow.claimsOf(order).nextId, 5);
        _expectUnknown(1);
        _passBy(owner, _assignment(1, AMOUNT, other, 4));
    }

    // ---- sold

    function test_WhenThereIsAPrice() external {
        Assignment memory sale = _sale();
        Approval[] memory signed = _approve("bank", "supplier", _hash(sale));
        vm.prank(other);
        _assign(sale, 0, signed);
        vm.assertEq(token.balanceOf(supplier), PRICE);
        vm.assertEq(token.balanceOf(bank), AMPLE - PRICE);
        vm.assertEq(token.balanceOf(address(escrow)), TOTAL);
        claims.push(claim(AMOUNT, bank, 2, 1));
        claims.push(claim(AXIS_END, supplier, 14, 2));
        _listIsPresent();

        delete claims;
        _expectStaleList();
        _assign(sale, 0, signed);
        claims.push(claim(AMOUNT, bank, 2, 1));
        claims.push(claim(AXIS_END, supplier, 14, 2));
        _expectUnknown(0);
        _assign(sale, 0, signed);
    }

    function test_RevertWhen_TheNewOwnerDidNotAgree() external {
        Assignment memory sale = _sale();
        Approval[] memory signed = _approve("supplier", _hash(sale));
        _expectConsent(bank);
        _assign(sale, 0, signed);
        _expectConsent(bank);
        vm.prank(supplier);
        _assign(sale, 0, _noApprovals());
        vm.prank(bank);
        _assign(sale, 0, signed);
        vm.assertEq(token.balanceOf(supplier), PRICE);
    }

    function test_RevertGiven_TheNewOwnerHasNotTheMoney() external {
        vm.prank(bank);
        token.approve(address(escrow), PRICE - 1);
        Assignment memory sale = _sale();
        Approval[] memory signed = _approve("bank", "supplier", _hash(sale));
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        _assign(sale, 0, signed);
        vm.assertEq(uint256(escrow.claimsOf(order).hash), 0);
    }

    function test_GivenTheSellerCannotBePaid() external {
        token.setMood(supplier, MockToken.Mood.Refuses);
        Assignment memory sale = _sale();
        _assign(sale, 0, _approve("bank", "supplier", _hash(sale)));
        vm.assertEq(escrow.creditOf(supplier), PRICE);
    }

    /// @dev What is done to other claims voids no signed sale.
    function test_GivenAnotherClaimWasSplitMeanwhile() external {
        _give(0, owner, AMOUNT, 4);
        Assignment memory sale = _assignment(2, AMOUNT, bank, 1);
        (sale.maxStart, sale.price) = (AMOUNT, PRICE);
        Approval[] memory signed = _approve("bank", "supplier", _hash(sale));
        _give(1, other, 1, 1);
        _assign(sale, 0, signed);
        _follow(2, bank, AMOUNT, 1, 5);
        _listIsPresent();
        vm.assertEq(claims.length, 4);
    }

    // ---- bounds

    function test_GivenThereAre16Claims() external {
        uint32 rest;
        for (uint256 i = 1; i < MAX_CLAIMS; ++i) {
            _give(rest, owner, AMOUNT, 1);
            rest += 2;
        }
        vm.assertEq(claims.length, MAX_CLAIMS);
        _expectSlots(1, 1);
        _pass(_assignment(rest, AMOUNT, bank, 1));
        _give(1, bank, AMOUNT, 1);
        _listIsPresent();
        _deliverWith(0, 0, ORDERED, 0);
        vm.assertEq(token.balanceOf(owner), (MAX_CLAIMS - 2) * AMOUNT);
        vm.assertEq(token.balanceOf(bank), AMPLE + AMOUNT);
    }

    function test_GivenADeliveryPaidPartOfAClaim() external {
        _give(0, owner, 500_000, 2);
        _deliverWith(0, 0, 400, 0);
        vm.assertEq(token.balanceOf(owner), PAID);
        _expectInterval(PAID, 500_001, 500_000);
        _passBy(owner, _assignment(1, 500_001 - PAID, bank, 2));
        _give(1, bank, 9_999, 1);
        vm.assertEq(claims[0].claimEnd(), PAID + 9_999);
        _listIsPresent();
    }

    function test_GivenTheOrderWasRefundedInPart() external {
        _begin(OPTION_INSPECTION);
        vm.warp(EXPIRY + GRACE);
        _confirm(terms, _reportOf(0, 0, 0, 400, 0, EXPIRY));
        escrow.refund(terms);
        _expectInterval(0, PAID + 1, PAID);
        _pass(_assignment(0, PAID + 1, owner, 1));
        _give(0, owner, PAID, 1);
        _listIsPresent();
    }

    // ---- words

    function _pass(Assignment memory given) private {
        _passBy(supplier, given);
    }

    function _passBy(address from, Assignment memory given) private {
        vm.prank(from);
        _assign(given, 0, _noApprovals());
    }

    function _sale() private view returns (Assignment memory sale) {
        sale = _assignment(0, AMOUNT, bank, 2);
        sale.price = PRICE;
    }

    function _hash(Assignment memory given) private view returns (bytes32) {
        return hashAssignment(order, 0, given, deadline);
    }

    function _expectStaleList() private {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderClaimsStale.selector, order));
    }

    function _expectUnknown(uint32 id) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderClaims.ClaimUnknown.selector, order, id));
    }

    function _expectSlots(uint256 slots, uint256 available) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderClaims.ClaimSlots.selector, slots, available));
    }

    function _expectInterval(uint256 start, uint256 end, uint256 limit) private {
        bytes4 refused = IOrderClaims.ClaimInterval.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, start, end, type(uint56).max, limit));
    }

    function _expectNoConsent(Assignment memory given, Approval[] memory approvals) private {
        _expectConsent(supplier);
        _assign(given, 0, approvals);
    }
}
