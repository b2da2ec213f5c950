// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AXIS_END, Claim, hashGiven} from "./Claim.sol";
import {IOrderAgreements} from "./IOrderAgreements.sol";
import {OrderBook} from "./OrderBook.sol";
import {Line, Order} from "./OrderState.sol";
import {Clauses, OPTION_AMENDED, OPTION_DEVICES, OrderTerms} from "./OrderTerms.sol";
import {
    MAX_UNIT_DAYS,
    MILLION,
    POINT_BYTES,
    devicesRoot,
    fractionAt,
    fundedBy,
    lineAt,
    lineCount,
    schedulesOf,
    valueAt
} from "./Schedule.sol";

/// @title What an amendment may change, and whom it can hurt
abstract contract Amendment is IOrderAgreements, OrderBook {
    /// @dev Bits of the clauses that an amendment may change: due, expiry, group, points and OPTION_AMENDED.
    uint256 private constant AMENDABLE =
        (uint256(type(uint80).max) << 176) |
            (uint256(type(uint40).max) << 18) |
            (uint256(type(uint8).max) << 10) |
            OPTION_AMENDED;

    // ---- checks

    /// @dev Reverts unless new terms are whole, keep the past, and change only what an amendment may.
    function _checkAmendment(bytes32 id, OrderTerms calldata terms, OrderTerms calldata next) internal view {
        Clauses clauses = next.clauses;
        bool same =
            terms.buyer == next.buyer &&
                terms.supplier == next.supplier &&
                terms.conditions == next.conditions &&
                (Clauses.unwrap(terms.clauses) ^ Clauses.unwrap(clauses)) & ~AMENDABLE == 0;
        if (!same || !clauses.has(OPTION_AMENDED) || clauses.points() == 0) revert AmendmentTerms(id);
        uint256 head = clauses.has(OPTION_DEVICES) ? 64 : 32;
        if (next.lines.length < head || bytes32(next.lines[:32]) != id) revert AmendmentTerms(id);
        if (head == 64 && devicesRoot(clauses, next.lines) != devicesRoot(terms.clauses, terms.lines)) {
            revert AmendmentTerms(id);
        }
        _checkNewDates(terms.clauses, clauses);
        if (clauses.group() != terms.clauses.group()) {
            if (!_isBelow(terms.clauses.group())) revert AmendmentGroup(id);
            _checkGroup(clauses.group());
        }
        _checkSchedules(id, terms, next);
    }

    function _checkNewDates(Clauses old, Clauses clauses) private view {
        (uint256 due, uint256 expiry) = (clauses.due(), clauses.expiry());
        bool past = (due != old.due() && due < block.timestamp) || (expiry != old.expiry() && expiry < block.timestamp);
        bool retained = clauses.retention() != 0 && expiry > clauses.retentionUntil();
        if (past || due > expiry || retained) revert AmendmentDates(due, expiry, block.timestamp);
    }

    function _checkSchedules(bytes32 id, OrderTerms calldata terms, OrderTerms calldata next) private view {
        (bytes calldata old, uint256 oldPoints) = (schedulesOf(terms.clauses, terms.lines), terms.clauses.points());
        (bytes calldata schedules, uint256 points) = (schedulesOf(next.clauses, next.lines), next.clauses.points());
        uint256 count = lineCount(old, oldPoints);
        if (schedules.length != count * points * POINT_BYTES) revert AmendmentTerms(id);
        uint256 capDays = next.clauses.capDays();
        for (uint256 i; i < count; ++i) {
            Line memory line = _lineState(id, terms.clauses, i);
            _checkRise(schedules, points, i);
            (uint256 ordered, ) = lineAt(schedules, points, i);
            uint256 kept = line.delivered - line.rejected;
            if (ordered < kept) revert AmendmentQuantity(i, ordered, kept);
            if (ordered * capDays > MAX_UNIT_DAYS) revert AmendmentBounds(0, ordered * capDays);
            if (valueAt(schedules, points, i, line.good) != valueAt(old, oldPoints, i, line.good)) {
                revert AmendmentSchedule(i);
            }
        }
        uint256 total = fundedBy(schedules, points);
        if (total == 0 || total >= AXIS_END) revert AmendmentBounds(total, 0);
    }

    /// @dev Quantities rise, money does not fall; only the last point may be repeated, to fill up.
    function _checkRise(bytes calldata schedules, uint256 points, uint256 line) private pure {
        (uint256 quantity, uint256 money) = (0, 0);
        bool ended;
        for (uint256 i = line * points; i < (line + 1) * points; ++i) {
            (uint256 nextQuantity, uint256 nextMoney) = lineAt(schedules, i);
            bool repeated = quantity != 0 && nextQuantity == quantity && nextMoney == money;
            if (!repeated && (ended || nextQuantity <= quantity || nextMoney < money)) revert AmendmentSchedule(line);
            ended = ended || repeated;
            (quantity, money) = (nextQuantity, nextMoney);
        }
    }

    // ---- whom it can hurt

    /// @dev Whether an amendment can cost an owner of an unpaid claim anything: a date comes nearer, a price falls,
    /// or less is ordered and the worst net (full penalty, retention lost) does not cover the top assigned claim.
    function _mayHurt(
        bytes32 id,
        Order memory order,
        OrderTerms calldata terms,
        OrderTerms calldata next,
        Claim[] calldata claims
    ) internal view returns (bool) {
        if (hashGiven(claims) != _claimLists[id].hash) revert OrderClaimsStale(id);
        (Clauses old, Clauses clauses) = (terms.clauses, next.clauses);
        if (clauses.due() < old.due() || clauses.expiry() < old.expiry()) return true;
        (bytes calldata before, bytes calldata later) = (
            schedulesOf(old, terms.lines),
            schedulesOf(clauses, next.lines)
        );
        uint256 count = lineCount(before, old.points());
        bool less;
        for (uint256 i; i < count; ++i) {
            if (_isCheaper(before, old.points(), later, clauses.points(), i)) return true;
            (uint256 wasOrdered, ) = lineAt(before, old.points(), i);
            (uint256 ordered, ) = lineAt(later, clauses.points(), i);
            less = less || ordered < wasOrdered;
        }
        if (!less) return false;
        uint256 top = claims.length == 1 ? order.paid : Math.max(claims[claims.length - 2].claimEnd(), order.paid);
        return _worstNet(id, later, clauses) < top;
    }

    /// @dev Whether a line's new schedule is anywhere below its old one, as far as it goes: at one of both's points.
    function _isCheaper(
        bytes calldata before,
        uint256 beforePoints,
        bytes calldata later,
        uint256 laterPoints,
        uint256 line
    ) private pure returns (bool) {
        (uint256 ordered, ) = lineAt(later, laterPoints, line);
        for (uint256 i; i < beforePoints + laterPoints; ++i) {
            (uint256 quantity, ) = i < beforePoints
                ? lineAt(before, line * beforePoints + i)
                : lineAt(later, line * laterPoints + i - beforePoints);
            if (quantity > ordered) continue;
            (uint256 worth, uint256 per) = fractionAt(later, laterPoints, line, quantity * MILLION);
            (uint256 wasWorth, uint256 wasPer) = fractionAt(before, beforePoints, line, quantity * MILLION);
            if (worth * wasPer < wasWorth * per) return true;
        }
        return false;
    }

    /// @dev What the payees get at least if all that is ordered comes, as late as can be, and the retention is lost. What a
    /// call forfeited is never more: it asked for at most the retention of what was earned then, and that is at most `net`.
    function _worstNet(bytes32 id, bytes calldata schedules, Clauses clauses) private view returns (uint256 net) {
        uint256 points = clauses.points();
        uint256 share = MILLION - clauses.penaltyRate() * clauses.capDays();
        for (uint256 i = lineCount(schedules, points); i != 0; --i) {
            Line memory line = _lineState(id, clauses, i - 1);
            (uint256 ordered, ) = lineAt(schedules, points, i - 1);
            uint256 open = ordered + line.rejected - line.decided;
            net += valueAt(schedules, points, i - 1, line.good + open * share);
        }
        return net - Math.ceilDiv(net * clauses.retention(), MILLION);
    }
}
