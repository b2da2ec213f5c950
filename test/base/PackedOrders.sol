// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clauses, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";

// Orders as `createOrdersFromBalance` takes them, written once more from what its interface says.

uint256 constant PACKED_HEAD = 84;

function packOrder(OrderTerms memory terms) pure returns (bytes memory) {
    return packOrder(terms, terms.lines.length / 12);
}

/// @dev One that says it has so many lines.
function packOrder(OrderTerms memory terms, uint256 lines) pure returns (bytes memory) {
    uint256 clauses = (Clauses.unwrap(terms.clauses) & ~uint256(0x3ffff)) | lines;
    return abi.encodePacked(terms.supplier, clauses, terms.conditions, terms.lines);
}

function packOrders(OrderTerms[] memory terms) pure returns (bytes memory packed) {
    for (uint256 i; i < terms.length; ++i) packed = bytes.concat(packed, packOrder(terms[i]));
}
