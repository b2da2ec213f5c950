// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AXIS_END, Claim, MAX_CLAIMS, claim, hashClaims} from "../../../contracts/settlement/Claim.sol";
import {Assignment} from "../../../contracts/settlement/IOrderClaims.sol";
import {OrderConditions, OrderTerms} from "../../../contracts/settlement/OrderTerms.sol";
import {hashAmendment, hashCancellation} from "../../base/ActionHashes.sol";
import {SettlementBase} from "../../base/SettlementBase.sol";

/// @dev One order, what attackers do with it, and what must be true afterwards.
abstract contract AttackBase is SettlementBase {
    uint32 internal constant CALL = type(uint32).max; // the lot of the call on the retention

    OrderTerms internal terms;
    OrderConditions internal conditions;
    bytes32 internal order;
    Claim[] internal claims;

    /// @dev Opens the order with these clauses, in bits on top of the plain ones.
    function _begin(uint256 bits, bytes memory lines) internal {
        terms = _specialTerms(bits, lines);
        conditions = _conditions(terms.clauses);
        order = _open(terms, conditions);
    }

    /// @dev The supplier gives the lowest part of its remainder, of which nothing was given before, to `owner`.
    function _give(uint256 amount) internal {
        uint256 start = escrow.orderOf(order).paid;
        Assignment memory given = Assignment(0, uint56(amount), type(uint56).max, owner, 1, 0);
        uint32 seq = escrow.orderOf(order).seq;
        vm.prank(supplier);
        escrow.assign(terms, conditions, given, seq, _noClaims(), FOREVER, _noApprovals());
        claims.push(claim(start + amount, owner, 1, 1));
        claims.push(claim(AXIS_END, supplier, MAX_CLAIMS - 1, 2));
        _listIsPresent();
    }

    /// @dev The owner's claim was paid: the supplier's remainder is all there is.
    function _takeOffTheOwner() internal {
        claims.pop();
        claims[0] = claim(AXIS_END, supplier, MAX_CLAIMS, 2);
        _listIsPresent();
    }

    /// @dev Buyer and supplier end the order; nobody else is asked.
    function _cancel(uint256 payout) internal {
        uint32 seq = escrow.orderOf(order).seq;
        bytes32 hash = hashCancellation(order, seq, payout, FOREVER);
        escrow.cancel(
            terms,
            uint56(payout),
            seq,
            claims,
            FOREVER,
            _both(_approval("buyer", hash), _approval("supplier", hash))
        );
    }

    /// @dev Buyer and supplier put other terms in force; nobody else is asked.
    /// @param total what the new terms fund
    function _amend(OrderTerms memory next, uint256 total) internal {
        uint32 seq = escrow.orderOf(order).seq;
        bytes32 hash = hashAmendment(order, seq, next, _idOf(_delivery(next)), total, FOREVER);
        escrow.amend(terms, next, seq, claims, FOREVER, _both(_approval("buyer", hash), _approval("supplier", hash)));
    }

    function _listIsPresent() internal view {
        vm.assertEq(uint256(escrow.claimsOf(order).hash), uint256(hashClaims(claims)), "list");
    }

    /// @dev What the escrow holds, after everybody's due.
    function _assertHolds(uint256 amount) internal view {
        vm.assertEq(token.balanceOf(address(escrow)), amount, "the escrow holds");
    }
}
