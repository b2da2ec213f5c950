// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "./Claim.sol";
import {Approval} from "./Consent.sol";
import {OrderTerms} from "./OrderTerms.sol";

/// @title What buyer and supplier do together: cancel, amend; and the supplier's credit note
/// @notice Signatures name the order's `seq`: after an amendment, a rejection, a dispute or a call on the retention they
/// are void. Deliveries do not void them.
interface IOrderAgreements {
    /// @notice Buyer and supplier cancelled: the cumulative payout ends here.
    event OrderCancelled(bytes32 indexed order, uint256 payout);

    /// @notice Other terms are in force from now on.
    event OrderAmended(
        bytes32 indexed order,
        bytes32 indexed terms,
        address supplier,
        uint256 clauses,
        bytes32 conditions,
        bytes lines
    );

    /// @notice The supplier gave money back to the buyer.
    event CreditNoteIssued(bytes32 indexed order, uint256 amount);

    /// @notice A cancellation pays at least what was paid, at most what is there.
    error CancellationPayout(uint256 payout, uint256 paid, uint256 funded);

    /// @notice An ended order is not amended.
    error AmendmentEnded(bytes32 order);

    /// @notice An amendment changes schedules, dates and relayer group, nothing else; its lines begin with the order's id.
    error AmendmentTerms(bytes32 order);

    /// @notice The relayer group changes only while it has too few live members to confirm anything.
    error AmendmentGroup(bytes32 order);

    /// @notice A line's schedule must rise from point to point, and keep the value of what was accepted.
    error AmendmentSchedule(uint256 line);

    /// @notice A line's quantity cannot fall below what was delivered and not rejected.
    error AmendmentQuantity(uint256 line, uint256 ordered, uint256 delivered);

    /// @notice New dates are not past, due <= expiry, and the expiry not after the retention's date.
    error AmendmentDates(uint256 due, uint256 expiry, uint256 now_);

    /// @notice The order's total must stay above zero and below 2^56 - 1 minor units, a line's lateness at most 2^44 unit-days.
    error AmendmentBounds(uint256 total, uint256 unitDays);

    /// @notice A credit note of nothing, or of an order that never was.
    error CreditNoteRefused(bytes32 order, uint256 amount);

    /// @notice Ends an order by consent of both and of everyone whose claim it cuts: the cumulative payout ends at
    /// `payout`, the rest goes back to the buyer, lots are void.
    /// @param payout minor units, at least what was paid
    /// @param claims the present list of an order that was assigned, else empty
    function cancel(
        OrderTerms calldata terms,
        uint56 payout,
        uint32 seq,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Puts other schedules, dates or relayer group in force, by consent of both, and of all owners of unpaid claims
    /// unless it cannot hurt them. What was accepted keeps its value; new dates count for what is delivered later.
    /// A higher total is taken from the buyer's allowance, a lower one goes back.
    /// @param next the terms to be: buyer, supplier, conditions and other clauses as they were, OPTION_AMENDED set, lines
    /// beginning with the order's id
    function amend(
        OrderTerms calldata terms,
        OrderTerms calldata next,
        uint32 seq,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Sends money from the supplier's allowance to the buyer. It passes through and changes nothing of the order.
    function creditNote(
        OrderTerms calldata terms,
        uint256 amount,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;
}
