// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryReport, Progress} from "../oracle/DeliveryReport.sol";
import {Quorum} from "../oracle/Quorum.sol";
import {book} from "./Booking.sol";
import {IDeliveryCounting, SkipReason} from "./IOrderDelivery.sol";
import {OrderBook} from "./OrderBook.sol";
import {FLAG_ASSIGNED, FLAG_MONEY, Line, Lot, LotStatus} from "./OrderState.sol";
import {Clauses, OPTION_AMENDED, OPTION_DEVICES, OPTION_INSPECTION} from "./OrderTerms.sol";
import {OrderWord, loadWord, storeWord} from "./OrderWord.sol";
import {MAX_UNIT_DAYS, MILLION, lineAt, lineCount, schedulesOf, valueAt} from "./Schedule.sol";

/// @title Counting what was delivered, whatever the order's clauses are
abstract contract DeliveryCounting is IDeliveryCounting, OrderBook, Quorum {
    /// @dev More of a line never comes: 2^48 less what one report can be late by.
    uint256 private constant MOST_ROOM = type(uint48).max - MAX_UNIT_DAYS;

    /// @dev Counts one report. One that does not fit the state changes nothing. Amended terms must be those in force.
    /// Returns what goes to the supplier now; nothing of an order that was assigned.
    function _deliverSpecial(
        bytes32 id,
        Clauses clauses,
        bytes calldata lines,
        DeliveryReport calldata report,
        uint256 group,
        bool devicesSigned
    ) internal returns (uint256) {
        OrderWord word = loadWord(_orders[id]);
        Progress progress = report.progress;
        if (word.isAmended() && !clauses.has(OPTION_AMENDED)) return _skip(id, report, SkipReason.StaleTerms);
        if (!word.isOpen()) return _skip(id, report, SkipReason.NotOpen);
        if (clauses.group() != group) return _skip(id, report, SkipReason.OtherGroup);
        bytes calldata schedules = schedulesOf(clauses, lines);
        if (progress.line() >= lineCount(schedules, clauses.points())) {
            return _skip(id, report, SkipReason.UnknownLine);
        }
        if (progress.latest() > clauses.expiry()) return _skip(id, report, SkipReason.AfterExpiry);
        bool signed = devicesSigned || !clauses.has(OPTION_DEVICES);
        return
            clauses.has(OPTION_INSPECTION)
                ? _inspectLater(id, word, clauses, schedules, report, signed)
                : _accept(id, word, clauses, schedules, report, signed);
    }

    /// @dev Accepts at once what was delivered: what it is worth less what its lateness takes.
    function _accept(
        bytes32 id,
        OrderWord word,
        Clauses clauses,
        bytes calldata schedules,
        DeliveryReport calldata report,
        bool signed
    ) private returns (uint256 amount) {
        uint256 index = report.progress.line();
        (uint256 delivered, uint256 late) = (word.deliveredOf(), word.lateOf());
        if (index != 0) (delivered, late) = (_lines[id][index].delivered, _lines[id][index].late);
        (uint256 ordered, ) = lineAt(schedules, clauses.points(), index);
        (SkipReason reason, uint256 quantity, uint256 more) = _measure(
            report.progress,
            delivered,
            late,
            ordered,
            clauses
        );
        if (reason == SkipReason.None && !signed) reason = SkipReason.DeviceSignatureMissing;
        if (reason != SkipReason.None) return _skip(id, report, reason);

        uint256 earned = _worthOf(clauses, schedules, index, delivered, late, quantity, more);
        unchecked {
            // `_measure` keeps both within 48 bits, and what was earned is at most the order's total, below 2^56.
            (delivered, late) = (delivered + quantity, late + more);
            amount = _payableOf(id, word, clauses, earned);
        }
        word = word.advancedBy(earned, amount);
        if (index == 0) word = word.deliveredBy(quantity, more);
        else _lines[id][index] = Line(uint48(delivered), uint48(late), 0, 0, 0);
        storeWord(_orders[id], word);
        emit DeliveryConfirmed(id, book(index, delivered, late, earned, amount, 0), report.root);
    }

    /// @dev Opens a lot for what was delivered. What became payable since is paid, as with every report.
    function _inspectLater(
        bytes32 id,
        OrderWord word,
        Clauses clauses,
        bytes calldata schedules,
        DeliveryReport calldata report,
        bool signed
    ) private returns (uint256 amount) {
        uint256 index = report.progress.line();
        Line memory line = _lines[id][index];
        (uint256 room, ) = lineAt(schedules, clauses.points(), index);
        (SkipReason reason, uint256 quantity, uint256 late) = _measure(
            report.progress,
            line.delivered,
            line.late,
            room + line.rejected,
            clauses
        );
        if (reason == SkipReason.None && !signed) reason = SkipReason.DeviceSignatureMissing;
        if (reason != SkipReason.None) return _skip(id, report, reason);

        unchecked {
            // `_measure` keeps both within 48 bits.
            line.delivered += uint48(quantity);
            line.late += uint48(late);
        }
        amount = _payableOf(id, word, clauses, 0);
        storeWord(_orders[id], word.advancedBy(0, amount).withFlag(FLAG_MONEY));
        _lines[id][index] = line;
        uint256 lot = 1 + _openLot(id, index, quantity, late);
        emit DeliveryConfirmed(id, book(index, line.delivered, line.late, 0, amount, lot), report.root);
    }

    /// @dev What of a report counts: the quantity that finds room, and its lateness.
    function _measure(
        Progress progress,
        uint256 delivered,
        uint256 late,
        uint256 room,
        Clauses clauses
    ) private pure returns (SkipReason reason, uint256 quantity, uint256 more) {
        uint256 to = progress.to();
        if (progress.from() != delivered) return (SkipReason.StaleFrom, 0, 0);
        // Replacements of replacements would one day leave the 48 bits; long before that nothing is new any more.
        if (room > MOST_ROOM) room = MOST_ROOM;
        if (to <= delivered || room <= delivered) return (SkipReason.NothingNew, 0, 0);
        unchecked {
            quantity = (to < room ? to : room) - delivered; // both are above it
            // At most `progress.late() - late` more, because at most what was reported finds room: 48 bits suffice.
            if (progress.late() > late) more = _lateness(progress, late, quantity, clauses.capDays());
        }
    }

    /// @dev What more of a line is worth that is accepted as it comes.
    function _worthOf(
        Clauses clauses,
        bytes calldata schedules,
        uint256 index,
        uint256 delivered,
        uint256 late,
        uint256 quantity,
        uint256 more
    ) private pure returns (uint256) {
        (uint256 rate, uint256 points) = (clauses.penaltyRate(), clauses.points());
        // A unit is late by at most the capped days, which cost at most its whole worth: `late * rate <= delivered *
        // MILLION`, and the same of what comes now. All is below 2^48 * 2^20, and a value never falls.
        unchecked {
            uint256 good = delivered * MILLION - late * rate;
            uint256 grown = good + quantity * MILLION - more * rate;
            return valueAt(schedules, points, index, grown) - valueAt(schedules, points, index, good);
        }
    }

    /// @dev What is payable to the supplier with what was earned now.
    function _payableOf(bytes32 id, OrderWord word, Clauses clauses, uint256 earned) private view returns (uint256) {
        uint256 flags = word.flagsOf();
        if (flags & FLAG_ASSIGNED != 0) return 0;
        unchecked {
            // Four numbers below 2^56.
            earned += word.earnedOf();
            uint256 kept = word.paidOf() + _heldBack(id, flags, earned, clauses);
            return earned > kept ? earned - kept : 0;
        }
    }

    function _openLot(bytes32 id, uint256 line, uint256 quantity, uint256 late) private returns (uint256 number) {
        number = _money[id].nextLot;
        _money[id].nextLot = uint32(number + 1);
        _lots[id][number] = Lot({
            line: uint16(line),
            quantity: uint56(quantity),
            late: uint48(late),
            since: uint40(block.timestamp),
            status: LotStatus.Pending
        });
    }

    // ---- shared

    function _skip(bytes32 order, DeliveryReport calldata report, SkipReason reason) internal returns (uint256) {
        emit ReportSkipped(order, report.progress.line(), reason, report.root);
        return 0;
    }

    /// @dev Late unit-days that count now: those of what finds room, in proportion and rounded up, each unit at most
    /// `capDays`. The caller sees to it that the report has more than `from` and is later than `late`.
    function _lateness(
        Progress progress,
        uint256 late,
        uint256 quantity,
        uint256 capDays
    ) internal pure returns (uint256 share) {
        // Quantities and unit-days are below 2^48, days below 2^14.
        unchecked {
            uint256 reported = progress.to() - progress.from();
            share = ((progress.late() - late) * quantity + reported - 1) / reported;
            uint256 most = quantity * capDays;
            if (share > most) share = most;
        }
    }
}
