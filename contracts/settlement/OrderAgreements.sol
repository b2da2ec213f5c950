// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Claim, hashGiven} from "./Claim.sol";
import {AMENDMENT_TYPEHASH, Approval, CANCELLATION_TYPEHASH, CREDIT_NOTE_TYPEHASH} from "./Consent.sol";
import {IOrderAgreements} from "./IOrderAgreements.sol";
import {Amendment} from "./Amendment.sol";
import {FLAG_AMENDED, FLAG_ASSIGNED, Order, Status} from "./OrderState.sol";
import {Clauses, OrderTerms} from "./OrderTerms.sol";
import {Payment} from "./Payment.sol";
import {fundedBy, schedulesOf} from "./Schedule.sol";

/// @title What buyer and supplier do together: cancel, amend; and the supplier's credit note
/// @dev The manual is IOrderAgreements.
abstract contract OrderAgreements is IOrderAgreements, Amendment {
    using SafeERC20 for IERC20;

    /// @inheritdoc IOrderAgreements
    function cancel(
        OrderTerms calldata terms,
        uint56 payout,
        uint32 seq,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        bytes32 id = _liveOrder(terms);
        Order memory order = _orders[id];
        if (seq != order.seq) revert OrderSequence(id, seq, order.seq);
        uint256 there = _unpaid(id, order, terms) + order.paid;
        if (payout < order.paid || payout > there) revert CancellationPayout(payout, order.paid, there);
        bytes32 cancellation = keccak256(abi.encode(CANCELLATION_TYPEHASH, id, seq, payout, deadline));
        _requireConsent(terms.buyer, cancellation, approvals);
        _requireConsent(terms.supplier, cancellation, approvals);
        _requireOwners(id, order, payout, claims, cancellation, approvals);

        emit OrderCancelled(id, payout);
        Payment[] memory payments = _advanceTo(id, order, payout, terms.supplier, claims);
        _orders[id].earned = payout;
        uint256 returned = _close(id, _orders[id], terms);
        _pushAll(payments);
        if (returned != 0) _push(terms.buyer, returned);
    }

    /// @inheritdoc IOrderAgreements
    function amend(
        OrderTerms calldata terms,
        OrderTerms calldata next,
        uint32 seq,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        bytes32 id = _liveOrder(terms);
        Order memory order = _orders[id];
        if (order.status == Status.Ended) revert AmendmentEnded(id);
        if (seq != order.seq) revert OrderSequence(id, seq, order.seq);
        _checkAmendment(id, terms, next);
        bytes32 digest = next.digest(_domainSeparatorV4());
        uint256 total = fundedBy(schedulesOf(next.clauses, next.lines), next.clauses.points());
        bytes32 amendment = _amendmentHash(id, seq, digest, total, next.clauses, deadline);
        _requireConsent(terms.buyer, amendment, approvals);
        _requireConsent(terms.supplier, amendment, approvals);
        if (order.flags & FLAG_ASSIGNED != 0 && _mayHurt(id, order, terms, next, claims)) {
            _requireOwners(id, order, 0, claims, amendment, approvals);
        }

        _amendedTerms[id] = digest;
        _orders[id].flags |= FLAG_AMENDED;
        _orders[id].seq = seq + 1;
        emit OrderAmended(id, digest, next.supplier, Clauses.unwrap(next.clauses), next.conditions, next.lines);

        uint256 before = fundedBy(schedulesOf(terms.clauses, terms.lines), terms.clauses.points());
        if (total > before) _token.safeTransferFrom(terms.buyer, address(this), total - before);
        if (total < before) _push(terms.buyer, before - total);
    }

    /// @inheritdoc IOrderAgreements
    function creditNote(
        OrderTerms calldata terms,
        uint256 amount,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        bytes32 id = _orderOf(terms);
        if (_orders[id].status == Status.None || amount == 0) revert CreditNoteRefused(id, amount);
        uint256 nonce = _useNonce(terms.supplier);
        bytes32 note = keccak256(abi.encode(CREDIT_NOTE_TYPEHASH, id, amount, nonce, deadline));
        _requireConsent(terms.supplier, note, approvals);

        emit CreditNoteIssued(id, amount);
        _token.safeTransferFrom(terms.supplier, address(this), amount);
        _push(terms.buyer, amount);
    }

    // ---- consent

    function _amendmentHash(
        bytes32 id,
        uint32 seq,
        bytes32 digest,
        uint256 total,
        Clauses clauses,
        uint40 deadline
    ) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(AMENDMENT_TYPEHASH, id, seq, digest, total, clauses.due(), clauses.expiry(), deadline)
            );
    }

    /// @dev Everyone whose claim ends above a place on the axis must consent; the remainder is the supplier's.
    function _requireOwners(
        bytes32 id,
        Order memory order,
        uint256 above,
        Claim[] calldata claims,
        bytes32 structHash,
        Approval[] calldata approvals
    ) private view {
        if (order.flags & FLAG_ASSIGNED == 0) return;
        if (hashGiven(claims) != _claimLists[id].hash) revert OrderClaimsStale(id);
        for (uint256 i; i + 1 < claims.length; ++i) {
            if (claims[i].claimEnd() > above) _requireConsent(claims[i].claimOwner(), structHash, approvals);
        }
    }
}
