// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "./Claim.sol";
import {Approval} from "./Consent.sol";
import {OrderConditions, OrderTerms} from "./OrderTerms.sol";

/// @notice Who gets which part of an owner's claim, on what terms. Amounts in minor units.
struct Assignment {
    uint32 claim; // id of the owner's interval; 0: the supplier's remainder of an order that was never assigned
    uint56 amount; // the lowest part of it that is not paid yet
    uint56 maxStart; // the part may begin at most here on the payout axis
    address to;
    uint8 slots; // how many intervals that part may become
    uint56 price; // what `to` pays the owner for it, from its allowance; 0: it is given
}

/// @title Passing on what an order will pay: to the next tier, or to a financier
/// @notice The payout of an order is an axis from 0 to its total; a claim is an interval of it. What is left to the assignor
/// lies on top, and so is the first to feel a penalty or a retention. Claims are paid from below, all in the transaction
/// that pays. An order has at most 16 claims, the supplier's remainder among them.
interface IOrderClaims {
    /// @notice Part of a claim has a new owner. The claim of that id is replaced by the new one and, where something is
    /// left, by the rest on top of it: each a word of end 56 | owner 160 | slots 8 | id 32 (rest zero: nothing is left).
    event ClaimAssigned(
        bytes32 indexed order,
        address indexed from,
        address indexed to,
        uint256 start,
        Claim given,
        Claim rest,
        uint32 claim,
        uint256 price
    );

    /// @notice The order has no such claim now.
    error ClaimUnknown(bytes32 order, uint32 claim);

    /// @notice The part must be above zero, begin at or below `maxStart`, and end within the claim and what the order holds.
    error ClaimInterval(uint256 start, uint256 end, uint256 maxStart, uint256 limit);

    /// @notice A whole claim keeps its slots; a part takes at least one and leaves at least one.
    error ClaimSlots(uint256 slots, uint256 available);

    /// @notice The new owner may be neither zero nor the escrow nor the arbiter.
    error ClaimOwner(address to);

    /// @notice Gives or sells the lowest unpaid part of a claim, by consent of its owner, and of the new owner if there is a
    /// price. Both parts get new ids, so nothing is sold twice.
    /// @param claims the present list; of an order that was never assigned: empty
    function assign(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        Assignment calldata assignment,
        uint32 seq,
        Claim[] calldata claims,
        uint40 deadline,
        Approval[] calldata approvals
    ) external;
}
