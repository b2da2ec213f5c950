// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {OrderAgreements} from "./OrderAgreements.sol";
import {OrderBook} from "./OrderBook.sol";
import {OrderClaims} from "./OrderClaims.sol";
import {OrderDisputes} from "./OrderDisputes.sol";

/// @title What the parties of an order do while it lives
/// @dev Code, not a place: SupplierEscrow runs it on its own storage. Called directly it finds no order, and no money.
contract OrderActions is OrderDisputes, OrderAgreements, OrderClaims {
    constructor(IERC20 token_, address authority) OrderBook(token_, authority) {}

    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback() external {
        revert FunctionUnknown(msg.sig);
    }
}
