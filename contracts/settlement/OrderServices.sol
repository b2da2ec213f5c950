// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {RelayerGroups} from "../oracle/RelayerGroups.sol";
import {Continued} from "./Continued.sol";
import {EvidencedDelivery} from "./EvidencedDelivery.sol";
import {OrderBook} from "./OrderBook.sol";
import {OrderOpening} from "./OrderOpening.sol";
import {OrderViews} from "./OrderViews.sol";

/// @title Orders with special clauses: how they begin and are confirmed; relayer groups; what the chain keeps of orders
/// @dev Code, not a place: SupplierEscrow runs it on its own storage. Called directly it finds no order, and no money.
contract OrderServices is OrderOpening, EvidencedDelivery, OrderViews, RelayerGroups, Continued {
    constructor(
        IERC20 token_,
        address authority,
        IOrganisationRegistry registry,
        address actions
    ) OrderBook(token_, authority) RelayerGroups(registry) Continued(actions) {}
}
