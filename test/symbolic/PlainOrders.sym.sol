// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SymbolicScene} from "./SymbolicScene.sol";

/// @dev Orders without special clauses: whatever the relayers report.
contract PlainOrdersSymbolicTest is SymbolicScene {
    function check_CreatingFundsTheOrder(uint40 ordered, uint56 total) public {
        _open(ordered, total, 0);
        assert(token.balanceOf(address(escrow)) == total);
        _isSolvent(total);
    }

    /// @dev Every bit of the report, the order's place in the call excepted.
    function check_AnyReport(uint240 progress) public {
        _open(ORDERED, TOTAL, 0);
        _confirmWord(progress);
        _isSolvent(TOTAL);
    }

    /// @dev The token pays or refuses the supplier; then time passes, and the rest goes back.
    function check_RefundLeavesNothingBehind(uint56 total, uint8 delivered, uint40 moment, bool refused) public {
        _open(ORDERED, total, 0);
        if (refused) token.refuse(supplier);
        _confirm(0, _upTo(2, delivered) * 3, 0); // nothing, three of four, more than ordered
        _isSolvent(total);
        vm.warp(moment);
        escrow.refund(terms);
        assert(moment >= EXPIRY);
        assert(token.balanceOf(address(escrow)) == escrow.creditOf(supplier));
        _isSolvent(total);
    }

    /// @dev However a delivery is split into reports, it is worth the same.
    function check_TwoReports(uint56 total, uint8 first, uint8 second) public {
        _open(ORDERED, total, 0);
        uint256 before = 1 + _upTo(1, first);
        uint256 later = 1 + _upTo(2, second);
        _confirm(0, before, 0);
        _confirm(before, later, 0);
        uint256 delivered = before > later ? before : later;
        assert(escrow.orderOf(order).paid == (uint256(total) * delivered) / ORDERED);
        _isSolvent(total);
    }
}
