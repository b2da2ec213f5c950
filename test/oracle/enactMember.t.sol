// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Roles} from "../../contracts/access/Roles.sol";
import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {GroupTest} from "./GroupTest.sol";

contract EnactMemberTest is GroupTest {
    function test_RevertGiven_TheAccountWasNotAnnounced() external {
        _expectRefusal(_relayer(NEW), _notProposed());
        uint40 other = group;
        _add(_relayer(NEW));
        _expectRefusal(_relayer(NEW), _notProposed());
        delete list;
        list.push(_found(NEW + 1));
        group = _registerGroup(list, 1);
        _propose(_relayer(NEW));
        vm.warp(block.timestamp + ADD_DELAY);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumNotProposed.selector, other, _relayer(NEW)));
        groups.enactMember(other, _packed(), _relayer(NEW));
    }

    function test_RevertGiven_TheAccountWasCancelled() external {
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY);
        _cancel(_relayer(NEW));
        _expectRefusal(_relayer(NEW), _notProposed());
    }

    function test_RevertWhen_TheAnnouncedTimeHasNotCome() external {
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY - 1);
        _expectRefusal(
            _relayer(NEW),
            abi.encodeWithSelector(IQuorum.QuorumTooEarly.selector, NOW + ADD_DELAY - 1, NOW + ADD_DELAY)
        );
        vm.warp(NOW + ADD_DELAY);
        _enact(_relayer(NEW));
    }

    function test_RevertWhen_TheMembersAreNotTheGroups() external {
        address another = _found(NEW + 1);
        _propose(_relayer(NEW));
        _propose(another);
        vm.warp(NOW + ADD_DELAY);
        bytes memory old = _packed();
        _enact(another);
        // The list that held when it was announced is another by now.
        _expectUnknown(group);
        groups.enactMember(group, old, _relayer(NEW));
        _enact(_relayer(NEW));
    }

    function test_RevertGiven_TheListIsFullByNow() external {
        delete list;
        for (uint256 i; i < 31; ++i) list.push(_found(200 + i));
        group = _registerGroup(list, 2);
        address another = _found(NEW + 1);
        _propose(another);
        _add(_relayer(NEW));
        vm.assertEq(list.length, 32);
        _expectRefusal(another, abi.encodeWithSelector(IQuorum.QuorumSize.selector, 33, 2));
        vm.prank(GUARDIAN);
        groups.retireMember(group, _packed(), 31);
        vm.assertEq(groups.groupOf(group).retired, 1 << 31);
    }

    function test_RevertGiven_TheAccountBelongsToNoActiveRelayerOperatorByNow() external {
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY);
        _suspend(organisations.organisationOf(_relayer(NEW)));
        _expectRefusal(_relayer(NEW), abi.encodeWithSelector(IQuorum.QuorumMemberNotRelayer.selector, _relayer(NEW)));
    }

    function test_RevertGiven_ItsOrganisationHasALiveMemberByNow() external {
        uint64 organisation = organisations.organisationOf(_relayer(NEW));
        address second = _joinSecond(NEW);
        _propose(_relayer(NEW));
        _propose(second);
        vm.warp(NOW + ADD_DELAY);
        _enact(_relayer(NEW));
        _expectRefusal(second, abi.encodeWithSelector(IQuorum.QuorumOrganisationTwice.selector, organisation));
        // Once that one is retired, the other may follow it.
        _retire(MEMBERS);
        _enact(second);
        _assertGroup(1 << MEMBERS, 0, 0);
    }

    function test_RevertGiven_ALiveMembersAccountLeftItsOrganisationByNow() external {
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY);
        _joinSecond(0);
        _leave(0);
        _expectRefusal(_relayer(NEW), abi.encodeWithSelector(IQuorum.QuorumMemberLeft.selector, list[0]));
        _retire(0);
        _enact(_relayer(NEW));
    }

    function test_WhenAllIsInOrder() external {
        _retire(1);
        _propose(_relayer(NEW));
        vm.warp(NOW + 365 days);
        bytes memory longer = bytes.concat(_packed(), bytes20(_relayer(NEW)));
        vm.expectEmit(address(groups));
        emit IQuorum.MemberAdded(group, _relayer(NEW), longer, false);
        vm.prank(STRANGER);
        _enact(_relayer(NEW));
        vm.assertEq(_packed(), longer);
        _assertGroup(2, 0, 0);
        vm.assertEq(groups.proposalOf(group, _relayer(NEW)), 0);
    }

    function test_GivenItStillIsBelowWithTheNewMember() external {
        for (uint256 i; i < 4; ++i) _retire(i);
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY);
        vm.expectEmit(address(groups));
        emit IQuorum.MemberAdded(group, _relayer(NEW), bytes.concat(_packed(), bytes20(_relayer(NEW))), true);
        _enact(_relayer(NEW));
        _assertGroup(15, 0, GROUP_BELOW);
    }

    function test_GivenItComesBackToItsThreshold() external {
        for (uint256 i; i < 3; ++i) _retire(i);
        _add(_relayer(NEW));
        _assertGroup(7, NOW + ADD_DELAY, 0);
        // One more is no second restoration; to fall below and come back is.
        _add(_found(NEW + 1));
        _assertGroup(7, NOW + ADD_DELAY, 0);
        _retire(3);
        _retire(4);
        _assertGroup(31, NOW + ADD_DELAY, GROUP_BELOW);
        _add(_found(NEW + 2));
        _assertGroup(31, NOW + 3 * ADD_DELAY, 0);
    }

    function test_GivenTheGroupIsClosedToNewOrders() external {
        vm.prank(GUARDIAN);
        groups.closeGroup(group);
        for (uint256 i; i < 3; ++i) _retire(i);
        _add(_relayer(NEW));
        _assertGroup(7, NOW + ADD_DELAY, GROUP_CLOSED);
    }

    function test_GivenTheMemberWasRetiredAfterItJoined() external {
        _add(_relayer(NEW));
        _retire(MEMBERS);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumMemberAlready.selector, _relayer(NEW)));
        _propose(_relayer(NEW));
    }

    /// @dev An administrator may take every delay of the AccessManager away, and even the guardian's role.
    function test_WhateverTheDelayOfTheRoleThatAnnounces() external {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IQuorum.enactMember.selector;
        vm.startPrank(ADMIN);
        manager.grantRole(Roles.RELAYER_ADMIN, ADMIN, 0);
        manager.revokeRole(Roles.GUARDIAN, GUARDIAN);
        manager.setTargetFunctionRole(address(groups), selectors, Roles.RELAYER_ADMIN);
        groups.proposeMember(group, _packed(), _relayer(NEW));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumTooEarly.selector, NOW, NOW + ADD_DELAY));
        groups.enactMember(group, _packed(), _relayer(NEW));
        vm.stopPrank();
    }

    function _notProposed() private view returns (bytes memory) {
        return abi.encodeWithSelector(IQuorum.QuorumNotProposed.selector, group, _relayer(NEW));
    }

    function _expectRefusal(address member, bytes memory reason) private {
        vm.expectRevert(reason);
        groups.enactMember(group, _packed(), member);
    }
}
