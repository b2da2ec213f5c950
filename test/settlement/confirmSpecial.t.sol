// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {book} from "../../contracts/settlement/Booking.sol";
import {Claim} from "../../contracts/settlement/Claim.sol";
import {SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {Line, Lot, LotStatus} from "../../contracts/settlement/OrderState.sol";
import {
    Clauses,
    DeliveryTerms,
    OPTION_DEVICES,
    OPTION_INSPECTION,
    OrderTerms
} from "../../contracts/settlement/OrderTerms.sol";
import {DeliveryBase} from "../base/DeliveryBase.sol";

contract ConfirmSpecialTest is DeliveryBase {
    uint256 private constant RATE = 10_000; // 1% a day
    uint256 private constant CAP = 10;
    uint256 private constant HELD = 50_000; // 5%

    // ---- skipped

    function test_WhenAReportDoesNotFit() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP));
        _expectSkip(terms, _report(0, 1), SkipReason.NotOpen);
        _open(terms);
        _expectSkip(terms, _report(1, 0, 1, 0), SkipReason.UnknownLine);
        _expectSkip(terms, _reportOf(0, 0, 0, 1, 0, EXPIRY + 1), SkipReason.AfterExpiry);
        _expectSkip(terms, _report(1, 2), SkipReason.StaleFrom);
        _expectSkip(terms, _report(0, 0), SkipReason.NothingNew);
        _confirm(terms, _report(0, ORDERED));
        _expectSkip(terms, _report(0, ORDERED), SkipReason.StaleFrom);
        _expectSkip(terms, _report(ORDERED, ORDERED + 1), SkipReason.NothingNew);
    }

    function test_WhenAReportComesForAnotherGroupOrAfterTheEnd() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        Clauses clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) ^ (uint256(group ^ otherGroup) << 18));
        OrderTerms memory foreign = OrderTerms(buyer, supplier, clauses, terms.conditions, terms.lines);
        _open(foreign);
        _expectSkip(foreign, _report(0, 1), SkipReason.OtherGroup);
        _open(terms);
        _confirm(terms, _report(0, 1));
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms); // a lot is pending: the order is ended, not closed
        _expectSkip(terms, _reportOf(0, 0, 1, 2, 0, START), SkipReason.NotOpen);
    }

    function test_GivenTheOrderWasAmended_TheFirstTermsAreStale() external {
        OrderTerms memory terms = _specialTerms(0); // plain
        bytes32 order = _create(terms);
        OrderTerms memory next = _amended(order, terms, 1, _line(ORDERED, TOTAL));
        _agreeOn(order, terms, next);
        _expectSkip(terms, _report(0, 1), SkipReason.StaleTerms);
        OrderTerms memory third = _amended(order, terms, 2, bytes.concat(_line(1, 7), _line(ORDERED, TOTAL)));
        _agreeOn(order, next, third);
        DeliveryReport memory report = _report(0, 1);
        _expectSkipped(order, report, SkipReason.StaleTerms);
        _confirm(next, report);
        vm.assertEq(escrow.orderOf(order).delivered, 0);
    }

    function test_GivenTermsThatClaimToAmendAnOrder() external {
        OrderTerms memory terms = _specialTerms(0);
        bytes32 order = _create(terms);
        OrderTerms memory next = _amended(order, terms, 1, _line(1, TOTAL));
        DeliveryReport memory report = _report(0, 1);
        _expectSkipped(order, report, SkipReason.StaleTerms);
        _confirm(next, report);
        vm.assertEq(escrow.orderOf(order).delivered, 0);
        next.lines = bytes.concat(order); // and no line
        _expectSkipped(order, report, SkipReason.StaleTerms);
        _confirm(next, report);
        next.lines = ""; // not even an order's id
        _expectSkipped(bytes32(0), report, SkipReason.StaleTerms);
        _confirm(next, report);
    }

    function test_GivenDevicesSign() external {
        bytes memory lines = bytes.concat(keccak256("root"), _line(ORDERED, TOTAL));
        OrderTerms memory terms = _specialTerms(OPTION_DEVICES, lines);
        _expectSkip(terms, _report(0, 1), SkipReason.NotOpen);
        _open(terms);
        _expectSkip(terms, _report(0, 1), SkipReason.DeviceSignatureMissing);
        _expectSkip(terms, _report(1, 1), SkipReason.StaleFrom);
        _expectSkip(terms, _report(1, 0, 1, 0), SkipReason.UnknownLine);
    }

    // ---- penalty

    function test_GivenAPenalty() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP));
        bytes32 order = _open(terms);
        uint256 first = _worth(100e6 - 350 * RATE);
        DeliveryReport memory report = _report(0, 0, 100, 350);
        _expectBooked(order, report, book(0, 100, 350, first, first, 0));
        _confirm(terms, report);
        vm.assertEq(token.balanceOf(supplier), first);

        uint256 second = _worth(300e6 - 400 * RATE) - first;
        report = _report(0, 100, 300, 400);
        _expectBooked(order, report, book(0, 300, 400, second, second, 0));
        _confirm(terms, report);
        _assertMoney(order, first + second, first + second);
        _assertLine(terms, 0, Line(300, 400, 0, 300, uint64(300e6 - 400 * RATE)));
    }

    function test_GivenAPenalty_LatenessIsNeverTakenBack() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP));
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, 0, 100, 350));
        _confirm(terms, _report(0, 100, 200, 340));
        vm.assertEq(escrow.orderOf(order).late, 350);
        _assertMoney(order, _worth(200e6 - 350 * RATE), _worth(200e6 - 350 * RATE));
        _confirm(terms, _report(0, 200, 300, 351));
        vm.assertEq(escrow.orderOf(order).late, 351);
    }

    function test_GivenAPenalty_AUnitCountsForTheCappedDays() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP));
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, 0, 100, type(uint48).max));
        vm.assertEq(escrow.orderOf(order).late, 1_000);
        _assertMoney(order, _worth(90e6), _worth(90e6));
    }

    function test_GivenAPenalty_OnlyWhatFindsRoomIsLate() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP));
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, 0, ORDERED - 10, 7));
        _confirm(terms, _report(0, ORDERED - 10, ORDERED + 20, 7 + 31)); // 31 * 10 / 30, rounded up
        vm.assertEq(escrow.orderOf(order).late, 18);
        vm.assertEq(escrow.orderOf(order).delivered, ORDERED);
        vm.assertEq(token.balanceOf(supplier), _worth(1_000e6 - 18 * RATE));
    }

    function test_GivenAPenalty_WhatLostItsWholePriceIsPaidNothing() external {
        OrderTerms memory terms = _specialTerms(_penalty(100_000, CAP));
        bytes32 order = _open(terms);
        vm.recordLogs();
        _confirm(terms, _report(0, 0, ORDERED, type(uint48).max));
        vm.assertEq(_transfers(), 0);
        _assertMoney(order, 0, 0);
        _settle(terms);
        vm.assertEq(token.balanceOf(buyer), AMPLE);
    }

    function testFuzz_GivenPenaltyAndRetention_TheSplitChangesNothing(
        uint256 rate,
        uint256 held,
        uint256[5] memory parts,
        uint256[5] memory lates
    ) external {
        rate = bound(rate, 1, 1_000_000 / CAP);
        held = bound(held, 1, 999_999);
        OrderTerms memory terms = _specialTerms(_penalty(rate, CAP) | _retention(held, RETENTION_UNTIL));
        bytes32 order = _open(terms);
        DeliveryReport[] memory reports = new DeliveryReport[](5);
        (uint256 delivered, uint256 late) = (0, 0);
        for (uint256 i; i < 5; ++i) {
            uint256 part = bound(parts[i], 1, ORDERED / 5);
            late += bound(lates[i], 0, part * CAP);
            reports[i] = _report(0, delivered, delivered + part, late);
            delivered += part;
        }
        _confirm(_only(terms), reports);
        uint256 earned = _worth(delivered * 1e6 - late * rate);
        uint256 heldBack = (earned * held + 999_999) / 1_000_000;
        _assertMoney(order, earned, earned - heldBack);
        vm.assertEq(token.balanceOf(supplier), earned - heldBack);
    }

    // ---- retention

    function test_GivenARetention() external {
        OrderTerms memory terms = _specialTerms(_retention(HELD, RETENTION_UNTIL));
        bytes32 order = _open(terms);
        DeliveryReport memory report = _report(0, 400); // earns 400,001, of which 20,000.05 are held back
        _expectBooked(order, report, book(0, 400, 0, 400_001, 380_000, 0));
        _confirm(terms, report);
        vm.assertEq(token.balanceOf(supplier), 380_000);
        _confirm(terms, _report(400, 1_000));
        vm.assertEq(token.balanceOf(supplier), TOTAL - 50_001);
    }

    function test_GivenARetention_FromItsDateOnAllIsPaid() external {
        OrderTerms memory terms = _specialTerms(_retention(HELD, EXPIRY));
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, 400));
        vm.warp(EXPIRY - 1);
        _confirm(terms, _report(400, 401));
        uint256 earned = _worth(401e6);
        uint256 paid = earned - (earned * HELD + 999_999) / 1_000_000;
        _assertMoney(order, earned, paid);
        vm.warp(EXPIRY);
        DeliveryReport memory report = _report(401, 402);
        uint256 all = _worth(402e6);
        _expectBooked(order, report, book(0, 402, 0, all - earned, all - paid, 0));
        _confirm(terms, report);
        _assertMoney(order, all, all);
        vm.assertEq(token.balanceOf(supplier), all);
    }

    // ---- inspection

    function test_GivenInspection() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP) | OPTION_INSPECTION);
        bytes32 order = _open(terms);
        vm.recordLogs();
        _confirm(terms, _report(0, 0, 100, 30));
        vm.assertEq(_transfers(), 0);
        vm.warp(START + 1 days);
        DeliveryReport memory report = _report(0, 100, 150, 50);
        _expectBooked(order, report, book(0, 150, 50, 0, 0, 2));
        _confirm(terms, report);

        _assertLot(order, 0, Lot(0, 100, 30, uint40(START), LotStatus.Pending));
        _assertLot(order, 1, Lot(0, 50, 20, uint40(START + 1 days), LotStatus.Pending));
        _assertLot(order, 2, Lot(0, 0, 0, 0, LotStatus.None));
        _assertLine(terms, 0, Line(150, 50, 0, 0, 0));
        _assertMoney(order, 0, 0);
        vm.assertEq(escrow.moneyOf(order).nextLot, 2);
        _expectSkip(terms, _report(0, 0, 150, 60), SkipReason.StaleFrom);
        vm.assertEq(escrow.moneyOf(order).nextLot, 2);
    }

    function test_GivenInspection_WhatBecamePayableSinceIsPaid() external {
        OrderTerms memory terms = _specialTerms(_retention(50_000, RETENTION_UNTIL) | OPTION_INSPECTION);
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, 400));
        _inspect(terms, 0, 0);
        (uint256 earned, uint256 held) = (400_001, 20_001); // 5%, rounded up
        _assertMoney(order, earned, earned - held);
        vm.warp(RETENTION_UNTIL);
        DeliveryReport memory report = _reportOf(0, 0, 400, 500, 0, START);
        _expectBooked(order, report, book(0, 500, 0, 0, held, 2));
        _confirm(terms, report);
        _assertMoney(order, earned, earned);
        vm.assertEq(token.balanceOf(supplier), earned);
    }

    function test_GivenInspection_ALotIsWhatFindsRoom() external {
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP) | OPTION_INSPECTION);
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, 0, 1_500, 61)); // 61 * 1,000 / 1,500, rounded up
        _assertLot(order, 0, Lot(0, uint56(ORDERED), 41, uint40(START), LotStatus.Pending));
        _assertLine(terms, 0, Line(uint48(ORDERED), 41, 0, 0, 0));
    }

    function test_GivenInspectionAndAFullLine_ReplacementsFindRoomOnceTheRejectionIsFinal() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        bytes32 order = _open(terms);
        _confirm(terms, _report(0, ORDERED));
        _expectSkip(terms, _report(ORDERED, ORDERED + 1), SkipReason.NothingNew);
        _inspect(terms, 0, 100);
        _expectSkip(terms, _report(ORDERED, ORDERED + 1), SkipReason.NothingNew);
        vm.warp(START + ANSWER);
        _resolve(terms, 0);
        _confirm(terms, _report(ORDERED, ORDERED + 150)); // 100 find room
        _assertLot(order, 1, Lot(0, 100, 0, uint40(START + ANSWER), LotStatus.Pending));
        _assertLine(terms, 0, Line(1_100, 0, 100, 1_000, 900e6));
        _expectSkip(terms, _report(1_100, 1_101), SkipReason.NothingNew);
        _inspect(terms, 1, 0);
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    function test_GivenInspectionAndAFullLine_AfterARulingNothingFindsRoom() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        _open(terms);
        _confirm(terms, _report(0, ORDERED));
        _inspect(terms, 0, 100);
        _dispute(terms, 0);
        _expectSkip(terms, _report(ORDERED, ORDERED + 1), SkipReason.NothingNew);
        _rule(terms, 0, 0);
        _expectSkip(terms, _report(ORDERED, ORDERED + 1), SkipReason.NothingNew);
    }

    // ---- several lines

    function test_GivenInspectionAndSeveralLines() external {
        bytes memory lines = bytes.concat(_line(ORDERED, TOTAL), _line(50, 500));
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP) | OPTION_INSPECTION, lines);
        bytes32 order = _open(terms);
        DeliveryReport[] memory reports = new DeliveryReport[](3);
        reports[0] = _report(1, 0, 20, 5);
        reports[1] = _report(0, 0, 10, 3);
        reports[2] = _report(1, 20, 60, 9); // 30 find room, 3 of 4 unit-days
        _confirm(_only(terms), reports);
        _assertLot(order, 0, Lot(1, 20, 5, uint40(START), LotStatus.Pending));
        _assertLot(order, 1, Lot(0, 10, 3, uint40(START), LotStatus.Pending));
        _assertLot(order, 2, Lot(1, 30, 3, uint40(START), LotStatus.Pending));
        _assertLine(terms, 0, Line(10, 3, 0, 0, 0));
        _assertLine(terms, 1, Line(50, 8, 0, 0, 0));
        vm.assertEq(escrow.orderOf(order).delivered, 0);
    }

    function test_GivenAPenaltyAndSeveralLines() external {
        bytes memory lines = bytes.concat(_line(ORDERED, TOTAL), _line(50, 500), _line(3, 100));
        OrderTerms memory terms = _specialTerms(_penalty(RATE, CAP), lines);
        bytes32 order = _open(terms);
        DeliveryReport[] memory reports = new DeliveryReport[](4);
        reports[0] = _report(0, 0, 10, 3);
        reports[1] = _report(1, 0, 20, 50);
        reports[2] = _report(2, 0, 2, 0);
        reports[3] = _report(1, 20, 30, 60);
        _confirm(_only(terms), reports);
        _assertLine(terms, 0, Line(10, 3, 0, 10, uint64(10e6 - 3 * RATE)));
        _assertLine(terms, 1, Line(30, 60, 0, 30, uint64(30e6 - 60 * RATE)));
        _assertLine(terms, 2, Line(2, 0, 0, 2, 2e6));
        uint256 earned = _worth(10e6 - 3 * RATE) + 294 + 66; // 29.4 of 50 for 500; 2 of 3 for 100
        _assertMoney(order, earned, earned);
        vm.assertEq(token.balanceOf(supplier), earned);
    }

    // ---- amended, assigned, mixed

    function test_GivenTheOrderWasAmended() external {
        OrderTerms memory terms = _specialTerms(0);
        bytes32 order = _create(terms);
        bytes memory schedule = bytes.concat(_line(10, 5_000), _line(500, TOTAL)); // dear ones first, and fewer
        OrderTerms memory next = _amended(order, terms, 2, schedule);
        _agreeOn(order, terms, next);
        DeliveryReport memory report = _report(0, 5);
        _expectBooked(order, report, book(0, 5, 0, 2_500, 2_500, 0));
        _confirm(next, report);
        _confirm(next, _report(5, 255)); // half of what is behind the first point
        vm.assertEq(token.balanceOf(supplier), 5_000 + (TOTAL - 5_000) / 2);
        _confirm(next, _report(255, 600));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
        vm.assertEq(escrow.orderOf(order).delivered, 500);
    }

    function test_GivenTheOrderWasAssigned() external {
        OrderTerms memory terms = _specialTerms(0);
        bytes32 order = _create(terms);
        Claim[] memory claims = _give(order, terms, 1_000, owner);
        DeliveryReport memory report = _report(0, 400);
        _expectBooked(order, report, book(0, 400, 0, 400_001, 0, 0));
        _confirm(terms, report);
        _assertMoney(order, 400_001, 0);
        escrow.settle(terms, claims);
        vm.assertEq(token.balanceOf(owner), 1_000);
        vm.assertEq(token.balanceOf(supplier), 399_001);
    }

    function test_WhenPlainAndSpecialOrdersOfOnePayeeAreMixed() external {
        DeliveryTerms[] memory orders = new DeliveryTerms[](3);
        DeliveryReport[] memory reports = new DeliveryReport[](3);
        uint256[3] memory bits = [0, _penalty(RATE, CAP), _retention(HELD, RETENTION_UNTIL)];
        for (uint256 i; i < 3; ++i) {
            OrderTerms memory terms = _specialTerms(bits[i]);
            _open(terms);
            orders[i] = _delivery(terms);
            reports[i] = _reportOf(i, 0, 0, 400, 100, START);
        }
        vm.recordLogs();
        _confirm(orders, reports);
        vm.assertEq(_transfers(), 1);
        vm.assertEq(token.balanceOf(supplier), 400_001 + _worth(400e6 - 100 * RATE) + 380_000);
    }
}
