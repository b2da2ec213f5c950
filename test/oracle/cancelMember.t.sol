// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {GroupTest} from "./GroupTest.sol";

contract CancelMemberTest is GroupTest {
    function test_RevertWhen_TheCallerDoesNotHoldTheRole() external {
        _propose(_relayer(NEW));
        address[4] memory callers = [STRANGER, RELAYER_ADMIN, _relayer(0), ADMIN];
        for (uint256 i; i < callers.length; ++i) {
            _expectUnauthorized(callers[i]);
            groups.cancelMember(group, _relayer(NEW));
        }
    }

    function test_RevertGiven_TheAccountIsNotAnnouncedForThisGroup() external {
        _expectNotProposed(group, _relayer(NEW));
        _expectNotProposed(group, list[0]);
        _propose(_relayer(NEW));
        _expectNotProposed(group + 1, _relayer(NEW));
        _cancel(_relayer(NEW));
        _expectNotProposed(group, _relayer(NEW));
    }

    function test_GivenTheAccountIsAnnounced() external {
        address another = _found(NEW + 1);
        _propose(_relayer(NEW));
        _propose(another);
        vm.expectEmit(address(groups));
        emit IQuorum.MemberProposalCancelled(group, _relayer(NEW));
        _cancel(_relayer(NEW));
        vm.assertEq(groups.proposalOf(group, _relayer(NEW)), 0);
        vm.assertEq(groups.proposalOf(group, another), NOW + ADD_DELAY);
        _assertGroup(0, 0, 0);

        vm.warp(NOW + 30 days);
        _cancel(another);
        vm.assertEq(groups.proposalOf(group, another), 0);
    }

    /// @dev Cancelled and announced again: the delay is a new one.
    function test_GivenTheAccountIsAnnouncedAgain() external {
        _propose(_relayer(NEW));
        vm.warp(NOW + 5 days);
        _cancel(_relayer(NEW));
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY);
        vm.expectRevert(
            abi.encodeWithSelector(IQuorum.QuorumTooEarly.selector, NOW + ADD_DELAY, NOW + 5 days + ADD_DELAY)
        );
        groups.enactMember(group, _packed(), _relayer(NEW));
    }

    function _expectNotProposed(uint40 id, address member) private {
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumNotProposed.selector, id, member));
        vm.prank(GUARDIAN);
        groups.cancelMember(id, member);
    }
}
