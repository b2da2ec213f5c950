// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Line, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OPTION_AMENDED, OPTION_DEVICES, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {hashAmendment, hashCancellation, hashCreditNote} from "../base/ActionHashes.sol";
import {Ghost, Model} from "./Model.sol";
import {
    MILLION,
    ceilDiv,
    endOf,
    exactOf,
    headOf,
    isCheaper,
    larger,
    pointOf,
    smaller,
    totalOf,
    worthOf
} from "./Schedules.sol";

/// @dev Buyer and supplier agree: to end an order, to other prices, quantities and dates; and the supplier gives money back.
abstract contract Agreeing is Model {
    uint256 private constant MOST_POINTS = 4;

    // ---- actions

    function cancel(uint256 seed) external action(seed) {
        if (!_chance(4)) return; // an order that was cancelled does nothing more
        (bool found, uint256 index) = _liveOne();
        if (!found) return;
        Ghost storage ghost = ghosts[index];
        uint256 most = ghost.funded - ghost.refunded;
        uint256 payout = ghost.paid + _pick(most - ghost.paid + 1);
        if (_chance(8)) payout = most + 1;
        uint32 seq = uint32(ghost.seq);
        if (_chance(8)) ++seq;
        bytes32 cancellation = hashCancellation(ghost.id, seq, payout, FOREVER);
        address[] memory parties = _ownersAbove(ghost, payout);
        Approval[] memory approvals = _approvalsOf(parties, cancellation);
        bytes memory data = _cancelling(ghost, payout, seq, approvals);
        if (seq != ghost.seq) {
            _mustNot("13: cancelled out of turn", outsider, data, IOrderBook.OrderSequence.selector);
            return;
        }
        if (payout > most) {
            _mustNot("4: cancelled for too much", outsider, data, IOrderAgreements.CancellationPayout.selector);
            return;
        }
        approvals = _without(approvals, parties[_pick(parties.length)]);
        bytes memory lacking = _cancelling(ghost, payout, seq, approvals);
        _mustNot("14: cancelled without an owner", outsider, lacking, IOrderBook.ConsentMissing.selector);
        _must(outsider, data);
        ghost.cancelled = true;
        if (payout > ghost.paid) _payUpTo(ghost, payout);
        ghost.earned = payout;
        _close(ghost);
        _mustNot("10: cancelled twice", outsider, data, IOrderBook.OrderNotOpen.selector);
    }

    function amend(uint256 seed) external action(seed) {
        (bool found, uint256 index) = _liveOne();
        if (!found) return;
        Ghost storage ghost = ghosts[index];
        (OrderTerms memory next, bytes4 refused) = _nextOf(ghost);
        uint256 total = totalOf(next.clauses, next.lines);
        if (total == 0) return;
        if (refused == 0 && !_keepsThePast(ghost, next)) refused = IOrderAgreements.AmendmentSchedule.selector;
        if (ghost.status == Status.Ended) refused = IOrderAgreements.AmendmentEnded.selector;
        bytes32 digest = _idOf(_delivery(next));
        bytes32 amendment = hashAmendment(ghost.id, ghost.seq, next, digest, total, FOREVER);
        bool hurts = ghost.assigned && _hurts(ghost, next);
        address[] memory parties = hurts ? _ownersAbove(ghost, 0) : _parties(ghost.terms.buyer, ghost.terms.supplier);
        Approval[] memory approvals = _approvalsOf(parties, amendment);
        bytes memory data = _amending(ghost, next, approvals);
        if (refused != 0) {
            _mustNot("14: an amendment that is refused", outsider, data, refused);
            return;
        }
        approvals = _without(approvals, parties[parties.length - 1 - _pick(2)]);
        bytes memory lacking = _amending(ghost, next, approvals);
        _mustNot("14: amended without an owner", outsider, lacking, IOrderBook.ConsentMissing.selector);
        _must(outsider, data);
        bytes32 before = _idOf(_delivery(ghost.terms));
        if (total > ghost.funded) _gives(ghost.terms.buyer, total - ghost.funded);
        else _gets(ghost.terms.buyer, ghost.funded - total);
        (ghost.terms, ghost.funded) = (next, total);
        ++ghost.seq;
        bytes4 again = IOrderBook.OrderTermsStale.selector;
        if (digest == before) again = IOrderBook.OrderSequence.selector; // nothing changed
        _mustNot("13: amended twice", outsider, data, again);
    }

    function creditNote(uint256 seed) external action(seed) {
        if (ghosts.length == 0) return;
        uint256 index = _pick(ghosts.length);
        _touch(index);
        Ghost storage ghost = ghosts[index];
        address from = ghost.terms.supplier;
        uint256 amount = _chance(8) ? 0 : _pick(1000);
        bytes32 note = hashCreditNote(ghost.id, amount, noncesUsed[from], FOREVER);
        (address sender, Approval[] memory approvals) = _consent(_parties(from), note);
        bytes memory data = abi.encodeCall(IOrderAgreements.creditNote, (ghost.terms, amount, FOREVER, approvals));
        if (amount == 0) {
            _mustNot("2: a note of nothing", sender, data, IOrderAgreements.CreditNoteRefused.selector);
            return;
        }
        _must(sender, data);
        ++noncesUsed[from];
        _gives(from, amount);
        _gets(ghost.terms.buyer, amount);
        if (sender == from) return;
        _mustNot("22: a signature twice", sender, data, IOrderBook.ConsentMissing.selector);
    }

    // ---- calls

    function _cancelling(
        Ghost storage ghost,
        uint256 payout,
        uint32 seq,
        Approval[] memory approvals
    ) private view returns (bytes memory) {
        return
            abi.encodeCall(
                IOrderAgreements.cancel,
                (ghost.terms, uint56(payout), seq, _list(ghost), FOREVER, approvals)
            );
    }

    function _amending(
        Ghost storage ghost,
        OrderTerms memory next,
        Approval[] memory approvals
    ) private view returns (bytes memory) {
        return
            abi.encodeCall(
                IOrderAgreements.amend,
                (ghost.terms, next, uint32(ghost.seq), _list(ghost), FOREVER, approvals)
            );
    }

    function _approvalsOf(
        address[] memory parties,
        bytes32 structHash
    ) private view returns (Approval[] memory approvals) {
        approvals = new Approval[](parties.length);
        for (uint256 i; i < parties.length; ++i) approvals[i] = Approval(parties[i], _signOf(parties[i], structHash));
    }

    /// @dev All but one party's, whose signature is another's.
    function _without(Approval[] memory all, address party) private pure returns (Approval[] memory some) {
        some = new Approval[](all.length);
        for (uint256 i; i < all.length; ++i) {
            some[i] = Approval(all[i].account, all[i].signature);
            if (all[i].account == party) some[i].signature = hex"00";
        }
    }

    // ---- other terms

    /// @dev Later or earlier dates, another group, more, less, or another price of one line; and what refuses it.
    function _nextOf(Ghost storage ghost) private returns (OrderTerms memory next, bytes4 refused) {
        next = ghost.terms;
        uint256 way = _pick(6);
        uint256 points = next.clauses.points();
        uint256 line = _pick(ghost.lines.length);
        bytes memory changed;
        if (way == 3) (changed, points) = _more(next, line, points);
        if (way == 4) changed = _less(next, ghost.lines[line], line);
        if (way == 5) (changed, points) = _reprice(next, ghost.lines[line], line, points);
        bytes memory lines = abi.encodePacked(ghost.id);
        if (next.clauses.has(OPTION_DEVICES)) lines = bytes.concat(lines, _rootOf(next));
        for (uint256 i; i < ghost.lines.length; ++i) {
            bytes memory schedule = i == line && changed.length != 0 ? changed : _copy(next, i, type(uint256).max);
            lines = bytes.concat(lines, _padded(schedule, points));
        }
        uint256 bits = Clauses.unwrap(next.clauses) & ~(uint256(0xff) << 10);
        next.clauses = Clauses.wrap(bits | (points << 10) | OPTION_AMENDED);
        next.lines = lines;
        if (way < 2) refused = _otherDates(next, way == 0);
        if (way == 2) refused = _otherGroup(next);
    }

    function _otherDates(OrderTerms memory next, bool later) private returns (bytes4 refused) {
        uint256 bits = Clauses.unwrap(next.clauses);
        (uint256 due, uint256 expiry) = (next.clauses.due(), next.clauses.expiry());
        if (later) {
            due = larger(due, block.timestamp) + _pick(5 days);
            expiry = larger(expiry, due);
        } else {
            due = due - _pick(3 days);
            if (due != next.clauses.due() && due < block.timestamp) {
                refused = IOrderAgreements.AmendmentDates.selector;
            }
        }
        bool retained = next.clauses.retention() != 0 && expiry > next.clauses.retentionUntil();
        if (retained) refused = IOrderAgreements.AmendmentDates.selector;
        next.clauses = Clauses.wrap(((bits << 80) >> 80) | (due << 216) | (expiry << 176));
    }

    function _otherGroup(OrderTerms memory next) private view returns (bytes4 refused) {
        uint256 where = rings[0].id == next.clauses.group() ? 1 : 0;
        if (!rings[1 - where].below) return _withGroup(next, where, IOrderAgreements.AmendmentGroup.selector);
        if (rings[where].closed) return 0; // it stays with its group
        return _withGroup(next, where, 0);
    }

    function _withGroup(OrderTerms memory next, uint256 where, bytes4 refused) private view returns (bytes4) {
        uint256 bits = Clauses.unwrap(next.clauses) & ~(uint256(type(uint40).max) << 18);
        next.clauses = Clauses.wrap(bits | (uint256(rings[where].id) << 18));
        return refused;
    }

    function _rootOf(OrderTerms memory terms) private pure returns (bytes32 root) {
        (bytes memory lines, uint256 head) = (terms.lines, headOf(terms.clauses));
        assembly {
            root := mload(add(lines, head)) // the last word of the head
        }
    }

    // ---- schedules

    /// @dev A line's points below a quantity.
    function _copy(OrderTerms memory terms, uint256 line, uint256 below) private pure returns (bytes memory schedule) {
        for (uint256 i; i < terms.clauses.points(); ++i) {
            (uint256 quantity, uint256 money) = pointOf(terms.clauses, terms.lines, line, i);
            if (quantity < below) schedule = bytes.concat(schedule, _line(quantity, money));
        }
    }

    function _padded(bytes memory schedule, uint256 points) private pure returns (bytes memory) {
        uint256 word;
        assembly {
            word := mload(add(schedule, mload(schedule))) // it ends with the last point
        }
        while (schedule.length < points * 12) schedule = bytes.concat(schedule, bytes12(uint96(word)));
        return schedule;
    }

    function _more(OrderTerms memory terms, uint256 line, uint256 points) private returns (bytes memory, uint256) {
        if (points == MOST_POINTS) return ("", points);
        (uint256 ordered, uint256 total) = endOf(terms.clauses, terms.lines, line);
        bytes memory schedule = "";
        // Without the repetitions at its end.
        schedule = bytes.concat(_copy(terms, line, ordered), _line(ordered, total));
        return (bytes.concat(schedule, _line(ordered + 1 + _pick(100), total + _pick(1e5))), points + 1);
    }

    function _less(OrderTerms memory terms, Line storage line, uint256 index) private returns (bytes memory) {
        (uint256 ordered, ) = endOf(terms.clauses, terms.lines, index);
        uint256 least = larger(larger(line.delivered - line.rejected, ceilDiv(line.good, MILLION)), 1);
        uint256 quantity = least + _pick(ordered - least + 1);
        (uint256 worth, uint256 per) = exactOf(terms.clauses, terms.lines, index, quantity);
        return bytes.concat(_copy(terms, index, quantity), _line(quantity, ceilDiv(worth, per)));
    }

    /// @dev What was accepted keeps its value; the rest costs more, or less.
    function _reprice(
        OrderTerms memory terms,
        Line storage line,
        uint256 index,
        uint256 points
    ) private returns (bytes memory schedule, uint256) {
        (uint256 ordered, uint256 total) = endOf(terms.clauses, terms.lines, index);
        uint256 worth = worthOf(terms.clauses, terms.lines, index, line.good);
        uint256 done = ceilDiv(line.good, MILLION);
        if (done >= ordered) return ("", points);
        if (done != 0) schedule = _line(done, worth);
        return (bytes.concat(schedule, _line(ordered, worth + _pick(2 * (total - worth) + 2))), larger(points, 2));
    }

    function _keepsThePast(Ghost storage ghost, OrderTerms memory next) private view returns (bool keeps) {
        keeps = true;
        OrderTerms memory terms = ghost.terms;
        for (uint256 i; i < ghost.lines.length; ++i) {
            uint256 good = ghost.lines[i].good;
            uint256 was = worthOf(terms.clauses, terms.lines, i, good);
            if (worthOf(next.clauses, next.lines, i, good) != was) keeps = false;
        }
    }

    /// @dev Whether an owner may lose by it: a date comes nearer, a price falls, or less is ordered and the worst that can
    /// come does not cover the highest claim.
    function _hurts(Ghost storage ghost, OrderTerms memory next) private view returns (bool) {
        OrderTerms memory terms = ghost.terms;
        if (next.clauses.due() < terms.clauses.due() || next.clauses.expiry() < terms.clauses.expiry()) return true;
        bool less;
        for (uint256 i; i < ghost.lines.length; ++i) {
            if (isCheaper(terms.clauses, terms.lines, next.clauses, next.lines, i)) return true;
            (uint256 was, ) = endOf(terms.clauses, terms.lines, i);
            (uint256 ordered, ) = endOf(next.clauses, next.lines, i);
            if (ordered < was) less = true;
        }
        if (!less || ghost.claims.length < 2) return false;
        uint256 share = MILLION - next.clauses.penaltyRate() * next.clauses.capDays();
        uint256 net;
        for (uint256 i; i < ghost.lines.length; ++i) {
            Line memory line = ghost.lines[i];
            (uint256 ordered, ) = endOf(next.clauses, next.lines, i);
            uint256 open = ordered + line.rejected - line.decided;
            net += worthOf(next.clauses, next.lines, i, line.good + open * share);
        }
        net -= larger(ceilDiv(net * next.clauses.retention(), MILLION), ghost.forfeited);
        return net < ghost.claims[ghost.claims.length - 2].claimEnd();
    }
}
