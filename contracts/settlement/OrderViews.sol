// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IOrderViews} from "./IOrderBook.sol";
import {OrderBook} from "./OrderBook.sol";
import {ClaimList, Line, Lot, Money, Order, Status} from "./OrderState.sol";
import {OrderTerms} from "./OrderTerms.sol";

/// @title What the chain keeps of orders
/// @dev The manual is IOrderViews.
abstract contract OrderViews is IOrderViews, OrderBook {
    /// @inheritdoc IOrderViews
    function orderId(OrderTerms calldata terms) external view returns (bytes32) {
        return terms.digest(_domainSeparatorV4());
    }

    /// @inheritdoc IOrderViews
    function orderOf(bytes32 order) external view returns (Order memory) {
        return _orders[order];
    }

    /// @inheritdoc IOrderViews
    function lineOf(OrderTerms calldata terms, uint16 line) external view returns (Line memory) {
        return _lineState(_orderOf(terms), terms.clauses, line);
    }

    /// @inheritdoc IOrderViews
    function lotOf(bytes32 order, uint32 lot) external view returns (Lot memory) {
        return _lots[order][lot];
    }

    /// @inheritdoc IOrderViews
    function moneyOf(bytes32 order) external view returns (Money memory) {
        return _money[order];
    }

    /// @inheritdoc IOrderViews
    function claimsOf(bytes32 order) external view returns (ClaimList memory) {
        return _claimLists[order];
    }

    /// @inheritdoc IOrderViews
    function termsOf(bytes32 order) external view returns (bytes32) {
        return _amendedTerms[order];
    }

    /// @inheritdoc IOrderViews
    function payableOf(OrderTerms calldata terms) external view returns (uint256) {
        bytes32 id = _orderOf(terms);
        Order memory order = _orders[id];
        if (order.status == Status.Closed) return 0;
        return order.earned - _heldBack(id, order, terms.clauses) - order.paid;
    }

    /// @inheritdoc IOrderViews
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    /// @inheritdoc IOrderViews
    function PUSH_GAS() external pure returns (uint256) {
        return PUSH_GAS_LIMIT;
    }

    /// @inheritdoc IOrderViews
    function token() external view returns (IERC20) {
        return _token;
    }
}
