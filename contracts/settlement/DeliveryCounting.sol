// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {DeliveryReport, Progress} from "../oracle/DeliveryReport.sol";
import {Quorum} from "../oracle/Quorum.sol";
import {book} from "./Booking.sol";
import {IDeliveryCounting, SkipReason} from "./IOrderDelivery.sol";
import {OrderBook} from "./OrderBook.sol";
import {FLAG_ASSIGNED, FLAG_MONEY, Line, Lot, LotStatus, Order, Status} from "./OrderState.sol";
import {Clauses, OPTION_DEVICES, OPTION_INSPECTION} from "./OrderTerms.sol";
import {MILLION, lineAt, lineCount, schedulesOf, valueAt} from "./Schedule.sol";

/// @title Counting what was delivered, whatever the order's clauses are
abstract contract DeliveryCounting is IDeliveryCounting, OrderBook, Quorum {
    /// @dev An order that a report is about.
    struct Item {
        bytes32 order;
        bool inForce; // the terms given are those of the order
        Clauses clauses;
        uint256 group; // of the certificate
    }

    /// @dev Counts one report. One that does not fit the state changes nothing. Returns what goes to the supplier now; nothing of an order that was assigned.
    function _deliverSpecial(
        Item memory item,
        bytes calldata lines,
        DeliveryReport calldata report,
        bool devicesSigned
    ) internal returns (uint256 amount) {
        bytes calldata schedules = schedulesOf(item.clauses, lines);
        (SkipReason reason, Line memory line, uint256 quantity, uint256 late) = _measure(item, schedules, report);
        if (reason == SkipReason.None && item.clauses.has(OPTION_DEVICES) && !devicesSigned) {
            reason = SkipReason.DeviceSignatureMissing;
        }
        if (reason != SkipReason.None) return _skip(item.order, report, reason);

        uint256 index = report.progress.line();
        uint256 earned;
        uint256 lot;
        unchecked {
            // `_measure` keeps both within 48 bits.
            line.delivered += uint48(quantity);
            line.late += uint48(late);
        }
        if (item.clauses.has(OPTION_INSPECTION)) {
            lot = 1 + _openLot(item.order, index, quantity, late);
            _lines[item.order][index] = line;
        } else {
            earned = _earn(item, schedules, index, line, quantity, late);
        }
        amount = _payNow(item);
        emit DeliveryConfirmed(item.order, book(index, line.delivered, line.late, earned, amount, lot), report.root);
    }

    /// @dev What of a report counts: the quantity that finds room, and its lateness.
    function _measure(
        Item memory item,
        bytes calldata schedules,
        DeliveryReport calldata report
    ) private view returns (SkipReason reason, Line memory line, uint256 quantity, uint256 late) {
        Progress progress = report.progress;
        Clauses clauses = item.clauses;
        uint256 points = clauses.points();
        if (!item.inForce) return (SkipReason.StaleTerms, line, 0, 0);
        if (_orders[item.order].status != Status.Open) return (SkipReason.NotOpen, line, 0, 0);
        if (clauses.group() != item.group) return (SkipReason.OtherGroup, line, 0, 0);
        if (progress.line() >= lineCount(schedules, points)) return (SkipReason.UnknownLine, line, 0, 0);
        if (progress.latest() > clauses.expiry()) return (SkipReason.AfterExpiry, line, 0, 0);

        line = _lineState(item.order, clauses, progress.line());
        if (progress.from() != line.delivered) return (SkipReason.StaleFrom, line, 0, 0);
        (uint256 room, ) = lineAt(schedules, points, progress.line());
        // Replacements of replacements would one day leave the 48 bits; long before that nothing is new any more.
        room = Math.min(room + line.rejected, type(uint48).max - (1 << 44));
        if (progress.to() <= line.delivered || room <= line.delivered) return (SkipReason.NothingNew, line, 0, 0);
        quantity = Math.min(progress.to(), room) - line.delivered;
        if (progress.late() > line.late) late = _lateness(progress, line.late, quantity, clauses.capDays());
        if (line.late + late > type(uint48).max) return (SkipReason.NothingNew, line, 0, 0);
    }

    /// @dev Accepts at once what was delivered: what it is worth less what its lateness takes. `line` has it already.
    function _earn(
        Item memory item,
        bytes calldata schedules,
        uint256 index,
        Line memory line,
        uint256 quantity,
        uint256 late
    ) private returns (uint256 earned) {
        uint256 points = item.clauses.points();
        uint256 good = line.good + quantity * MILLION - late * item.clauses.penaltyRate();
        earned = valueAt(schedules, points, index, good) - valueAt(schedules, points, index, line.good);
        Order storage order = _orders[item.order];
        order.earned += uint56(earned);
        if (index == 0) {
            (order.delivered, order.late) = (line.delivered, line.late);
        } else {
            _lines[item.order][index] = Line(line.delivered, line.late, 0, 0, 0);
        }
    }

    function _openLot(bytes32 id, uint256 line, uint256 quantity, uint256 late) private returns (uint256 number) {
        number = _money[id].nextLot;
        _money[id].nextLot = uint32(number + 1);
        _orders[id].flags |= FLAG_MONEY;
        _lots[id][number] = Lot({
            line: uint16(line),
            quantity: uint56(quantity),
            late: uint48(late),
            since: uint40(block.timestamp),
            status: LotStatus.Pending
        });
    }

    /// @dev Books as paid what is payable by now, for the caller to push to the supplier.
    function _payNow(Item memory item) private returns (uint256 amount) {
        Order memory order = _orders[item.order];
        if (order.flags & FLAG_ASSIGNED != 0) return 0;
        uint256 target = order.earned - _heldBack(item.order, order, item.clauses);
        if (target <= order.paid) return 0;
        amount = target - order.paid;
        _orders[item.order].paid = uint56(target);
    }

    // ---- shared

    function _skip(bytes32 order, DeliveryReport calldata report, SkipReason reason) internal returns (uint256) {
        emit ReportSkipped(order, report.progress.line(), reason, report.root);
        return 0;
    }

    /// @dev Late unit-days that count now: those of what finds room, in proportion and rounded up, each unit at most
    /// `capDays`.
    function _lateness(
        Progress progress,
        uint256 late,
        uint256 quantity,
        uint256 capDays
    ) internal pure returns (uint256) {
        uint256 share = Math.ceilDiv((progress.late() - late) * quantity, progress.to() - progress.from());
        return Math.min(share, quantity * capDays);
    }
}
