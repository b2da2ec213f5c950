// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";
import {GroupTest} from "./GroupTest.sol";

contract CloseGroupTest is GroupTest {
    function test_RevertWhen_TheCallerDoesNotHoldTheRole() external {
        address[4] memory callers = [STRANGER, RELAYER_ADMIN, _relayer(0), ADMIN];
        for (uint256 i; i < callers.length; ++i) {
            _expectUnauthorized(callers[i]);
            groups.closeGroup(group);
            _expectUnauthorized(callers[i]);
            groups.reopenGroup(group);
        }
    }

    function test_RevertWhen_TheGroupIsNotRegistered() external {
        uint40[2] memory unknown = [0, group + 1];
        for (uint256 i; i < unknown.length; ++i) {
            _expectUnknown(unknown[i]);
            _close(unknown[i]);
            _expectUnknown(unknown[i]);
            _reopen(unknown[i]);
            _expectUnknown(unknown[i]);
            groups.checkGroup(unknown[i]);
        }
    }

    function test_RevertGiven_TheGroupIsClosedAlready() external {
        _close(group);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumGroupClosed.selector, group));
        _close(group);
    }

    function test_RevertGiven_TheGroupIsOpenAlready() external {
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumGroupNotClosed.selector, group));
        _reopen(group);
    }

    function test_GivenTheGroupIsClosed() external {
        address[] memory members = new address[](1);
        members[0] = _found(NEW + 1);
        uint40 another = _registerGroup(members, 1);
        vm.expectEmit(address(groups));
        emit IQuorum.GroupClosed(group);
        _close(group);
        _assertGroup(0, 0, GROUP_CLOSED);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumGroupClosed.selector, group));
        groups.checkGroup(group);
        groups.checkGroup(another);
    }

    function test_GivenTheGroupIsOpenAgain() external {
        for (uint256 i; i < 3; ++i) _retire(i);
        _close(group);
        vm.expectEmit(address(groups));
        emit IQuorum.GroupReopened(group);
        _reopen(group);
        _assertGroup(7, 0, GROUP_BELOW);
        groups.checkGroup(group);
    }

    function _close(uint40 id) private {
        vm.prank(GUARDIAN);
        groups.closeGroup(id);
    }

    function _reopen(uint40 id) private {
        vm.prank(GUARDIAN);
        groups.reopenGroup(id);
    }
}

/// @dev What the pause means to orders.
contract ClosedGroupTest is EscrowBase {
    function test_GivenTheGroupIsClosed_OnlyNewOrdersAreRefused() external {
        OrderTerms memory terms = _terms();
        bytes32 order = _create(terms);
        quorum.closeGroup(group);

        OrderTerms memory next = _termsOf(_line(1, 1));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumGroupClosed.selector, group));
        vm.prank(buyer);
        escrow.createOrder(next);

        _confirm(terms, _report(0, 400));
        vm.assertEq(token.balanceOf(supplier), (TOTAL * 400) / ORDERED);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
        vm.assertEq(_status(order), 3);
    }
}
