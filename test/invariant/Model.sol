// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AXIS_END, Claim, MAX_CLAIMS, claim, hashClaims} from "../../contracts/settlement/Claim.sol";
import {CALL, Line, LotStatus, NO_LINE, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {OrderConditions, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {Scene} from "./Scene.sol";
import {MILLION, ceilDiv, endOf, larger, linesOf, smaller, totalOf, worthOf} from "./Schedules.sol";

struct GhostLot {
    uint32 number;
    uint256 line;
    uint256 quantity;
    uint256 late;
    uint256 ends;
    LotStatus status; // None: decided
}

/// @dev An order as the suite expects it to be.
struct Ghost {
    bytes32 id;
    OrderTerms terms; // in force
    OrderConditions conditions;
    Status status;
    uint256 seq;
    uint256 funded;
    uint256 refunded;
    uint256 forfeited;
    uint256 earned;
    uint256 paid;
    bool assigned;
    bool called;
    bool cancelled;
    uint256 nextClaim;
    Line[] lines;
    GhostLot[] lots; // all that ever were
    Claim[] claims; // the present list; empty before the first assignment
}

/// @dev An order as it was before the latest action.
struct Seen {
    Order order;
    Line[] lines;
    LotStatus[] lots;
    bytes32 everything; // hash of all that the escrow keeps
}

/// @dev docs/settlement-rules.md once more: what each action makes of an order and of everybody's money.
abstract contract Model is Scene {
    Ghost[] internal ghosts;
    mapping(uint256 index => Seen) private _seen;
    uint256[] private _touched;

    // ---- what the invariants look at

    function orderCount() external view returns (uint256) {
        return ghosts.length;
    }

    function ghostAt(uint256 index) external view returns (Ghost memory) {
        return ghosts[index];
    }

    function seenAt(uint256 index) external view returns (Seen memory) {
        return _seen[index];
    }

    /// @dev What must be held back of an order now.
    function heldOf(uint256 index) external view returns (uint256) {
        return _held(ghosts[index]);
    }

    /// @dev Hash of all that the escrow keeps of an order, lots that are decided included.
    function everythingOf(uint256 index) public view returns (bytes32 hash) {
        Ghost storage ghost = ghosts[index];
        bytes32 id = ghost.id;
        hash = keccak256(abi.encode(escrow.orderOf(id), escrow.moneyOf(id), escrow.claimsOf(id), escrow.termsOf(id)));
        for (uint16 i; i < ghost.lines.length; ++i) {
            hash = keccak256(abi.encode(hash, escrow.lineOf(ghost.terms, i)));
        }
        for (uint256 i; i < ghost.lots.length; ++i) {
            hash = keccak256(abi.encode(hash, escrow.lotOf(id, ghost.lots[i].number)));
        }
    }

    // ---- which order

    function _touch(uint256 index) internal {
        _touched.push(index);
    }

    /// @dev Remembers the orders that the action before touched.
    function _beforeAction() internal override {
        for (uint256 i; i < _touched.length; ++i) {
            Ghost storage ghost = ghosts[_touched[i]];
            Seen storage seen = _seen[_touched[i]];
            seen.order = escrow.orderOf(ghost.id);
            delete seen.lines;
            delete seen.lots;
            for (uint16 j; j < ghost.lines.length; ++j) seen.lines.push(escrow.lineOf(ghost.terms, j));
            for (uint256 j; j < ghost.lots.length; ++j) {
                seen.lots.push(escrow.lotOf(ghost.id, ghost.lots[j].number).status);
            }
            seen.everything = everythingOf(_touched[i]);
        }
        delete _touched;
    }

    /// @dev Any order that is not closed.
    function _liveOne() internal returns (bool found, uint256 index) {
        if (ghosts.length == 0) return (false, 0);
        uint256 first = _pick(ghosts.length);
        for (uint256 i; i < ghosts.length && !found; ++i) {
            index = (first + i) % ghosts.length;
            found = ghosts[index].status != Status.Closed;
        }
        if (found) _touch(index);
    }

    /// @dev Any lot in a state, of a live order.
    function _lotIn(LotStatus status) internal returns (bool found, uint256 index, uint256 lot) {
        if (ghosts.length == 0) return (false, 0, 0);
        uint256 first = _pick(ghosts.length);
        for (uint256 i; i < ghosts.length && !found; ++i) {
            index = (first + i) % ghosts.length;
            Ghost storage ghost = ghosts[index];
            if (ghost.status == Status.Closed || ghost.lots.length == 0) continue;
            uint256 start = _pick(ghost.lots.length);
            for (uint256 j; j < ghost.lots.length && !found; ++j) {
                lot = (start + j) % ghost.lots.length;
                found = ghost.lots[lot].status == status;
            }
        }
        if (found) _touch(index);
    }

    // ---- money

    function _held(Ghost storage ghost) internal view returns (uint256 held) {
        if (block.timestamp < ghost.terms.clauses.retentionUntil()) {
            held = ceilDiv(ghost.earned * ghost.terms.clauses.retention(), MILLION);
        }
        held = larger(held, ghost.forfeited);
        for (uint256 i; i < ghost.lots.length; ++i) {
            GhostLot storage lot = ghost.lots[i];
            if (lot.number == CALL && lot.status != LotStatus.None) held = larger(held, lot.quantity);
        }
    }

    /// @dev Pays what is payable by now.
    function _pay(Ghost storage ghost) internal {
        uint256 target = ghost.earned - _held(ghost);
        if (target > ghost.paid) _payUpTo(ghost, target);
    }

    /// @dev From below, to every owner; what paid intervals had returns to the remainder.
    function _payUpTo(Ghost storage ghost, uint256 target) internal {
        if (!ghost.assigned) {
            _gets(ghost.terms.supplier, target - ghost.paid);
            ghost.paid = target;
            return;
        }
        Claim[] memory list = ghost.claims;
        uint256 slots;
        delete ghost.claims;
        for (uint256 i; i < list.length; ++i) {
            uint256 reached = smaller(list[i].claimEnd(), target);
            if (reached > ghost.paid) {
                _gets(list[i].claimOwner(), reached - ghost.paid);
                ghost.paid = reached;
            }
            if (list[i].claimEnd() <= target) slots += list[i].claimSlots();
            else ghost.claims.push(list[i]);
        }
        uint256 last = ghost.claims.length - 1;
        ghost.claims[last] = ghost.claims[last].withSlots(ghost.claims[last].claimSlots() + slots);
    }

    /// @dev A share of some goods of a line is worth money, less what their lateness takes.
    function _accept(Ghost storage ghost, uint256 index, uint256 quantity, uint256 late, uint256 share) internal {
        Line storage line = ghost.lines[index];
        line.decided += uint48(quantity);
        line.good += uint64(((quantity * MILLION - late * ghost.terms.clauses.penaltyRate()) * share) / MILLION);
        uint256 earned;
        for (uint256 i; i < ghost.lines.length; ++i) {
            earned += worthOf(ghost.terms.clauses, ghost.terms.lines, i, ghost.lines[i].good);
        }
        ghost.earned = earned;
    }

    /// @dev A lot is over: that share of it is due.
    function _decide(Ghost storage ghost, GhostLot storage lot, uint256 share) internal {
        lot.status = LotStatus.None;
        if (lot.number == CALL) ghost.forfeited = lot.quantity - ceilDiv(lot.quantity * share, MILLION);
        else _accept(ghost, lot.line, lot.quantity, lot.late, share);
    }

    function _turn(Ghost storage ghost, GhostLot storage lot, LotStatus status, uint256 window) internal {
        (lot.status, lot.ends) = (status, block.timestamp + window);
        ++ghost.seq;
    }

    // ---- the end

    /// @dev Nothing is pending, deliverable or held.
    function _isOver(Ghost storage ghost) internal view returns (bool) {
        for (uint256 i; i < ghost.lots.length; ++i) {
            if (ghost.lots[i].status != LotStatus.None) return false;
        }
        if (ghost.paid + ghost.forfeited != ghost.earned) return false;
        if (ghost.status == Status.Ended) return true;
        for (uint256 i; i < ghost.lines.length; ++i) {
            (uint256 ordered, ) = endOf(ghost.terms.clauses, ghost.terms.lines, i);
            if (ghost.lines[i].delivered < ordered + ghost.lines[i].rejected) return false;
        }
        return true;
    }

    function _close(Ghost storage ghost) internal {
        ghost.status = Status.Closed;
        _gets(ghost.terms.buyer, ghost.funded - ghost.refunded - ghost.paid);
    }

    /// @dev The undelivered part goes back; what is pending is kept at its full worth.
    function _end(Ghost storage ghost) internal {
        uint256 most;
        for (uint256 i; i < ghost.lines.length; ++i) {
            Line storage line = ghost.lines[i];
            uint256 good = line.good + (line.delivered - line.decided) * MILLION;
            most += worthOf(ghost.terms.clauses, ghost.terms.lines, i, good);
        }
        ghost.status = Status.Ended;
        if (_isOver(ghost)) return _close(ghost);
        ghost.refunded = ghost.funded - most;
        _gets(ghost.terms.buyer, ghost.refunded);
    }

    // ---- claims

    /// @dev What a call is given: the present list.
    function _list(Ghost storage ghost) internal view returns (Claim[] memory) {
        return ghost.claims;
    }

    /// @dev The same, one time in eight without its lowest claim, which is stale for an order that was assigned.
    function _maybeStale(Ghost storage ghost) internal returns (Claim[] memory list, bool present) {
        list = ghost.claims;
        if (!ghost.assigned || !_chance(8)) return (list, true);
        Claim[] memory less = new Claim[](list.length - 1);
        for (uint256 i; i < less.length; ++i) less[i] = list[i + 1];
        return (less, false);
    }

    /// @dev Whose consent it needs to stop the payout at a place on the axis.
    function _ownersAbove(Ghost storage ghost, uint256 place) internal view returns (address[] memory parties) {
        uint256 count = 2;
        for (uint256 i; i + 1 < ghost.claims.length; ++i) if (ghost.claims[i].claimEnd() > place) ++count;
        parties = new address[](count);
        (parties[0], parties[1], count) = (ghost.terms.buyer, ghost.terms.supplier, 2);
        for (uint256 i; i + 1 < ghost.claims.length; ++i) {
            if (ghost.claims[i].claimEnd() > place) parties[count++] = ghost.claims[i].claimOwner();
        }
    }
}
