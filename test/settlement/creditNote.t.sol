// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Order, Status} from "../../contracts/settlement/OrderState.sol";
import {ActionTest} from "./ActionTest.sol";

contract CreditNoteTest is ActionTest {
    uint256 private constant PAID = 400_001; // for 400 units
    uint256 private constant AMOUNT = 1_234;

    function setUp() public override {
        super.setUp();
        vm.prank(supplier);
        token.approve(address(escrow), type(uint256).max);
        _begin(0);
        _deliver(0, 0, 400, 0);
    }

    // ---- refused

    function test_RevertGiven_TheOrderNeverWas() external {
        terms.buyer = other;
        order = escrow.orderId(terms);
        _expectRefused(AMOUNT);
        _issue(AMOUNT);
    }

    function test_RevertWhen_TheAmountIsZero() external {
        _expectRefused(0);
        _issue(0);
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _issue(AMOUNT);
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(START - 1);
        _expectOver();
        _issue(AMOUNT);
        deadline = uint40(START);
        _issue(AMOUNT);
    }

    function test_RevertWhen_TheSupplierNeitherCallsNorSigned() external {
        _expectNoConsent(_noApprovals());
        _expectNoConsent(_approve("buyer", _note(AMOUNT, 0)));
        _expectNoConsent(_forged("buyer", supplier, _note(AMOUNT, 0)));
        _expectNoConsent(_approve("supplier", _note(AMOUNT - 1, 0)));
        _expectNoConsent(_approve("supplier", _note(AMOUNT, 1)));
        Approval[] memory signed = _approve("supplier", _note(AMOUNT, 0));
        deadline += 1;
        _expectNoConsent(signed);
        vm.assertEq(escrow.nonces(supplier), 0);
    }

    function test_RevertWhen_TheSignatureIsSentAgain() external {
        Approval[] memory signed = _approve("supplier", _note(AMOUNT, 0));
        _creditNote(AMOUNT, signed);
        _expectNoConsent(signed);
        _creditNote(AMOUNT, _approve("supplier", _note(AMOUNT, 1)));
        vm.assertEq(token.balanceOf(supplier), PAID - 2 * AMOUNT);
    }

    function test_RevertWhen_TheSupplierHasNotTheMoney() external {
        vm.prank(supplier);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        _creditNote(PAID + 1, _noApprovals());
        vm.prank(supplier);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        _creditNote(type(uint256).max, _noApprovals());
    }

    // ---- issued

    function test_WhenTheSupplierCalls() external {
        _assertIssued(true);
        vm.assertEq(escrow.nonces(supplier), 1, "an older signature is void");
    }

    function test_WhenTheSupplierSigned() external {
        _assertIssued(false);
    }

    function test_GivenTheOrderIsClosed() external {
        _end();
        vm.assertEq(_status(order), uint256(Status.Closed));
        _assertIssued(false);
    }

    function test_GivenTheOrderWasAmended() external {
        _agreeOn(_next(_bits(), terms.lines));
        _assertIssued(false);
    }

    function test_GivenTheBuyerCannotBePaid() external {
        token.setMood(buyer, MockToken.Mood.Refuses);
        vm.expectEmit(address(escrow));
        emit IOrderBook.PaymentCredited(buyer, AMOUNT);
        _issue(AMOUNT);
        vm.assertEq(escrow.creditOf(buyer), AMOUNT);
        vm.assertEq(token.balanceOf(supplier), PAID - AMOUNT);
        vm.assertEq(token.balanceOf(address(escrow)), TOTAL - PAID + AMOUNT);
    }

    // ---- words

    function _issue(uint256 amount) private {
        vm.prank(supplier);
        _creditNote(amount, _noApprovals());
    }

    function _assertIssued(bool calls) private {
        Order memory before = escrow.orderOf(order);
        (uint256 had, uint256 held) = (token.balanceOf(buyer), token.balanceOf(address(escrow)));
        Approval[] memory approvals = calls ? _noApprovals() : _approve("supplier", _note(AMOUNT, 0));
        vm.expectEmit(address(escrow));
        emit IOrderAgreements.CreditNoteIssued(order, AMOUNT);
        vm.prank(calls ? supplier : other);
        _creditNote(AMOUNT, approvals);
        vm.assertEq(token.balanceOf(buyer), had + AMOUNT);
        vm.assertEq(token.balanceOf(supplier), PAID - AMOUNT);
        vm.assertEq(token.balanceOf(address(escrow)), held);
        vm.assertEq(keccak256(abi.encode(escrow.orderOf(order))), keccak256(abi.encode(before)));
    }

    function _expectRefused(uint256 amount) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.CreditNoteRefused.selector, order, amount));
    }

    function _expectNoConsent(Approval[] memory approvals) private {
        _expectConsent(supplier);
        _creditNote(AMOUNT, approvals);
    }
}
