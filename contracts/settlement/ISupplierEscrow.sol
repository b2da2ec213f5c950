// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IOrderAgreements} from "./IOrderAgreements.sol";
import {IOrderBook, IOrderViews} from "./IOrderBook.sol";
import {IOrderClaims} from "./IOrderClaims.sol";
import {IOrderClosing} from "./IOrderClosing.sol";
import {IDeliveryCounting, IEvidencedDelivery, IOrderDelivery} from "./IOrderDelivery.sol";
import {IOrderDisputes} from "./IOrderDisputes.sol";
import {IOrderCreation, IOrderFunding, IOrderOpening} from "./IOrderFunding.sol";

/// @title Escrow of purchase orders in one currency
/// @notice A buyer funds an order; when a quorum of relayers reports what its devices saw delivered, the supplier is
/// paid in the same transaction. The order's id is the EIP-712 digest of its first terms, bound to chain and escrow.
/// Money is in the token's minor unit, quantities are integers in the line's scale, time is `block.timestamp`.
/// Nobody but the parties' own terms decides where the money goes: there is no role that can move it.
interface ISupplierEscrow is
    IOrderBook,
    IOrderViews,
    IOrderCreation,
    IOrderFunding,
    IOrderOpening,
    IDeliveryCounting,
    IOrderDelivery,
    IEvidencedDelivery,
    IOrderClosing,
    IOrderDisputes,
    IOrderAgreements,
    IOrderClaims,
    IERC5267
{
    /// @notice The next nonce of an account's signatures under Withdrawal and CreditNote.
    function nonces(address owner) external view returns (uint256);
}
