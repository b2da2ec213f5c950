// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Claim, hashGiven} from "./Claim.sol";
import {Approval, DISPUTE_TYPEHASH, INSPECTION_TYPEHASH, RETENTION_CALL_TYPEHASH, RULING_TYPEHASH} from "./Consent.sol";
import {IOrderDisputes} from "./IOrderDisputes.sol";
import {OrderBook} from "./OrderBook.sol";
import {CALL, FLAG_CALLED, FLAG_CALLING, FLAG_MONEY, Line, Lot, LotStatus, NO_LINE, Order} from "./OrderState.sol";
import {OrderConditions, OrderTerms} from "./OrderTerms.sol";
import {MILLION, schedulesOf, valueAt} from "./Schedule.sol";

/// @title Inspection of deliveries, the call on the retention, and disputes about both
/// @dev The manual is IOrderDisputes.
abstract contract OrderDisputes is IOrderDisputes, OrderBook {
    // ---- the buyer's turn

    /// @inheritdoc IOrderDisputes
    function inspect(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        uint56 rejected,
        bytes32 evidence,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        (bytes32 id, Lot memory goods) = _lotInTime(terms, conditions, lot, LotStatus.Pending);
        if (rejected > goods.quantity) revert LotQuantity(rejected, goods.quantity);
        bytes32 answer = keccak256(abi.encode(INSPECTION_TYPEHASH, id, lot, rejected, evidence, deadline));
        _requireConsent(terms.buyer, answer, approvals);

        uint256 accepted = goods.quantity - rejected;
        uint256 late = Math.ceilDiv(uint256(goods.late) * accepted, goods.quantity);
        uint256 earned = accepted == 0 ? 0 : _accept(id, terms, goods.line, accepted, late, MILLION);
        if (rejected == 0) {
            delete _lots[id][lot];
        } else {
            goods.late -= uint48(late);
            goods.quantity = rejected;
            _turn(id, lot, goods, LotStatus.Rejected);
        }
        emit LotInspected(id, lot, rejected, earned, evidence);
        _pushAll(_advance(id, terms.supplier, terms.clauses, claims));
    }

    /// @inheritdoc IOrderDisputes
    function callRetention(
        OrderTerms calldata terms,
        uint56 amount,
        bytes32 evidence,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        bytes32 id = _liveOrder(terms);
        Order memory order = _orders[id];
        uint256 until = terms.clauses.retentionUntil();
        if (order.flags & FLAG_CALLED != 0 || block.timestamp >= until) {
            revert RetentionCallRefused(id, until, block.timestamp);
        }
        uint256 held = _heldBack(id, order, terms.clauses);
        if (amount == 0 || amount > held) revert RetentionAmount(amount, held);
        bytes32 call_ = keccak256(abi.encode(RETENTION_CALL_TYPEHASH, id, amount, evidence, deadline));
        _requireConsent(terms.buyer, call_, approvals);

        _orders[id].flags |= FLAG_CALLED | FLAG_CALLING;
        Lot memory lot = Lot({line: NO_LINE, quantity: amount, late: 0, since: 0, status: LotStatus.None});
        _turn(id, CALL, lot, LotStatus.Rejected);
        emit RetentionCalled(id, amount, evidence);
    }

    // ---- the payees' turn

    /// @inheritdoc IOrderDisputes
    function dispute(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        address party,
        bytes32 evidence,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        (bytes32 id, Lot memory goods) = _lotInTime(terms, conditions, lot, LotStatus.Rejected);
        if (party != terms.supplier && !_ownsUnpaid(id, party, claims)) revert LotParty(party);
        bytes32 contest = keccak256(abi.encode(DISPUTE_TYPEHASH, id, lot, evidence, deadline));
        _requireConsent(party, contest, approvals);

        _turn(id, lot, goods, LotStatus.Disputed);
        emit LotDisputed(id, lot, party, evidence);
    }

    // ---- decisions

    /// @inheritdoc IOrderDisputes
    function rule(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        uint32 share,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        (bytes32 id, Lot memory goods) = _lotInTime(terms, conditions, lot, LotStatus.Disputed);
        if (share > MILLION) revert LotShare(share);
        bytes32 ruling = keccak256(abi.encode(RULING_TYPEHASH, id, lot, share, deadline));
        _requireConsent(conditions.arbiter, ruling, approvals);

        _decide(id, terms, lot, goods, share);
        _pushAll(_advance(id, terms.supplier, terms.clauses, claims));
    }

    /// @inheritdoc IOrderDisputes
    function resolve(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        Claim[] calldata claims
    ) external nonReentrant {
        bytes32 id = _liveOrder(terms);
        _checkConditions(terms, conditions);
        Lot memory goods = _lots[id][lot];
        if (goods.status == LotStatus.None) revert LotStatusOther(id, lot, goods.status);
        uint256 ends = _ends(goods, conditions);
        if (block.timestamp < ends) revert LotTooEarly(id, lot, ends, block.timestamp);

        if (goods.status == LotStatus.Rejected && goods.line != NO_LINE) {
            _lines[id][goods.line].rejected += uint48(goods.quantity);
            _lines[id][goods.line].decided += uint48(goods.quantity);
            delete _lots[id][lot];
            emit LotDecided(id, lot, LotStatus.Rejected, 0, 0);
        } else if (goods.status == LotStatus.Pending) {
            _decide(id, terms, lot, goods, MILLION);
        } else {
            _decide(id, terms, lot, goods, goods.status == LotStatus.Disputed ? conditions.defaultSplit : 0);
        }
        _pushAll(_advance(id, terms.supplier, terms.clauses, claims));
    }

    // ---- effects

    /// @dev A share of a lot's value is due: of goods that much is good, of a call the rest is forfeited.
    function _decide(bytes32 id, OrderTerms calldata terms, uint32 lot, Lot memory goods, uint256 share) private {
        uint256 amount;
        delete _lots[id][lot];
        if (goods.line == NO_LINE) {
            amount = goods.quantity - Math.ceilDiv(goods.quantity * share, MILLION);
            _money[id].forfeited = uint56(amount);
            _orders[id].flags = (_orders[id].flags | FLAG_MONEY) & ~FLAG_CALLING;
        } else {
            amount = _accept(id, terms, goods.line, goods.quantity, goods.late, share);
        }
        emit LotDecided(id, lot, goods.status, share, amount);
    }

    /// @dev Counts goods as worth a share of their price, less what their lateness takes, and returns what that earned.
    function _accept(
        bytes32 id,
        OrderTerms calldata terms,
        uint256 index,
        uint256 quantity,
        uint256 late,
        uint256 share
    ) private returns (uint256 earned) {
        Line storage line = _lines[id][index];
        bytes calldata schedules = schedulesOf(terms.clauses, terms.lines);
        uint256 points = terms.clauses.points();
        uint256 before = line.good;
        uint256 good = before + ((quantity * MILLION - late * terms.clauses.penaltyRate()) * share) / MILLION;
        line.decided += uint48(quantity);
        line.good = uint64(good);
        earned = valueAt(schedules, points, index, good) - valueAt(schedules, points, index, before);
        _orders[id].earned += uint56(earned);
    }

    /// @dev A rejection, a call or a dispute: a new time begins, and older signatures about the whole order are void.
    function _turn(bytes32 id, uint32 lot, Lot memory goods, LotStatus status) private {
        (goods.status, goods.since) = (status, uint40(block.timestamp));
        _lots[id][lot] = goods;
        ++_orders[id].seq;
    }

    // ---- reads

    /// @dev A lot in the state that an action needs, whose time is not over.
    function _lotInTime(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        LotStatus status
    ) private view returns (bytes32 id, Lot memory goods) {
        id = _liveOrder(terms);
        _checkConditions(terms, conditions);
        goods = _lots[id][lot];
        if (goods.status != status) revert LotStatusOther(id, lot, goods.status);
        uint256 ends = _ends(goods, conditions);
        if (block.timestamp >= ends) revert LotTooLate(id, lot, ends, block.timestamp);
    }

    function _ends(Lot memory goods, OrderConditions calldata conditions) private pure returns (uint256) {
        if (goods.status == LotStatus.Pending) return uint256(goods.since) + conditions.inspection;
        if (goods.status == LotStatus.Rejected) return uint256(goods.since) + conditions.answer;
        return uint256(goods.since) + conditions.arbitration;
    }

    /// @dev Whether somebody owns a claim below the supplier's remainder; the list holds unpaid ones only.
    function _ownsUnpaid(bytes32 id, address party, Claim[] calldata claims) private view returns (bool) {
        if (hashGiven(claims) != _claimLists[id].hash) return false;
        for (uint256 i; i + 1 < claims.length; ++i) {
            if (claims[i].claimOwner() == party) return true;
        }
        return false;
    }
}
