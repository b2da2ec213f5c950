// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AXIS_END, Claim, MAX_CLAIMS, claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Assignment, IOrderClaims} from "../../contracts/settlement/IOrderClaims.sol";
import {hashAssignment} from "../base/ActionHashes.sol";
import {Ghost, Model} from "./Model.sol";
import {larger, smaller} from "./Schedules.sol";

/// @dev Owners give and sell parts of what orders will pay, to suppliers, to a bank and to lower tiers.
abstract contract Financing is Model {
    /// @dev Where the claim that is split lies.
    struct Place {
        uint256 where;
        Claim mine;
        uint256 start;
        uint256 free; // how far it may go
    }

    function give(uint256 seed) external action(seed) {
        _assign(0);
    }

    function sell(uint256 seed) external action(seed) {
        _assign(1 + _pick(1e5));
    }

    function _assign(uint256 price) private {
        (bool found, uint256 index) = _liveOne();
        if (!found) return;
        Ghost storage ghost = ghosts[index];
        Claim[] memory given = _list(ghost);
        if (!ghost.assigned) ghost.claims.push(claim(AXIS_END, ghost.terms.supplier, MAX_CLAIMS, 0));
        Place memory place = _place(ghost);
        Assignment memory part = _part(place, price);
        (bytes4 refused, address party) = _refusal(place, part);
        (address sender, bytes memory data) = _assigning(ghost, part, given, party);
        if (refused != 0) {
            _mustNot("8, 14: an assignment that is refused", sender, data, refused);
            if (!ghost.assigned) delete ghost.claims;
            return;
        }
        _must(sender, data);
        _split(ghost, place, part);
        if (price != 0) {
            _gives(part.to, price);
            _gets(party, price);
        }
        _mustNot("8: sold twice", sender, data, IOrderBook.OrderClaimsStale.selector);
    }

    function _assigning(
        Ghost storage ghost,
        Assignment memory part,
        Claim[] memory given,
        address party
    ) private returns (address sender, bytes memory data) {
        bytes32 consent = hashAssignment(ghost.id, ghost.seq, part, FOREVER);
        Approval[] memory approvals;
        (sender, approvals) = _consent(part.price == 0 ? _parties(party) : _parties(party, part.to), consent);
        data = abi.encodeCall(
            IOrderClaims.assign,
            (ghost.terms, ghost.conditions, part, uint32(ghost.seq), given, FOREVER, approvals)
        );
    }

    function _place(Ghost storage ghost) private returns (Place memory place) {
        place.where = _pick(ghost.claims.length);
        place.mine = ghost.claims[place.where];
        place.start = place.where == 0 ? ghost.paid : larger(ghost.claims[place.where - 1].claimEnd(), ghost.paid);
        uint256 limit = smaller(place.mine.claimEnd(), ghost.funded - ghost.refunded);
        place.free = limit > place.start ? limit - place.start : 0;
    }

    function _part(Place memory place, uint256 price) private returns (Assignment memory part) {
        Claim mine = place.mine;
        part.claim = uint32(mine.claimId());
        part.to = _chance(3) ? suppliers[_pick(3)] : owners[_pick(3)];
        part.price = uint56(price);
        part.maxStart = uint56(place.start + _pick(3));
        uint256 amount = _chance(3) ? place.free : 1 + _pick(place.free + 1);
        bool whole = place.start + amount == mine.claimEnd();
        uint256 slots = mine.claimSlots();
        if (!whole && slots > 1) slots = 1 + _pick(slots - 1);
        (part.amount, part.slots) = (uint56(amount), uint8(slots));
        if (_chance(16)) part.to = arbiter;
        if (_chance(16)) part.slots += 16;
    }

    /// @dev What refuses it, if anything does; and who consents.
    function _refusal(Place memory place, Assignment memory part) private returns (bytes4 refused, address party) {
        Claim mine = place.mine;
        party = mine.claimOwner();
        bool whole = place.start + part.amount == mine.claimEnd();
        bool fits = whole ? part.slots == mine.claimSlots() : part.slots < mine.claimSlots();
        if (!fits) refused = IOrderClaims.ClaimSlots.selector;
        if (part.amount == 0 || part.amount > place.free) refused = IOrderClaims.ClaimInterval.selector;
        if (part.to != party && _chance(12)) (party, refused) = (outsider, IOrderBook.ConsentMissing.selector);
        if (part.to == arbiter) refused = IOrderClaims.ClaimOwner.selector;
    }

    /// @dev The part, and on top of it the rest, in place of the claim; both with new ids.
    function _split(Ghost storage ghost, Place memory place, Assignment memory part) private {
        Claim mine = ghost.claims[place.where];
        uint256 end = place.start + part.amount;
        ghost.assigned = true;
        ghost.claims[place.where] = claim(end, part.to, part.slots, ghost.nextClaim);
        if (end != mine.claimEnd()) {
            ghost.claims.push(mine);
            for (uint256 i = ghost.claims.length - 1; i > place.where + 1; --i) ghost.claims[i] = ghost.claims[i - 1];
            ghost.claims[place.where + 1] = claim(
                mine.claimEnd(),
                mine.claimOwner(),
                mine.claimSlots() - part.slots,
                ghost.nextClaim + 1
            );
        }
        ghost.nextClaim += 2;
    }
}
