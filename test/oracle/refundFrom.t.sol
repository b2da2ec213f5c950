// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GroupTest} from "./GroupTest.sol";

contract RefundFromTest is GroupTest {
    uint256 private constant GRACE = 5 days;
    uint256 private constant MAX_WAIT = 30 days;
    uint256 private constant RESTORED = NOW + ADD_DELAY; // by `_restore`

    function test_GivenTheGroupNeverFellBelow() external {
        vm.assertEq(groups.MAX_WAIT(), MAX_WAIT);
        _assertFrom(NOW, NOW + GRACE);
        _retire(0);
        _retire(1);
        _add(_relayer(NEW));
        _assertFrom(NOW, NOW + GRACE);
    }

    function test_GivenTheGroupIsBelow() external {
        _fall();
        _assertFrom(NOW, NOW + GRACE + MAX_WAIT);
        vm.warp(NOW + 900 days);
        _assertFrom(NOW, NOW + GRACE + MAX_WAIT);
    }

    function test_GivenTheGroupCameBackLongBeforeExpiry() external {
        _restore();
        _assertFrom(RESTORED, RESTORED + GRACE);
        _assertFrom(RESTORED + 100 days, RESTORED + 100 days + GRACE);
    }

    function test_GivenOneGraceAfterItIsLater() external {
        _restore();
        _assertFrom(RESTORED - 1, RESTORED + GRACE);
        _assertFrom(RESTORED - MAX_WAIT, RESTORED + GRACE);
    }

    function test_GivenItCameBackMoreThan30DaysAfterExpiry() external {
        _restore();
        _assertFrom(RESTORED - MAX_WAIT - 1, RESTORED - 1 + GRACE);
        _assertFrom(RESTORED - 400 days, RESTORED - 370 days + GRACE);
    }

    function test_GivenItCameBackAndFellAgain() external {
        _restore();
        _retire(3);
        _assertFrom(RESTORED + 100 days, RESTORED + 130 days + GRACE);
    }

    function test_GivenTheGroupIsClosedToNewOrders() external {
        vm.startPrank(GUARDIAN);
        groups.closeGroup(group);
        vm.stopPrank();
        _assertFrom(NOW, NOW + GRACE);
        _restore();
        _assertFrom(RESTORED - 1, RESTORED + GRACE);
    }

    /// @dev Whatever happens to the group: never before expiry and grace, never more than 30 days later.
    function testFuzz_WhateverHappenedToTheGroup(uint256 expiry, uint256 grace, uint256 retired, bool back) external {
        expiry = bound(expiry, NOW - 400 days, NOW + 400 days);
        grace = bound(grace, 0, 90 days);
        retired = bound(retired, 0, MEMBERS);
        for (uint256 i; i < retired; ++i) _retire(i);
        if (back) _add(_relayer(NEW));
        uint256 from = groups.refundFrom(group, expiry, grace);
        vm.assertGe(from, expiry + grace);
        vm.assertLe(from, expiry + grace + MAX_WAIT);
    }

    function _fall() private {
        for (uint256 i; i < 3; ++i) _retire(i);
    }

    function _restore() private {
        _fall();
        _add(_relayer(NEW));
    }

    function _assertFrom(uint256 expiry, uint256 from) private view {
        vm.assertEq(groups.refundFrom(group, expiry, GRACE), from);
    }
}
