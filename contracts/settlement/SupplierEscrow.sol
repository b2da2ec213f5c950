// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Continued} from "./Continued.sol";
import {IOrderViews} from "./IOrderBook.sol";
import {OrderBook} from "./OrderBook.sol";
import {OrderClosing} from "./OrderClosing.sol";
import {OrderDelivery} from "./OrderDelivery.sol";
import {OrderFunding} from "./OrderFunding.sol";

/// @title Escrow of purchase orders in one currency
/// @dev The manual is ISupplierEscrow. Here is what every order needs; what only some need is in OrderServices and
/// OrderActions, whose code runs on this storage. Where state lives is in docs/decisions/escrow-state.md.
contract SupplierEscrow is OrderFunding, OrderDelivery, OrderClosing, Continued {
    /// @notice The services were made for another token.
    error ServicesOfOtherToken(IERC20 token);

    constructor(
        IERC20 token_,
        address authority,
        IOrderViews services // OrderServices, made for this token
    ) OrderBook(token_, authority) Continued(address(services)) {
        if (address(services.token()) != address(token_)) revert ServicesOfOtherToken(services.token());
    }
}
