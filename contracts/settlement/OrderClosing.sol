// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim, hashGiven} from "./Claim.sol";
import {IOrderClosing} from "./IOrderClosing.sol";
import {OrderBook} from "./OrderBook.sol";
import {FLAG_ASSIGNED, FLAG_CALLING, FLAG_MONEY, Line, Order, Status} from "./OrderState.sol";
import {Clauses, OPTION_INSPECTION, OrderTerms} from "./OrderTerms.sol";
import {Payment} from "./Payment.sol";
import {OrderWord, loadWord, storeWord} from "./OrderWord.sol";
import {MILLION, fundedBy, lineCount, schedulesOf, valueAt} from "./Schedule.sol";

/// @title The end of orders that time or delivery brings
/// @dev The manual is IOrderClosing.
abstract contract OrderClosing is IOrderClosing, OrderBook {
    /// @inheritdoc IOrderClosing
    function settle(OrderTerms calldata terms, Claim[] calldata claims) external nonReentrant {
        bytes32 id = _liveOrder(terms);
        if (_orders[id].flags & FLAG_ASSIGNED != 0 && hashGiven(claims) != _claimLists[id].hash) {
            revert OrderClaimsStale(id);
        }
        Payment[] memory payments = _advance(id, terms.supplier, terms.clauses, claims);
        Order memory order = _orders[id];
        bool closes = _mayClose(id, order, terms);
        if (!closes && payments.length == 0) revert OrderNothingToSettle(id);
        uint256 returned = closes ? _close(id, order, terms) : 0;

        _pushAll(payments);
        if (returned != 0) _push(terms.buyer, returned);
    }

    /// @inheritdoc IOrderClosing
    function refund(OrderTerms calldata terms) external nonReentrant {
        bytes32 id = _orderOf(terms);
        OrderWord word = loadWord(_orders[id]);
        if (word.statusOf() == Status.Ended) revert OrderEndedAlready(id);
        if (word.statusOf() != Status.Open) revert OrderNotOpen(id, word.statusOf());
        Clauses clauses = terms.clauses;
        uint256 from = _refundFrom(clauses.group(), clauses.expiry(), clauses.grace());
        if (block.timestamp < from) revert OrderRefundTooEarly(block.timestamp, from);

        bool plain = word.isOpenAndPlain() && clauses.isPlain();
        uint256 returned = plain ? _closePlain(id, word, terms.lines) : _endOrClose(id, terms);
        if (returned != 0) _push(terms.buyer, returned);
    }

    /// @dev The same as `_endOrClose` of an order of which nothing can be pending or held.
    function _closePlain(bytes32 id, OrderWord word, bytes calldata lines) private returns (uint256 returned) {
        returned = fundedBy(lines, 1) - word.paidOf();
        storeWord(_orders[id], word.withStatus(Status.Closed));
        emit OrderClosed(id, returned);
    }

    function _endOrClose(bytes32 id, OrderTerms calldata terms) private returns (uint256) {
        Order memory order = _orders[id];
        (uint256 reachable, bool pending) = _reachable(id, terms);
        return pending || _isHeld(id, order) ? _end(id, order, terms, reachable) : _close(id, order, terms);
    }

    /// @dev Whether nothing is pending, deliverable or held.
    function _mayClose(bytes32 id, Order memory order, OrderTerms calldata terms) private view returns (bool) {
        if (_isHeld(id, order)) return false;
        bool decided = order.status == Status.Ended && !terms.clauses.has(OPTION_INSPECTION);
        return decided || _isFinished(id, order.status, terms.clauses, terms.lines);
    }

    /// @dev Whether something of what was earned is neither paid nor forfeited.
    function _isHeld(bytes32 id, Order memory order) private view returns (bool) {
        if (order.flags & FLAG_CALLING != 0) return true;
        uint256 forfeited = order.flags & FLAG_MONEY == 0 ? 0 : _money[id].forfeited;
        return order.paid + forfeited != order.earned;
    }

    /// @dev Books the refund of everything that can no more be earned.
    function _end(
        bytes32 id,
        Order memory order,
        OrderTerms calldata terms,
        uint256 reachable
    ) private returns (uint256 refunded) {
        refunded = _unpaid(id, order, terms) + order.paid - reachable;
        _orders[id].status = Status.Ended;
        _orders[id].flags |= FLAG_MONEY;
        _money[id].refunded = uint56(refunded);
        emit OrderEnded(id, refunded);
    }

    /// @dev The most that can be earned when nothing more is delivered, and whether something is pending. It goes over the
    /// lines once, and not through memory: else a long order's refund would fit into no transaction.
    function _reachable(bytes32 id, OrderTerms calldata terms) private view returns (uint256 most, bool pending) {
        Clauses clauses = terms.clauses;
        if (!clauses.has(OPTION_INSPECTION)) return (_orders[id].earned, false);
        bytes calldata schedules = schedulesOf(clauses, terms.lines);
        uint256 points = clauses.points();
        mapping(uint256 => Line) storage lines = _lines[id];
        for (uint256 i = lineCount(schedules, points); i != 0; --i) {
            Line storage line = lines[i - 1];
            uint256 undecided = line.delivered - line.decided;
            if (undecided != 0) pending = true;
            most += valueAt(schedules, points, i - 1, line.good + undecided * MILLION);
        }
    }
}
