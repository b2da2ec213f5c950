// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {IEvidencedDelivery, IOrderDelivery} from "../../contracts/settlement/IOrderDelivery.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {IOrderFunding, IOrderOpening} from "../../contracts/settlement/IOrderFunding.sol";
import {CALL, Line, Lot, LotStatus, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {Ghost, Seen} from "./Model.sol";
import {Ring} from "./Scene.sol";
import {MILLION, endOf} from "./Schedules.sol";
import {Suite} from "./Suite.sol";

/// @dev The invariants about orders, lots and groups, and what becomes of them. The numbers are those of README.md.
abstract contract LifeInvariants is Suite {
    function invariant_06_LinesAreWhatReportsAndDecisionsMade() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, ) = _order(i);
            for (uint16 j; j < ghost.lines.length; ++j) {
                bytes32 kept = keccak256(abi.encode(escrow.lineOf(ghost.terms, j)));
                vm.assertEq(kept, keccak256(abi.encode(ghost.lines[j])));
            }
        }
    }

    function invariant_07_LinesStayWithinTheirBounds() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, ) = _order(i);
            for (uint16 j; j < ghost.lines.length; ++j) {
                Line memory line = escrow.lineOf(ghost.terms, j);
                (uint256 ordered, ) = endOf(ghost.terms.clauses, ghost.terms.lines, j);
                vm.assertLe(line.delivered, ordered + line.rejected, "delivered");
                vm.assertLe(line.decided, line.delivered, "decided");
                vm.assertLe(line.rejected, line.decided, "rejected");
                vm.assertLe(line.good, uint256(line.decided - line.rejected) * MILLION, "good");
            }
        }
    }

    function invariant_09_TotalsNeverFall() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            Seen memory seen = handler.seenAt(i);
            vm.assertGe(order.paid, seen.order.paid, "paid");
            if (!ghost.cancelled) vm.assertGe(order.earned, seen.order.earned, "earned");
            for (uint16 j; j < seen.lines.length; ++j) {
                Line memory line = escrow.lineOf(ghost.terms, j);
                vm.assertGe(line.delivered, seen.lines[j].delivered, "delivered");
                vm.assertGe(line.late, seen.lines[j].late, "late");
                vm.assertGe(line.rejected, seen.lines[j].rejected, "rejected");
                vm.assertGe(line.decided, seen.lines[j].decided, "decided");
                vm.assertGe(line.good, seen.lines[j].good, "good");
            }
        }
    }

    function invariant_10_AClosedOrderNeverChanges() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            Seen memory seen = handler.seenAt(i);
            if (seen.order.status == Status.Closed) vm.assertEq(handler.everythingOf(i), seen.everything);
        }
    }

    function invariant_11_OrdersGoNoForbiddenWay() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            vm.assertEq(uint256(order.status), uint256(ghost.status), "status");
            Status from = handler.seenAt(i).order.status;
            if (from != order.status) vm.assertTrue(_mayGo(from, order.status), "forbidden");
        }
    }

    function invariant_12_LotsGoNoForbiddenWayAndAreDecidedOnce() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, ) = _order(i);
            LotStatus[] memory seen = handler.seenAt(i).lots;
            for (uint256 j; j < ghost.lots.length; ++j) {
                Lot memory lot = escrow.lotOf(ghost.id, ghost.lots[j].number);
                vm.assertEq(uint256(lot.status), uint256(ghost.lots[j].status), "status");
                if (j < seen.length) {
                    if (lot.status != seen[j]) vm.assertTrue(_mayTurn(seen[j], lot.status), "forbidden");
                } else if (ghost.lots[j].number == CALL) {
                    bool begins = lot.status == LotStatus.Rejected || _mayTurn(LotStatus.Rejected, lot.status);
                    vm.assertTrue(begins && _times(IOrderDisputes.callRetention.selector) != 0, "a call");
                }
                if (lot.status == LotStatus.None) continue;
                vm.assertEq(uint256(lot.quantity), ghost.lots[j].quantity, "quantity");
                vm.assertEq(uint256(lot.late), ghost.lots[j].late, "late");
            }
        }
    }

    function invariant_13_TheSequenceCountsWhatVoidsSignatures() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            vm.assertEq(order.seq, ghost.seq, "seq");
            uint256 before = handler.seenAt(i).order.seq;
            if (order.seq == before) continue;
            uint256 most = _times(IOrderDisputes.inspect.selector) + _times(IOrderDisputes.dispute.selector);
            most += _times(IOrderAgreements.amend.selector) + _times(IOrderDisputes.callRetention.selector);
            vm.assertGe(order.seq, before, "never back");
            vm.assertLe(order.seq, before + most, "by something else");
        }
    }

    function invariant_16_LatenessAndPenaltyHaveTheirCap() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, ) = _order(i);
            Clauses clauses = ghost.terms.clauses;
            for (uint16 j; j < ghost.lines.length; ++j) {
                Line memory line = escrow.lineOf(ghost.terms, j);
                vm.assertLe(line.late, uint256(line.delivered) * clauses.capDays(), "lateness");
                if (clauses.has(OPTION_INSPECTION)) continue; // there a ruling takes more
                uint256 lost = uint256(line.delivered) * MILLION - line.good;
                vm.assertLe(lost, uint256(line.delivered) * clauses.capDays() * clauses.penaltyRate(), "penalty");
            }
        }
    }

    function invariant_17_OnlyAQuorumDelivers() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, ) = _order(i);
            Seen memory seen = handler.seenAt(i);
            if (_did(IOrderDelivery.confirm.selector) || _did(IEvidencedDelivery.confirmWith.selector)) return;
            for (uint16 j; j < ghost.lines.length; ++j) {
                uint256 before = j < seen.lines.length ? seen.lines[j].delivered : 0;
                vm.assertEq(uint256(escrow.lineOf(ghost.terms, j).delivered), before);
            }
        }
    }

    function invariant_18_OnlyAnAmendmentChangesTermsAndGroup() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            bytes32 first = escrow.orderId(ghost.terms);
            bool amended = order.flags & 1 != 0;
            vm.assertEq(escrow.termsOf(ghost.id), amended ? first : bytes32(0), "in force");
            if (!amended) vm.assertEq(first, ghost.id, "the first ones");
            bool before = handler.seenAt(i).order.flags & 1 != 0;
            if (amended != before) vm.assertTrue(_did(IOrderAgreements.amend.selector), "by something else");
        }
    }

    function invariant_19_NoRefundBeforeItsTime() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            bool refunded = escrow.moneyOf(ghost.id).refunded != 0 || order.status == Status.Ended;
            if (!refunded) continue;
            uint256 from = ghost.terms.clauses.expiry() + ghost.terms.clauses.grace();
            vm.assertGe(block.timestamp, from);
        }
    }

    function invariant_20_EachDeliveryIsInOneLot() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            uint256 number;
            uint256[] memory pending = new uint256[](ghost.lines.length);
            for (uint256 j; j < ghost.lots.length; ++j) {
                if (ghost.lots[j].number == CALL) continue;
                vm.assertEq(ghost.lots[j].number, number++, "numbers");
                Lot memory lot = escrow.lotOf(ghost.id, ghost.lots[j].number);
                if (lot.status != LotStatus.None) pending[lot.line] += lot.quantity;
            }
            vm.assertEq(uint256(escrow.moneyOf(ghost.id).nextLot), number, "next");
            if (order.status == Status.Closed) continue; // a cancellation voids lots
            for (uint16 j; j < pending.length; ++j) {
                Line memory line = escrow.lineOf(ghost.terms, j);
                vm.assertEq(uint256(line.delivered - line.decided), pending[j], "pending");
            }
        }
    }

    function invariant_21_AClosedGroupTakesNoOrder() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            if (order.status != Status.Open || handler.seenAt(i).order.status != Status.None) continue;
            uint40 group = uint40(ghost.terms.clauses.group());
            vm.assertEq(quorum.groupOf(group).flags & GROUP_CLOSED, 0);
        }
    }

    function invariant_26_GroupsChangeByTheirRules() public view {
        for (uint256 i; i < 2; ++i) {
            Ring memory ring = handler.ringAt(i);
            IQuorum.Group memory group = quorum.groupOf(ring.id);
            vm.assertEq(uint256(group.members), uint256(uint168(uint256(keccak256(ring.members)))), "members");
            vm.assertEq(group.threshold, ring.threshold, "threshold");
            vm.assertEq(group.retired, ring.retired, "retired");
            vm.assertEq(group.restored, ring.restored, "restored");
            vm.assertEq(group.flags & GROUP_BELOW != 0, ring.below, "below");
            vm.assertEq(group.flags & GROUP_CLOSED != 0, ring.closed, "closed");
        }
    }

    // ---- the diagrams of docs/operations/states.md

    function _mayGo(Status from, Status to) private view returns (bool) {
        if (from == Status.None) return to == Status.Open ? _didOpen() : to == Status.Closed && _didOpen();
        if (from == Status.Open && to == Status.Ended) return _did(IOrderClosing.refund.selector);
        if (from == Status.Open && to == Status.Closed && _did(IOrderClosing.refund.selector)) return true;
        bool closes = _did(IOrderClosing.settle.selector) || _did(IOrderAgreements.cancel.selector);
        return to == Status.Closed && (from == Status.Open || from == Status.Ended) && closes;
    }

    function _didOpen() private view returns (bool) {
        return
            _did(IOrderFunding.createOrder.selector) ||
            _did(IOrderFunding.createOrderWithPermit.selector) ||
            _did(IOrderFunding.createOrderWithAuthorization.selector) ||
            _did(IOrderFunding.createOrdersFromBalance.selector) ||
            _did(IOrderOpening.openOrder.selector);
    }

    /// @dev In one action a lot may take several arrows.
    function _mayTurn(LotStatus from, LotStatus to) private view returns (bool) {
        if (_isArrow(from, to)) return true;
        if (_isArrow(from, LotStatus.Rejected) && _mayTurn(LotStatus.Rejected, to)) return true;
        return _isArrow(from, LotStatus.Disputed) && _isArrow(LotStatus.Disputed, to);
    }

    function _isArrow(LotStatus from, LotStatus to) private view returns (bool) {
        if (from == LotStatus.None) return false;
        if (to == LotStatus.None && _did(IOrderDisputes.resolve.selector)) return true;
        if (from == LotStatus.Pending) {
            return (to == LotStatus.None || to == LotStatus.Rejected) && _did(IOrderDisputes.inspect.selector);
        }
        if (from == LotStatus.Rejected) return to == LotStatus.Disputed && _did(IOrderDisputes.dispute.selector);
        return to == LotStatus.None && _did(IOrderDisputes.rule.selector);
    }
}
