// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {CALL, LotStatus, NO_LINE, Status} from "../../contracts/settlement/OrderState.sol";
import {hashDispute, hashInspection, hashRetentionCall, hashRuling} from "../base/ActionHashes.sol";
import {Ghost, GhostLot, Model} from "./Model.sol";
import {MILLION, ceilDiv} from "./Schedules.sol";

/// @dev Buyers inspect and call on retentions, payees contest, the arbiter rules, and anybody carries out silence.
abstract contract Disputing is Model {
    // ---- actions

    function inspect(uint256 seed) external action(seed) {
        (bool found, uint256 index, uint256 where) = _lotIn(LotStatus.Pending);
        if (!found) return;
        Ghost storage ghost = ghosts[index];
        GhostLot storage lot = ghost.lots[where];
        uint256 rejected =
            _chance(3)
                ? 0
                : _chance(2)
                    ? lot.quantity
                    : _pick(lot.quantity + 1);
        if (_chance(12)) rejected = lot.quantity + 1;
        bytes32 answer = hashInspection(ghost.id, lot.number, rejected, EVIDENCE, FOREVER);
        (address sender, Approval[] memory approvals) = _consent(_parties(ghost.terms.buyer), answer);
        (Claim[] memory list, bool present) = _maybeStale(ghost);
        bytes memory data = abi.encodeCall(
            IOrderDisputes.inspect,
            (ghost.terms, ghost.conditions, lot.number, uint56(rejected), EVIDENCE, list, FOREVER, approvals)
        );
        if (block.timestamp >= lot.ends) {
            _mustNot("12: inspected too late", sender, data, IOrderDisputes.LotTooLate.selector);
        } else if (rejected > lot.quantity) {
            _mustNot("6: rejected more than came", sender, data, IOrderDisputes.LotQuantity.selector);
        } else {
            _must(sender, data);
            _answer(ghost, lot, rejected);
            if (present) _pay(ghost);
            _mustNot("12: inspected twice", sender, data, IOrderDisputes.LotStatusOther.selector);
            if (rejected != 0 && _chance(2)) _dispute(index, where);
        }
    }

    function callRetention(uint256 seed) external action(seed) {
        (bool found, uint256 index) = _oneThatHolds();
        if (!found) (found, index) = _liveOne();
        if (!found) return;
        Ghost storage ghost = ghosts[index];
        uint256 held = _held(ghost);
        uint256 amount = _chance(8) ? held + 1 : 1 + _pick(held + 1);
        bytes32 call_ = hashRetentionCall(ghost.id, amount, EVIDENCE, FOREVER);
        (address sender, Approval[] memory approvals) = _consent(_parties(ghost.terms.buyer), call_);
        bytes memory data = abi.encodeCall(
            IOrderDisputes.callRetention,
            (ghost.terms, uint56(amount), EVIDENCE, FOREVER, approvals)
        );
        bool refused = ghost.called || block.timestamp >= ghost.terms.clauses.retentionUntil();
        if (refused) {
            _mustNot("15: a call that is refused", sender, data, IOrderDisputes.RetentionCallRefused.selector);
        } else if (amount > held) {
            _mustNot("15: called too much", sender, data, IOrderDisputes.RetentionAmount.selector);
        } else {
            _must(sender, data);
            ghost.called = true;
            GhostLot storage lot = ghost.lots.push();
            (lot.number, lot.line, lot.quantity) = (CALL, NO_LINE, amount);
            _turn(ghost, lot, LotStatus.Rejected, ghost.conditions.answer);
            if (_chance(2)) _dispute(index, ghost.lots.length - 1);
        }
    }

    function dispute(uint256 seed) external action(seed) {
        (bool found, uint256 index, uint256 where) = _lotIn(LotStatus.Rejected);
        if (found) _dispute(index, where);
    }

    function rule(uint256 seed) external action(seed) {
        (bool found, uint256 index, uint256 where) = _lotIn(LotStatus.Disputed);
        if (found) _rule(index, where);
    }

    function resolve(uint256 seed) external action(seed) {
        (bool found, uint256 index, uint256 where) = _lotIn(LotStatus(1 + _pick(3)));
        if (!found) return;
        uint256 ends = ghosts[index].lots[where].ends;
        if (block.timestamp < ends && _chance(3)) vm.warp(ends);
        _resolve(index, where);
    }

    // ---- one lot

    function _dispute(uint256 index, uint256 where) private {
        Ghost storage ghost = ghosts[index];
        GhostLot storage lot = ghost.lots[where];
        address party = ghost.terms.supplier;
        bytes4 refused;
        if (ghost.claims.length > 1 && _chance(2)) party = ghost.claims[_pick(ghost.claims.length - 1)].claimOwner();
        if (_chance(6)) (party, refused) = (outsider, IOrderDisputes.LotParty.selector);
        bytes32 contest = hashDispute(ghost.id, lot.number, EVIDENCE, FOREVER);
        (address sender, Approval[] memory approvals) = _consent(_parties(party), contest);
        bytes memory data = abi.encodeCall(
            IOrderDisputes.dispute,
            (ghost.terms, ghost.conditions, lot.number, party, EVIDENCE, _list(ghost), FOREVER, approvals)
        );
        if (block.timestamp >= lot.ends) refused = IOrderDisputes.LotTooLate.selector;
        if (refused != 0) {
            _mustNot("12: contested by a stranger, or too late", sender, data, refused);
        } else {
            _must(sender, data);
            _turn(ghost, lot, LotStatus.Disputed, ghost.conditions.arbitration);
            if (_chance(3)) _rule(index, where);
        }
    }

    function _rule(uint256 index, uint256 where) private {
        Ghost storage ghost = ghosts[index];
        GhostLot storage lot = ghost.lots[where];
        uint256 share =
            _chance(6)
                ? MILLION
                : _chance(6)
                    ? MILLION + 1
                    : _pick(MILLION);
        bytes32 ruling = hashRuling(ghost.id, lot.number, share, FOREVER);
        (address sender, Approval[] memory approvals) = _consent(_parties(arbiter), ruling);
        (Claim[] memory list, bool present) = _maybeStale(ghost);
        bytes memory data = abi.encodeCall(
            IOrderDisputes.rule,
            (ghost.terms, ghost.conditions, lot.number, uint32(share), list, FOREVER, approvals)
        );
        if (block.timestamp >= lot.ends) {
            _mustNot("12: ruled too late", sender, data, IOrderDisputes.LotTooLate.selector);
        } else if (share > MILLION) {
            _mustNot("5: ruled more than all", sender, data, IOrderDisputes.LotShare.selector);
        } else {
            _must(sender, data);
            _decide(ghost, lot, share);
            if (present) _pay(ghost);
        }
    }

    // ---- what they make of the order

    function _resolve(uint256 index, uint256 where) internal {
        Ghost storage ghost = ghosts[index];
        GhostLot storage lot = ghost.lots[where];
        (Claim[] memory list, bool present) = _maybeStale(ghost);
        bytes memory data = abi.encodeCall(IOrderDisputes.resolve, (ghost.terms, ghost.conditions, lot.number, list));
        if (block.timestamp < lot.ends) {
            _mustNot("12: resolved too early", outsider, data, IOrderDisputes.LotTooEarly.selector);
            return;
        }
        _must(outsider, data);
        if (lot.status == LotStatus.Rejected && lot.number != CALL) {
            lot.status = LotStatus.None;
            ghost.lines[lot.line].rejected += uint48(lot.quantity);
            ghost.lines[lot.line].decided += uint48(lot.quantity);
        } else if (lot.status == LotStatus.Pending) {
            _decide(ghost, lot, MILLION);
        } else {
            _decide(ghost, lot, lot.status == LotStatus.Disputed ? ghost.conditions.defaultSplit : 0);
        }
        if (present) _pay(ghost);
        _mustNot("12: resolved twice", outsider, data, IOrderDisputes.LotStatusOther.selector);
    }

    /// @dev An order of which the buyer can call on the retention.
    function _oneThatHolds() private returns (bool found, uint256 index) {
        if (ghosts.length == 0) return (false, 0);
        uint256 first = _pick(ghosts.length);
        for (uint256 i; i < ghosts.length && !found; ++i) {
            index = (first + i) % ghosts.length;
            Ghost storage ghost = ghosts[index];
            found = ghost.status != Status.Closed && !ghost.called && _held(ghost) != 0;
        }
        if (found) _touch(index);
    }

    function _answer(Ghost storage ghost, GhostLot storage lot, uint256 rejected) private {
        uint256 accepted = lot.quantity - rejected;
        uint256 late = ceilDiv(lot.late * accepted, lot.quantity);
        if (accepted != 0) _accept(ghost, lot.line, accepted, late, MILLION);
        if (rejected == 0) {
            lot.status = LotStatus.None;
        } else {
            (lot.quantity, lot.late) = (rejected, lot.late - late);
            _turn(ghost, lot, LotStatus.Rejected, ghost.conditions.answer);
        }
    }
}
