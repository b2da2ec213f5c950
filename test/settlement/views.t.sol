// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ActionTest} from "./ActionTest.sol";

/// @dev What the chain tells of an order, as far as no other test asks for it.
contract ViewsTest is ActionTest {
    uint256 private constant WORTH = 400_001; // 400 units

    function test_PayableOf_WhatIsHeldBackIsNotPayable() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        vm.assertEq(escrow.payableOf(terms), 0);
        _give(0, owner, 100_000, 1);
        _deliver(0, 0, 400, 0); // without the list: nothing is paid
        vm.assertEq(escrow.payableOf(terms), WORTH - 20_001); // 5%, rounded up
        vm.warp(RETENTION_UNTIL);
        vm.assertEq(escrow.payableOf(terms), WORTH);
        _settleAll();
        vm.assertEq(escrow.payableOf(terms), 0);
    }

    function test_PayableOf_OfAClosedOrderNothingIsPayable() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 0);
        _end();
        vm.warp(RETENTION_UNTIL);
        vm.assertEq(escrow.payableOf(terms), 0);
    }

    function test_PayableOf_OtherTermsAreRefused() external {
        _begin(0);
        _makeStale();
        _expectStaleTerms();
        escrow.payableOf(terms);
    }

    function test_Constants() external view {
        vm.assertEq(escrow.PUSH_GAS(), 100_000);
        vm.assertEq(address(escrow.token()), address(token));
    }
}
