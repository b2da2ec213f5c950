// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "./Claim.sol";
import {OrderTerms} from "./OrderTerms.sol";

/// @title The end of orders that time or delivery brings; anyone may call
interface IOrderClosing {
    /// @notice A refund waits until expiry and grace are over, and longer while the order's relayer group has too few live
    /// members.
    error OrderRefundTooEarly(uint256 now_, uint256 from);

    /// @notice The undelivered part went back already.
    error OrderEndedAlready(bytes32 order);

    /// @notice Nothing is payable now, and something is still pending.
    error OrderNothingToSettle(bytes32 order);

    /// @notice Pays what is payable by now and closes the order when nothing can change any more.
    /// @param claims the present list of an order that was assigned; else none
    function settle(OrderTerms calldata terms, Claim[] calldata claims) external;

    /// @notice Sends back what is neither earned nor pending, and closes the order if nothing is pending or held.
    function refund(OrderTerms calldata terms) external;
}
