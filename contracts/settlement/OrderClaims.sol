// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {AXIS_END, Claim, MAX_CLAIMS, claim, hashClaims, hashGiven} from "./Claim.sol";
import {ASSIGNMENT_TYPEHASH, Approval} from "./Consent.sol";
import {Assignment, IOrderClaims} from "./IOrderClaims.sol";
import {OrderBook} from "./OrderBook.sol";
import {ClaimList, FLAG_ASSIGNED, Order} from "./OrderState.sol";
import {OrderConditions, OrderTerms} from "./OrderTerms.sol";

/// @title Passing on what an order will pay
/// @dev The manual is IOrderClaims.
abstract contract OrderClaims is IOrderClaims, OrderBook {
    using SafeERC20 for IERC20;

    /// @inheritdoc IOrderClaims
    function assign(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        Assignment calldata assignment,
        uint32 seq,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        bytes32 id = _liveOrder(terms);
        _checkConditions(terms, conditions);
        Order memory order = _orders[id];
        if (seq != order.seq) revert OrderSequence(id, seq, order.seq);
        address to = assignment.to;
        if (to == address(0) || to == address(this) || to == conditions.arbiter) revert ClaimOwner(to);
        Claim[] memory list = _listOf(id, order, terms.supplier, claims);
        uint256 index = _indexOf(id, list, assignment.claim);
        address owner = list[index].claimOwner();
        bytes32 consent = _hashAssignment(id, seq, assignment, deadline);
        _requireConsent(owner, consent, approvals);
        if (assignment.price != 0) _requireConsent(to, consent, approvals);

        uint256 start = index == 0 ? order.paid : Math.max(list[index - 1].claimEnd(), order.paid);
        _split(id, list, index, assignment, start, _unpaid(id, order, terms) + order.paid);
        if (assignment.price != 0) {
            _token.safeTransferFrom(to, address(this), assignment.price);
            _push(owner, assignment.price);
        }
    }

    // ---- effects

    /// @dev Replaces a claim by the part that is passed on and, on top of it, the rest.
    function _split(
        bytes32 id,
        Claim[] memory list,
        uint256 index,
        Assignment calldata assignment,
        uint256 start,
        uint256 limit
    ) private {
        Claim mine = list[index];
        uint256 end = start + assignment.amount;
        bool whole = end == mine.claimEnd();
        if (assignment.amount == 0 || start > assignment.maxStart || end > Math.min(mine.claimEnd(), limit)) {
            revert ClaimInterval(start, end, assignment.maxStart, Math.min(mine.claimEnd(), limit));
        }
        (uint256 slots, uint256 available) = (assignment.slots, mine.claimSlots());
        if (whole ? slots != available : slots == 0 || slots >= available) revert ClaimSlots(slots, available);

        ClaimList storage kept = _claimLists[id];
        uint256 next = Math.max(kept.nextId, 1);
        Claim given = claim(end, assignment.to, slots, next);
        Claim rest = whole ? Claim.wrap(0) : claim(mine.claimEnd(), mine.claimOwner(), available - slots, next + 1);
        kept.hash = hashClaims(_replace(list, index, given, rest));
        kept.nextId = uint32(next + 2);
        _orders[id].flags |= FLAG_ASSIGNED;
        emit ClaimAssigned(
            id,
            mine.claimOwner(),
            assignment.to,
            start,
            given,
            rest,
            assignment.claim,
            assignment.price
        );
    }

    // ---- reads

    /// @dev The present list: of an order that was never assigned all of it is the supplier's.
    function _listOf(
        bytes32 id,
        Order memory order,
        address supplier,
        Claim[] calldata claims
    ) private view returns (Claim[] memory list) {
        if (order.flags & FLAG_ASSIGNED != 0) {
            if (hashGiven(claims) != _claimLists[id].hash) revert OrderClaimsStale(id);
            return claims;
        }
        list = new Claim[](1);
        list[0] = claim(AXIS_END, supplier, MAX_CLAIMS, 0);
    }

    function _indexOf(bytes32 id, Claim[] memory list, uint32 wanted) private pure returns (uint256 index) {
        while (index < list.length && list[index].claimId() != wanted) ++index;
        if (index == list.length) revert ClaimUnknown(id, wanted);
    }

    function _replace(
        Claim[] memory list,
        uint256 index,
        Claim given,
        Claim rest
    ) private pure returns (Claim[] memory next) {
        bool whole = Claim.unwrap(rest) == 0;
        next = new Claim[](whole ? list.length : list.length + 1);
        uint256 count;
        for (uint256 i; i < list.length; ++i) {
            next[count++] = i == index ? given : list[i];
            if (i == index && !whole) next[count++] = rest;
        }
    }

    function _hashAssignment(
        bytes32 id,
        uint32 seq,
        Assignment calldata assignment,
        uint40 deadline
    ) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    ASSIGNMENT_TYPEHASH,
                    id,
                    seq,
                    assignment.claim,
                    assignment.amount,
                    assignment.maxStart,
                    assignment.to,
                    assignment.slots,
                    assignment.price,
                    deadline
                )
            );
    }
}
