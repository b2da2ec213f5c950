// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "./Claim.sol";
import {Approval} from "./Consent.sol";
import {LotStatus} from "./OrderState.sol";
import {OrderConditions, OrderTerms} from "./OrderTerms.sol";

/// @title Inspection of deliveries, the call on the retention, and disputes about both
/// @notice Each confirmed delivery of an order with inspection is a lot. The buyer answers it once, within the inspection
/// window: so much is rejected, the rest accepted; silence accepts all. A rejection, and the one call on the retention,
/// can be disputed within the answer window by the supplier or any owner of an unpaid claim; silence makes it final. The
/// arbiter rules what share of the disputed value is due; at the end of its window the agreed split is.
/// Lot 2^32 - 1 is the call on the retention. Every function pays what became payable; `claims` is the present list of an
/// order that was assigned (a stale one is no obstacle: `settle` pays later), else empty.
interface IOrderDisputes {
    /// @notice The buyer answered a lot. What was accepted earned the amount; what was rejected waits for a dispute.
    event LotInspected(bytes32 indexed order, uint32 indexed lot, uint256 rejected, uint256 earned, bytes32 evidence);

    /// @notice The buyer calls on the retention.
    event RetentionCalled(bytes32 indexed order, uint256 amount, bytes32 evidence);

    /// @notice A party contests a rejection or the call.
    event LotDisputed(bytes32 indexed order, uint32 indexed lot, address party, bytes32 evidence);

    /// @notice A lot is decided: by a ruling, by the agreed split, or by somebody's silence (`before` says whose turn it
    /// was). A share of its value is due, in ppm; of goods that amount was earned, of a call that amount forfeited.
    event LotDecided(bytes32 indexed order, uint32 indexed lot, LotStatus before, uint256 share, uint256 amount);

    /// @notice The lot is unknown, decided, or in another state than this action needs.
    error LotStatusOther(bytes32 order, uint32 lot, LotStatus status);

    /// @notice The time for this action is over.
    error LotTooLate(bytes32 order, uint32 lot, uint256 ends, uint256 now_);

    /// @notice Whose turn it is still has time.
    error LotTooEarly(bytes32 order, uint32 lot, uint256 ends, uint256 now_);

    /// @notice More than the lot holds cannot be rejected.
    error LotQuantity(uint256 rejected, uint256 quantity);

    /// @notice Only the supplier or the owner of an unpaid claim disputes.
    error LotParty(address party);

    /// @notice A ruling is a share of at most 100%, in ppm.
    error LotShare(uint256 share);

    /// @notice There is one call on the retention, before its date.
    error RetentionCallRefused(bytes32 order, uint256 until, uint256 now_);

    /// @notice A call is above zero and at most what is held back.
    error RetentionAmount(uint256 amount, uint256 held);

    /// @notice The buyer's one and final answer about a lot, within the inspection window.
    /// @param rejected quantity that is not accepted, in the line's scale; 0: all is accepted
    /// @param evidence hash of what shows the defects; zero: nothing
    function inspect(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        uint56 rejected,
        bytes32 evidence,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice The buyer's one call on the retention, before its date.
    /// @param amount minor units
    function callRetention(
        OrderTerms calldata terms,
        uint56 amount,
        bytes32 evidence,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Contests a rejection or the call on the retention, within the answer window.
    /// @param party the supplier, or an owner of an unpaid claim (then `claims` must be the present list)
    function dispute(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        address party,
        bytes32 evidence,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice The arbiter's ruling, within the arbitration window.
    /// @param share of the disputed value that is due to the payees, in ppm
    function rule(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        uint32 share,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;

    /// @notice Decides a lot whose time is over: the buyer's silence accepts, the payees' agrees, the arbiter's splits.
    /// Anyone may call.
    function resolve(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        uint32 lot,
        Claim[] calldata claims
    ) external;
}
