// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Certificate, DeliveryReport} from "../oracle/DeliveryReport.sol";
import {Booking} from "./Booking.sol";
import {Claim} from "./Claim.sol";
import {DeviceSignature} from "./Consent.sol";
import {DeliveryTerms} from "./OrderTerms.sol";

/// @notice Why a report in a batch was skipped; it can be sent again.
enum SkipReason {
    None, // it counts
    NotOpen, // unknown, ended or closed
    StaleFrom, // delivered is not what the report builds on
    NothingNew, // no room, or `to` is not above `from`
    AfterExpiry, // the latest event is later than the order's expiry
    OtherGroup, // the order pins another relayer group
    UnknownLine, // the order has no such line
    StaleTerms, // the order was amended
    DeviceSignatureMissing // the order demands device signatures: `confirmWith` takes them
}

/// @notice What a confirmation needs besides for an order that was assigned or demands device signatures.
struct Evidence {
    Claim[] claims; // the present list of claims; with a stale one the delivery counts, and `settle` pays
    DeviceSignature[] devices; // one for each report about the order, in the order of the reports
}

/// @title What a report does, in whichever way it comes
interface IDeliveryCounting {
    /// @notice A delivery was confirmed, and what the booking says was earned and paid (or credited, see PaymentCredited)
    /// to the supplier. What goes to owners of claims is in OrderPaid.
    event DeliveryConfirmed(bytes32 indexed order, Booking booking, bytes32 root);

    /// @notice A report of a batch changed nothing.
    event ReportSkipped(bytes32 indexed order, uint256 line, SkipReason reason, bytes32 root);
}

/// @title Confirming deliveries and paying for them
interface IOrderDelivery {
    /// @notice Confirms deliveries that a quorum signed, and pays for them. Anyone may call, any number of times: what
    /// does not fit the state is skipped with its reason. Consecutive reports for one payee are paid in one transfer.
    /// What is due to owners of claims waits for `confirmWith` or `settle`.
    /// @param orders of every order that a report is about what a confirmation needs of its terms
    /// @param reports in the order in which they were signed; each names its order by index into `orders`
    function confirm(
        Certificate calldata certificate,
        DeliveryTerms[] calldata orders,
        DeliveryReport[] calldata reports
    ) external;
}

/// @title Confirming deliveries of orders that were assigned, or that demand device signatures
interface IEvidencedDelivery {
    /// @notice There is one Evidence for each order.
    error EvidenceCount(uint256 evidence, uint256 orders);

    /// @notice A report about an order that demands device signatures has none.
    error DeviceSignatureCount(bytes32 order, uint256 given);

    /// @notice The key is not among those that the terms name.
    error DeviceKeyUnknown(bytes32 order, bytes32 x, bytes32 y);

    /// @notice The key did not sign this report.
    error DeviceSignatureInvalid(bytes32 order, uint256 line);

    /// @notice Confirms as `confirm` does, with lists of claims, so that every owner is paid in this transaction, and device signatures.
    /// @param evidence one for each of `orders`
    function confirmWith(
        Certificate calldata certificate,
        DeliveryTerms[] calldata orders,
        DeliveryReport[] calldata reports,
        Evidence[] calldata evidence
    ) external;
}
