// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Certificate, DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {book} from "../../contracts/settlement/Booking.sol";
import {AXIS_END, Claim, claim, hashClaims} from "../../contracts/settlement/Claim.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Evidence, IEvidencedDelivery, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {DeliveryTerms, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {Payment, paymentTo} from "../../contracts/settlement/Payment.sol";
import {DeliveryBase} from "../base/DeliveryBase.sol";

contract ConfirmWithTest is DeliveryBase {
    uint256 private constant GIVEN = 1_000;
    uint256 private constant VALUE = (TOTAL * 400) / ORDERED;

    OrderTerms private terms;
    bytes32 private order;

    function setUp() public override {
        super.setUp();
        terms = _specialTerms(0);
        order = _open(terms);
    }

    // ---- bad input

    function test_RevertWhen_ThereIsNotOneEvidenceForEachOrder() external {
        DeliveryTerms[] memory orders = _only(terms);
        DeliveryReport[] memory reports = _only(_report(0, 400));
        Certificate memory certificate = _certify(orders, reports);
        for (uint256 i; i < 3; ++i) {
            if (i == 1) continue;
            vm.expectRevert(abi.encodeWithSelector(IEvidencedDelivery.EvidenceCount.selector, i, 1));
            escrow.confirmWith(certificate, orders, reports, new Evidence[](i));
        }
        vm.expectRevert(abi.encodeWithSelector(IEvidencedDelivery.EvidenceCount.selector, 1, 0));
        escrow.confirmWith(certificate, new DeliveryTerms[](0), reports, new Evidence[](1));
    }

    function test_RevertWhen_AReportNamesAnOrderThatIsNotInTheCall() external {
        DeliveryReport[] memory reports = _only(_reportOf(1, 0, 0, 1, 0, START));
        DeliveryTerms[] memory orders = _only(terms);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x32));
        escrow.confirmWith(_certificate(), orders, reports, new Evidence[](1));
    }

    function test_RevertWhen_TheCertificateIsBad() external {
        DeliveryTerms[] memory orders = _only(terms);
        DeliveryReport[] memory reports = _only(_report(0, 400));
        Certificate memory certificate = _certificate();
        _sign(certificate, _digest(_domain(block.chainid, address(escrow)), certificate, orders, reports), 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumTooFew.selector, 2, THRESHOLD));
        escrow.confirmWith(certificate, orders, reports, new Evidence[](1));
        certificate = _certify(orders, reports);
        reports = _only(_report(0, 401));
        vm.expectRevert(); // the signers that these signatures would have are nobody's
        escrow.confirmWith(certificate, orders, reports, new Evidence[](1));
        _assertMoney(order, 0, 0);
    }

    function test_WhenThereIsNeitherOrderNorReport() external {
        vm.recordLogs();
        _confirmWith(new DeliveryTerms[](0), new DeliveryReport[](0), new Evidence[](0));
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    // ---- nothing was assigned

    function test_GivenNothingWasAssigned() external {
        DeliveryReport memory report = _report(0, 400);
        _expectBooked(order, report, book(0, 400, 0, VALUE, VALUE, 0));
        _confirmWith(terms, report, _noClaims());
        _assertMoney(order, VALUE, VALUE);
        vm.assertEq(token.balanceOf(supplier), VALUE);
    }

    function test_GivenNothingWasAssigned_WhatDoesNotFitIsSkipped() external {
        OrderTerms memory unknown = _terms();
        DeliveryReport memory report = _report(0, 1);
        _expectSkipped(_idOf(_delivery(unknown)), report, SkipReason.NotOpen);
        _confirmWith(unknown, report, _noClaims());
        report = _report(1, 2);
        _expectSkipped(order, report, SkipReason.StaleFrom);
        _confirmWith(terms, report, _noClaims());
        report = _report(1, 0, 1, 0);
        _expectSkipped(order, report, SkipReason.UnknownLine);
        _confirmWith(terms, report, _noClaims());
        report = _reportOf(0, 0, 0, 1, 0, EXPIRY + 1);
        _expectSkipped(order, report, SkipReason.AfterExpiry);
        _confirmWith(terms, report, _noClaims());
        _assertMoney(order, 0, 0);
    }

    function test_GivenNothingWasAssigned_ClaimsAreNotNoticed() external {
        _confirmWith(terms, _report(0, 400), _list(claim(AXIS_END, other, 16, 0)));
        vm.assertEq(token.balanceOf(supplier), VALUE);
        vm.assertEq(token.balanceOf(other), 0);
    }

    function test_GivenNothingWasAssigned_OnePayeeGetsOneTransfer() external {
        OrderTerms memory second = _specialTerms(_penalty(1, 1));
        _open(second);
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(terms), _delivery(second));
        DeliveryReport[] memory reports = new DeliveryReport[](3);
        reports[0] = _reportOf(0, 0, 0, 400, 0, START);
        reports[1] = _reportOf(1, 0, 0, 400, 0, START);
        reports[2] = _reportOf(0, 0, 400, 1_000, 0, START);
        vm.recordLogs();
        _confirmWith(orders, reports, new Evidence[](2));
        vm.assertEq(_transfers(), 1);
        vm.assertEq(token.balanceOf(supplier), TOTAL + VALUE);
    }

    function test_GivenNothingWasAssigned_EveryPayeeGetsItsOwn() external {
        OrderTerms memory second = _specialTerms(0);
        second.supplier = other;
        _open(second);
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(terms), _delivery(second));
        DeliveryReport[] memory reports = new DeliveryReport[](4);
        reports[0] = _reportOf(0, 0, 0, 400, 0, START);
        reports[1] = _reportOf(1, 0, 0, 400, 0, START);
        reports[2] = _reportOf(0, 0, 400, 700, 0, START);
        reports[3] = _reportOf(0, 0, 700, 1_000, 0, START); // in one transfer with the one before
        vm.recordLogs();
        _confirmWith(orders, reports, new Evidence[](2));
        vm.assertEq(_transfers(), 3);
        vm.assertEq(token.balanceOf(supplier), TOTAL);
        vm.assertEq(token.balanceOf(other), VALUE);
    }

    function test_GivenNothingWasAssigned_AMinorUnitIsPaid() external {
        OrderTerms memory cheap = _specialTerms(_penalty(1, 1), _line(ORDERED, ORDERED));
        _open(cheap);
        _confirmWith(cheap, _report(0, 1), _noClaims());
        vm.assertEq(token.balanceOf(supplier), 1);
    }

    // ---- assigned

    function test_GivenTheOrderWasAssigned_EveryOwnerIsPaidFromBelow() external {
        Claim[] memory claims = _give(order, terms, GIVEN, owner);
        DeliveryReport memory report = _report(0, 400);
        _expectBooked(order, report, book(0, 400, 0, VALUE, 0, 0));
        Payment[] memory payments = new Payment[](2);
        (payments[0], payments[1]) = (paymentTo(owner, GIVEN), paymentTo(supplier, VALUE - GIVEN));
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderPaid(order, payments);
        _confirmWith(terms, report, claims);
        vm.assertEq(token.balanceOf(owner), GIVEN);
        vm.assertEq(token.balanceOf(supplier), VALUE - GIVEN);
        _assertMoney(order, VALUE, VALUE);
        vm.assertEq(uint256(escrow.claimsOf(order).hash), uint256(hashClaims(_rest())));
    }

    function test_GivenTheOrderWasAssigned_AnOwnerIsPaidInPart() external {
        Claim[] memory claims = _give(order, terms, GIVEN, owner);
        _confirmWith(terms, _report(0, 1), claims); // 1,000.003
        vm.assertEq(token.balanceOf(owner), GIVEN);
        vm.assertEq(uint256(escrow.claimsOf(order).hash), uint256(hashClaims(_rest())));
        _confirmWith(terms, _report(1, 400), _rest());
        vm.assertEq(token.balanceOf(supplier), VALUE - GIVEN);

        OrderTerms memory cheap = _specialTerms(0, _line(ORDERED, 10_000));
        bytes32 second = _open(cheap);
        claims = _give(second, cheap, GIVEN, other);
        _confirmWith(cheap, _report(0, 99), claims);
        vm.assertEq(token.balanceOf(other), 990);
        vm.assertEq(uint256(escrow.claimsOf(second).hash), uint256(hashClaims(claims)));
        _confirmWith(cheap, _report(99, 101), claims);
        vm.assertEq(token.balanceOf(other), GIVEN);
    }

    function test_GivenTheOrderWasAssigned_ItIsPaidWithoutAReport() external {
        Claim[] memory claims = _give(order, terms, GIVEN, owner);
        _confirm(terms, _report(0, 400));
        vm.assertEq(token.balanceOf(owner) + token.balanceOf(supplier), 0);
        _confirmWith(_only(terms), new DeliveryReport[](0), _evidence(claims));
        vm.assertEq(token.balanceOf(owner), GIVEN);
        vm.assertEq(token.balanceOf(supplier), VALUE - GIVEN);
    }

    function test_GivenTheOrderWasAssigned_AStaleListPaysNothing() external {
        Claim[] memory claims = _give(order, terms, GIVEN, owner);
        _confirmWith(terms, _report(0, 100), _noClaims());
        _confirmWith(terms, _report(100, 200), _list(claim(AXIS_END, supplier, 16, 0)));
        _confirmWith(terms, _report(200, 300), _rest());
        _confirmWith(terms, _report(300, 400), _list(claims[1], claims[0]));
        _assertMoney(order, VALUE, 0);
        vm.assertEq(token.balanceOf(owner) + token.balanceOf(supplier), 0);
        escrow.settle(terms, claims);
        vm.assertEq(token.balanceOf(owner), GIVEN);
        vm.assertEq(token.balanceOf(supplier), VALUE - GIVEN);
    }

    function test_GivenTheOrderWasAssigned_UnderSeveralEntriesItIsPaidOnce() external {
        Claim[] memory claims = _give(order, terms, GIVEN, owner);
        _confirmTwice(claims, claims);
        vm.assertEq(token.balanceOf(owner), GIVEN);
        vm.assertEq(token.balanceOf(supplier), VALUE - GIVEN);
        _assertMoney(order, VALUE, VALUE);
    }

    function test_GivenTheOrderWasAssigned_WhicheverListIsThePresentOnePays() external {
        Claim[] memory claims = _give(order, terms, GIVEN, owner);
        _confirmTwice(_noClaims(), claims);
        vm.assertEq(token.balanceOf(owner), GIVEN);
        vm.assertEq(token.balanceOf(supplier), VALUE - GIVEN);
        _assertMoney(order, VALUE, VALUE);
    }

    function test_GivenTheOrderWasAssigned_ARetentionIsHeldBackFromTheTop() external {
        OrderTerms memory retained = _specialTerms(_retention(500_000, RETENTION_UNTIL));
        bytes32 second = _open(retained);
        Claim[] memory claims = _give(second, retained, 300_000, owner);
        _confirmWith(retained, _report(0, 400), claims); // 400,001 earned, 200,001 held back
        vm.assertEq(token.balanceOf(owner), 200_000);
        vm.assertEq(token.balanceOf(supplier), 0);
        _confirmWith(retained, _report(400, 1_000), claims); // 1,000,003 earned, 500,002 held back
        vm.assertEq(token.balanceOf(owner), 300_000);
        vm.assertEq(token.balanceOf(supplier), 200_001);
    }

    // ---- other terms

    function test_GivenOtherTermsAreInForce() external {
        OrderTerms memory next = _amended(order, terms, 1, _line(ORDERED, TOTAL));
        _agreeOn(order, terms, next);
        Claim[] memory claims = _give(order, next, GIVEN, owner);
        _confirm(next, _report(0, 400));
        DeliveryReport memory report = _report(400, 401);
        _expectSkipped(order, report, SkipReason.StaleTerms);
        _confirmWith(terms, report, claims);
        _assertMoney(order, VALUE, 0);
        _confirmWith(next, report, claims);
        vm.assertEq(token.balanceOf(owner), GIVEN);
    }

    // ---- words

    /// @dev What is left when the given part is paid: its place for a split is the supplier's again.
    function _rest() private view returns (Claim[] memory) {
        return _list(claim(AXIS_END, supplier, 16, 2));
    }

    /// @dev The order under two entries of one call, a report for each.
    function _confirmTwice(Claim[] memory first, Claim[] memory second) private {
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(terms), _delivery(terms));
        DeliveryReport[] memory reports = new DeliveryReport[](2);
        reports[0] = _reportOf(0, 0, 0, 100, 0, START);
        reports[1] = _reportOf(1, 0, 100, 400, 0, START);
        Evidence[] memory evidence = new Evidence[](2);
        (evidence[0].claims, evidence[1].claims) = (first, second);
        _confirmWith(orders, reports, evidence);
    }
}
