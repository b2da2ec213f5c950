// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Certificate, DeliveryReport} from "../oracle/DeliveryReport.sol";
import {Booking} from "./Booking.sol";
import {Clauses, DeliveryTerms, OrderTerms} from "./OrderTerms.sol";

/// @title Escrow of purchase orders in one currency
/// @notice A buyer funds an order; when a quorum of relayers reports what its devices saw delivered, the supplier is
/// paid in the same transaction. The order's id is the EIP-712 digest of its first terms, bound to chain and escrow.
/// Money is in the token's minor unit, quantities are integers in the line's scale, time is `block.timestamp`.
/// Nobody but the parties' own terms decides where the money goes: there is no role that can move it.
interface ISupplierEscrow {
    /// @notice Where an order is in its life.
    enum Status {
        None, // never created
        Open, // reports count
        Ended, // the undelivered part went back; what is pending runs out
        Closed // nothing is pending; the slot stays, so old reports stay dead
    }

    /// @notice The hot slot of an order: all that a delivery without special clauses touches.
    struct Order {
        // slot 0
        Status status;
        uint8 flags; // FLAG_ bits of docs/decisions/escrow-state.md; zero: only this slot is used
        uint32 seq; // counts what voids older signatures; deliveries do not
        uint56 earned; // value of everything accepted so far
        uint56 paid; // paid or credited so far
        uint48 delivered; // of line 0, cumulative
        uint48 late; // of line 0, cumulative unit-days
    }

    /// @notice The slot of a further line.
    struct Line {
        // slot 0
        uint48 delivered; // cumulative
        uint48 late; // cumulative unit-days
        uint48 rejected; // finally; makes room for replacements
        uint48 decided; // accepted, rejected or ruled upon
        uint64 good; // worth money, in millionths of a unit
    }

    /// @notice Why a report in a batch was skipped; it can be sent again.
    enum SkipReason {
        None, // it counts
        NotOpen, // unknown, ended or closed
        StaleFrom, // delivered is not what the report builds on
        NothingNew, // no room, or `to` is not above `from`
        AfterExpiry, // the latest event is later than the order's expiry
        OtherGroup, // the order pins another relayer group
        UnknownLine // the order has no such line
    }

    /// @notice An order was created and funded. The terms are complete: what is hashed is what is logged.
    event OrderCreated(
        bytes32 indexed order,
        address indexed buyer,
        address indexed supplier,
        Clauses clauses,
        bytes32 conditions,
        bytes lines
    );

    /// @notice A delivery was confirmed, and the booking's amount paid for it (or credited, see PaymentCredited).
    event DeliveryConfirmed(bytes32 indexed order, Booking booking, bytes32 root);

    /// @notice A report of a batch changed nothing.
    event ReportSkipped(bytes32 indexed order, uint256 line, SkipReason reason, bytes32 root);

    /// @notice A payment could not be pushed; the payee withdraws it.
    event PaymentCredited(address indexed payee, uint256 amount);

    /// @notice A payee withdrew from its credit.
    event CreditWithdrawn(address indexed payee, address indexed to, uint256 amount);

    /// @notice The undelivered part went back to the buyer while something was pending; no report counts any more.
    event OrderEnded(bytes32 indexed order, uint256 refunded);

    /// @notice The order is over, and what was not earned went back to the buyer.
    event OrderClosed(bytes32 indexed order, uint256 returned);

    /// @notice Only the buyer, or its signature over the terms, opens an order with the buyer's money.
    error OrderCallerNotBuyer(address caller, address buyer);

    /// @notice An order with these terms exists; a salt in the order sheet makes equal orders differ.
    error OrderExists(bytes32 order);

    /// @notice The order does not exist, is closed, or other terms are in force.
    error OrderNotOpen(bytes32 order, Status status);

    /// @notice The dates must be: now <= due <= expiry, grace <= 90 days.
    error OrderDates(uint256 due, uint256 expiry, uint256 grace, uint256 now_);

    /// @notice The payee may be neither zero nor the escrow.
    error OrderPayee(address supplier);

    /// @notice Lines are 12 bytes each, 1 to 4,096 of them, each with a quantity above zero.
    /// @param index the line at fault, or how many whole lines there are
    /// @param length bytes of all lines
    error OrderLines(uint256 index, uint256 length);

    /// @notice A line can be late by at most 2^44 unit-days: what was ordered times the days that count.
    error OrderLateness(uint256 index, uint256 unitDays);

    /// @notice The order's total must be below 2^56 minor units and above zero.
    error OrderTotal(uint256 total);

    /// @notice The terms ask for what this version of the escrow does not do, or are no first terms: their origin is set.
    error OrderClauseUnsupported(Clauses clauses);

    /// @notice A refund waits until expiry and grace are over.
    error OrderRefundTooEarly(uint256 now_, uint256 from);

    /// @notice Nothing is left to settle, and something is still pending.
    error OrderNothingToSettle(bytes32 order);

    /// @notice The credit is smaller than what was asked for.
    error CreditTooSmall(uint256 credit, uint256 amount);

    /// @notice The receiver may be neither zero nor the escrow.
    error CreditReceiver(address to);

    /// @notice Too little gas is left to try a push; send the transaction with more gas.
    error PushGas(uint256 left, uint256 needed);

    /// @notice Opens and funds an order from the caller's allowance. The caller is the buyer.
    /// @return order its id
    function createOrder(OrderTerms calldata terms) external returns (bytes32 order);

    /// @notice Confirms deliveries that a quorum signed, and pays for them. Anyone may call, any number of times: what
    /// does not fit the state is skipped with its reason. Consecutive reports for one payee are paid in one transfer.
    /// @param orders of every order that a report is about what a confirmation needs of its terms
    /// @param reports in the order in which they were signed; each names its order by index into `orders`
    function confirm(
        Certificate calldata certificate,
        DeliveryTerms[] calldata orders,
        DeliveryReport[] calldata reports
    ) external;

    /// @notice Pays what is payable by now and closes the order when nothing can change any more. Anyone may call.
    function settle(OrderTerms calldata terms) external;

    /// @notice Sends back what was not delivered, and closes the order if nothing is pending. Anyone may call, after
    /// expiry and grace.
    function refund(OrderTerms calldata terms) external;

    /// @notice Withdraws from the caller's credit to an address of its choice.
    function withdraw(uint256 amount, address to) external;

    /// @notice The order's id: the EIP-712 digest of its first terms.
    function orderId(OrderTerms calldata terms) external view returns (bytes32);

    /// @notice The hot slot of an order.
    function orderOf(bytes32 order) external view returns (Order memory);

    /// @notice A line's state, wherever it is kept.
    function lineOf(bytes32 order, uint16 line) external view returns (Line memory);

    /// @notice What an account can withdraw.
    function creditOf(address account) external view returns (uint256);

    /// @notice Gas that the token gets to move a payment. What a transaction needs besides, it must bring.
    function PUSH_GAS() external view returns (uint256);

    /// @notice The currency; it never changes. It moves exactly the amounts it is told to.
    function token() external view returns (IERC20);
}
