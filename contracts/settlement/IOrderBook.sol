// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ClaimList, Line, Lot, Money, Order, Status} from "./OrderState.sol";
import {OrderTerms} from "./OrderTerms.sol";
import {Payment} from "./Payment.sol";

/// @title What all operations on orders share
/// @notice Terms are given again in every call, and are checked against what the order was created, or amended, with.
/// What a party does, it does in a transaction of its own, or by an EIP-712 signature with a deadline that anyone relays.
interface IOrderBook {
    /// @notice Money of the order was paid, or credited (see PaymentCredited): payee 160 | amount 96 a word.
    event OrderPaid(bytes32 indexed order, Payment[] payments);

    /// @notice A payment could not be pushed; the payee withdraws it.
    event PaymentCredited(address indexed payee, uint256 amount);

    /// @notice The undelivered part went back to the buyer while something was pending; no report counts any more.
    event OrderEnded(bytes32 indexed order, uint256 refunded);

    /// @notice The order is over, and what was not earned went back to the buyer.
    event OrderClosed(bytes32 indexed order, uint256 returned);

    /// @notice The order does not exist, or is closed.
    error OrderNotOpen(bytes32 order, Status status);

    /// @notice Other terms are in force: an amendment replaced these, or no order ever had them.
    error OrderTermsStale(bytes32 terms);

    /// @notice The conditions are not those that the terms name by hash.
    error OrderConditionsOther(bytes32 given, bytes32 expected);

    /// @notice The list of claims is not the present one; OrderPaid and ClaimAssigned tell how it changed.
    error OrderClaimsStale(bytes32 order);

    /// @notice The signatures are about another state: since then the order was amended, or a delivery was rejected.
    error OrderSequence(bytes32 order, uint32 given, uint32 present);

    /// @notice This party neither sends the transaction nor is there a valid signature of it under this action.
    error ConsentMissing(address party);

    /// @notice The action's deadline is over.
    error DeadlineOver(uint256 deadline, uint256 now_);

    /// @notice Too little gas is left to try a push; send the transaction with more gas.
    error PushGas(uint256 left, uint256 needed);

    /// @notice A call that no contract of this address answers.
    error FunctionUnknown(bytes4 selector);
}

/// @title What the chain keeps of orders
interface IOrderViews {
    /// @notice The id of an order with these first terms: their EIP-712 digest, bound to chain and escrow.
    function orderId(OrderTerms calldata terms) external view returns (bytes32);

    /// @notice The hot slot of an order.
    function orderOf(bytes32 order) external view returns (Order memory);

    /// @notice A line's state, wherever it is kept.
    function lineOf(OrderTerms calldata terms, uint16 line) external view returns (Line memory);

    /// @notice A lot; all zero when it is decided or was never opened. Lot 2^32 - 1 is the call on the retention.
    function lotOf(bytes32 order, uint32 lot) external view returns (Lot memory);

    /// @notice What was refunded and forfeited.
    function moneyOf(bytes32 order) external view returns (Money memory);

    /// @notice The hash of the list of claims; zero as long as nothing was assigned.
    function claimsOf(bytes32 order) external view returns (ClaimList memory);

    /// @notice The digest of the amended terms in force; zero as long as the first ones are.
    function termsOf(bytes32 order) external view returns (bytes32);

    /// @notice What could be paid of an order by now, in minor units: earned, less what is held back, less what was paid.
    function payableOf(OrderTerms calldata terms) external view returns (uint256);

    /// @notice What an account can spend on orders or withdraw.
    function creditOf(address account) external view returns (uint256);

    /// @notice Gas that the token gets to move a payment. What a transaction needs besides, it must bring.
    function PUSH_GAS() external view returns (uint256);

    /// @notice The currency; it never changes. It moves exactly the amounts it is told to.
    function token() external view returns (IERC20);
}
