// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {IDeliveryCounting, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {Line, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, DeliveryTerms, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";
import {Vm} from "../support/Test.sol";

contract ConfirmTest is EscrowBase {
    // ---- skipped

    function test_GivenTheOrderIsUnknown() external {
        _expectSkip(_terms(), _report(0, 1), SkipReason.NotOpen);
    }

    function test_GivenTheOrderIsClosed() external {
        OrderTerms memory terms = _terms();
        _create(terms);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        _expectSkip(terms, _reportOf(0, 0, 0, 1, 0, START), SkipReason.NotOpen);
    }

    function test_GivenTheOrderPinsAnotherRelayerGroup() external {
        OrderTerms memory terms = _terms();
        uint256 change = uint256(group ^ otherGroup) << 18;
        terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) ^ change);
        _create(terms);
        _expectSkip(terms, _report(0, 1), SkipReason.OtherGroup);
    }

    function test_WhenTheOrderHasNoSuchLine() external {
        _create(_terms());
        _expectSkip(_terms(), _report(1, 0, 1, 0), SkipReason.UnknownLine);
        _expectSkip(_terms(), _report(65_535, 0, 1, 0), SkipReason.UnknownLine);
    }

    function test_WhenTheLatestEventIsAfterTheExpiry() external {
        _create(_terms());
        vm.warp(EXPIRY + 1);
        _expectSkip(_terms(), _report(0, 1), SkipReason.AfterExpiry);
    }

    function test_WhenTheReportIsAReplay() external {
        _create(_terms());
        _confirm(_terms(), _report(0, 400));
        _expectSkip(_terms(), _report(0, 400), SkipReason.StaleFrom);
        _expectSkip(_terms(), _report(0, 500), SkipReason.StaleFrom);
    }

    function test_WhenTheReportIsAheadOfTheState() external {
        _create(_terms());
        _expectSkip(_terms(), _report(1, 2), SkipReason.StaleFrom);
    }

    function test_WhenTheReportAddsNothing() external {
        _create(_terms());
        _confirm(_terms(), _report(0, 400));
        _expectSkip(_terms(), _report(400, 400), SkipReason.NothingNew);
        _expectSkip(_terms(), _report(400, 399), SkipReason.NothingNew);
        _expectSkip(_terms(), _report(0, 400, 400, 9), SkipReason.NothingNew);
    }

    function test_GivenTheLineIsComplete() external {
        _create(_terms());
        _confirm(_terms(), _report(0, ORDERED));
        _expectSkip(_terms(), _report(ORDERED, ORDERED + 1), SkipReason.NothingNew);
    }

    function test_RevertWhen_AReportNamesAnOrderThatIsNotInTheCall() external {
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(_terms()), _delivery(_terms()));
        DeliveryReport[] memory reports = _only(_reportOf(1, 0, 0, 1, 0, START));
        _create(_terms());
        bytes memory outOfBounds = abi.encodeWithSignature("Panic(uint256)", 0x32);
        DeliveryTerms[] memory tooFew = _only(_terms());
        vm.expectRevert(outOfBounds);
        escrow.confirm(_certificate(), tooFew, reports);
    }

    // ---- counted

    function test_WhenTheReportFits() external {
        bytes32 order = _create(_terms());
        uint256 half = (TOTAL * 400) / ORDERED;
        DeliveryReport memory report = _report(0, 400);
        _expectBooking(order, 0, 400, 0, half, report.root);
        _confirm(_terms(), report);

        vm.assertEq(token.balanceOf(supplier), half);
        Order memory state = escrow.orderOf(order);
        vm.assertEq(state.earned, half);
        vm.assertEq(state.paid, half);
        vm.assertEq(state.delivered, 400);
        vm.assertEq(_status(order), uint256(Status.Open));
        Line memory line = escrow.lineOf(_terms(), 0);
        vm.assertEq(line.delivered, 400);
        vm.assertEq(line.decided, 400);
        vm.assertEq(line.good, 400e6);
    }

    function test_WhenTheLastUnitIsAccepted() external {
        _create(_terms());
        _confirm(_terms(), _report(0, ORDERED - 1));
        _confirm(_terms(), _report(ORDERED - 1, ORDERED));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_WhenItReportsMoreThanWasOrdered() external {
        bytes32 order = _create(_terms());
        DeliveryReport memory report = _report(0, ORDERED + 77);
        _expectBooking(order, 0, ORDERED, 0, TOTAL, report.root);
        _confirm(_terms(), report);
        vm.assertEq(token.balanceOf(supplier), TOTAL);
        _expectSkip(_terms(), _report(ORDERED + 77, ORDERED + 78), SkipReason.StaleFrom);
    }

    function test_WhenTheReportComesInTheGrace() external {
        _create(_terms());
        vm.warp(EXPIRY + GRACE + 1 days);
        _confirm(_terms(), _reportOf(0, 0, 0, ORDERED, 0, EXPIRY));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    function test_WhenWhatWasDeliveredIsWorthNothing() external {
        OrderTerms memory terms = _termsOf(bytes.concat(_line(ORDERED, 1), _line(ORDERED, 0)));
        bytes32 order = _create(terms);
        vm.recordLogs();
        _confirm(terms, _report(0, 0, 999, 0));
        _confirm(terms, _report(1, 0, ORDERED, 0));
        vm.assertEq(_transfers(vm.getRecordedLogs()), 0);
        vm.assertEq(escrow.orderOf(order).delivered, 999);
        vm.assertEq(escrow.lineOf(terms, 1).delivered, ORDERED);
        _confirm(terms, _report(0, 999, 1_000, 0));
        vm.assertEq(token.balanceOf(supplier), 1);
    }

    // ---- late

    function test_WhenTheDeliveryIsLate() external {
        (OrderTerms memory terms, bytes32 order) = _createWithCap(10);
        _confirm(terms, _report(0, 0, 100, 350));
        vm.assertEq(escrow.orderOf(order).late, 350);
        _confirm(terms, _report(0, 100, 200, 5_000)); // 4,650 for 100 units: at most 10 days each
        vm.assertEq(escrow.orderOf(order).late, 1_350);
    }

    function test_WhenOnlyPartOfALateDeliveryFindsRoom() external {
        (OrderTerms memory terms, bytes32 order) = _createWithCap(10);
        _confirm(terms, _report(0, 0, ORDERED - 10, 0));
        DeliveryReport memory report = _report(0, ORDERED - 10, ORDERED + 20, 31);
        uint256 rest = TOTAL - (TOTAL * (ORDERED - 10)) / ORDERED;
        _expectBooking(order, 0, ORDERED, 11, rest, report.root); // 31 * 10 / 30, rounded up
        _confirm(terms, report);
    }

    function test_WhenLatenessFalls() external {
        (OrderTerms memory terms, bytes32 order) = _createWithCap(10);
        _confirm(terms, _report(0, 0, 100, 350));
        _confirm(terms, _report(0, 100, 200, 340));
        vm.assertEq(escrow.orderOf(order).late, 350);
    }

    function test_GivenNoDaysCount() external {
        (OrderTerms memory terms, bytes32 order) = _createWithCap(0);
        _confirm(terms, _report(0, 0, 100, 350));
        vm.assertEq(escrow.orderOf(order).late, 0);
    }

    function test_WhenALaterLineIsLate() external {
        OrderTerms memory terms = _termsOf(bytes.concat(_line(ORDERED, TOTAL), _line(50, 500)));
        terms.clauses = _clauses(DUE, EXPIRY, GRACE, 3);
        bytes32 order = _create(terms);
        _confirm(terms, _report(1, 0, 20, 70));
        vm.assertEq(escrow.lineOf(terms, 1).late, 60);
        vm.assertEq(escrow.orderOf(order).late, 0);
    }

    // ---- several

    function test_WhenAnOrderHasSeveralLines() external {
        OrderTerms memory terms = _termsOf(bytes.concat(_line(ORDERED, TOTAL), _line(3, 100), _line(7, 10)));
        bytes32 order = _create(terms);
        DeliveryReport[] memory reports = new DeliveryReport[](4);
        reports[0] = _report(0, 0, 500, 0);
        reports[1] = _report(1, 0, 2, 0);
        reports[2] = _report(1, 2, 3, 0); // builds on the one before
        reports[3] = _report(2, 0, 1, 0);
        _confirm(_only(terms), reports);

        uint256 expected = TOTAL / 2 + 100 + 1;
        vm.assertEq(token.balanceOf(supplier), expected);
        vm.assertEq(escrow.orderOf(order).paid, expected);
        vm.assertEq(escrow.orderOf(order).earned, expected);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, 500);
        vm.assertEq(escrow.lineOf(terms, 1).delivered, 3);
        vm.assertEq(escrow.lineOf(terms, 1).good, 3e6);
        vm.assertEq(escrow.lineOf(terms, 2).delivered, 1);
        vm.assertEq(escrow.lineOf(terms, 3).delivered, 0);
    }

    function test_WhenSomeOfTheReportsFit() external {
        (DeliveryTerms[] memory orders, bytes32[] memory ids) = _createThree();
        DeliveryReport[] memory reports = new DeliveryReport[](3);
        reports[0] = _reportOf(0, 0, 0, 100, 0, START);
        reports[1] = _reportOf(1, 0, 5, 100, 0, START);
        reports[2] = _reportOf(2, 0, 0, 100, 0, START);
        _expectBooking(ids[0], 0, 100, 0, (TOTAL * 100) / ORDERED, reports[0].root);
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.ReportSkipped(ids[1], 0, SkipReason.StaleFrom, reports[1].root);
        _expectBooking(ids[2], 0, 100, 0, (TOTAL * 100) / ORDERED, reports[2].root);
        _confirm(orders, reports);
    }

    function test_WhenConsecutiveReportsHaveOnePayee() external {
        (DeliveryTerms[] memory orders, ) = _createThree(); // supplier, supplier, other
        DeliveryReport[] memory reports = new DeliveryReport[](3);
        for (uint256 i; i < 3; ++i) reports[i] = _reportOf(i, 0, 0, 100, 0, START);
        vm.recordLogs();
        _confirm(orders, reports);
        vm.assertEq(_transfers(vm.getRecordedLogs()), 2);
        vm.assertEq(token.balanceOf(supplier), 2 * ((TOTAL * 100) / ORDERED));
        vm.assertEq(token.balanceOf(other), (TOTAL * 100) / ORDERED);
    }

    function test_WhenReportsOfPayeesAlternate() external {
        (DeliveryTerms[] memory orders, ) = _createThree();
        DeliveryReport[] memory reports = new DeliveryReport[](4);
        reports[0] = _reportOf(0, 0, 0, 100, 0, START);
        reports[1] = _reportOf(2, 0, 0, 300, 0, START);
        reports[2] = _reportOf(1, 0, 0, 100, 0, START);
        reports[3] = _reportOf(0, 0, 100, 200, 0, START); // an order again after others
        vm.recordLogs();
        _confirm(orders, reports);
        vm.assertEq(_transfers(vm.getRecordedLogs()), 3);
        vm.assertEq(token.balanceOf(supplier), (TOTAL * 100) / ORDERED + (TOTAL * 200) / ORDERED);
        vm.assertEq(token.balanceOf(other), (TOTAL * 300) / ORDERED);
    }

    function test_WhenThereIsNoReport() external {
        _confirm(new DeliveryTerms[](0), new DeliveryReport[](0));
    }

    // ---- words

    function _createWithCap(uint256 days_) private returns (OrderTerms memory terms, bytes32 order) {
        terms = _terms();
        terms.clauses = _clauses(DUE, EXPIRY, GRACE, days_);
        order = _create(terms);
    }

    function _createThree() private returns (DeliveryTerms[] memory orders, bytes32[] memory ids) {
        orders = new DeliveryTerms[](3);
        ids = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            OrderTerms memory terms = _terms();
            terms.conditions = bytes32(i);
            if (i == 2) terms.supplier = other;
            orders[i] = _delivery(terms);
            ids[i] = _create(terms);
        }
    }

    function _transfers(Vm.Log[] memory logs) private pure returns (uint256 count) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == MockToken.Transfer.selector) ++count;
        }
    }
}
