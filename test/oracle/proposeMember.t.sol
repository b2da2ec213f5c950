// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {GroupTest} from "./GroupTest.sol";

contract ProposeMemberTest is GroupTest {
    function test_RevertWhen_TheCallerDoesNotHoldTheRole() external {
        address[5] memory callers = [STRANGER, GUARDIAN, _relayer(0), _relayer(NEW), ADMIN];
        for (uint256 i; i < callers.length; ++i) {
            _expectUnauthorized(callers[i]);
            groups.proposeMember(group, _packed(), _relayer(NEW));
        }
    }

    function test_RevertWhen_TheGroupIsNotRegisteredOrTheMembersAreNotItsOwn() external {
        _expectUnknown(group + 1);
        vm.prank(RELAYER_ADMIN);
        groups.proposeMember(group + 1, _packed(), _relayer(NEW));
        (list[3], list[4]) = (list[4], list[3]);
        _expectUnknown(group);
        _propose(_relayer(NEW));
    }

    function test_RevertWhen_TheGroupHas32Members() external {
        delete list;
        for (uint256 i; i < 32; ++i) list.push(_found(200 + i));
        group = _registerGroup(list, 2);
        bytes memory full = abi.encodeWithSelector(IQuorum.QuorumSize.selector, 33, 2);
        _expectRefusal(_relayer(NEW), full);
        _retire(7);
        _expectRefusal(_relayer(NEW), full);
    }

    function test_RevertWhen_TheAccountBelongsToNoActiveRelayerOperator() external {
        _register(BUYER, OrganisationKinds.BUYER);
        address suspended = _relayer(NEW);
        _suspend(organisations.organisationOf(suspended));
        address[4] memory accounts = [STRANGER, address(0), BUYER, suspended];
        for (uint256 i; i < accounts.length; ++i) {
            _expectRefusal(accounts[i], abi.encodeWithSelector(IQuorum.QuorumMemberNotRelayer.selector, accounts[i]));
        }
    }

    function test_RevertWhen_TheAccountIsAMemberOrWasOne() external {
        bytes memory already = abi.encodeWithSelector(IQuorum.QuorumMemberAlready.selector, list[3]);
        _expectRefusal(list[3], already);
        _retire(3);
        _expectRefusal(list[3], already);
    }

    function test_RevertGiven_ALiveMemberIsOfTheSameOrganisation() external {
        uint64 organisation = organisations.organisationOf(list[4]);
        address second = _joinSecond(4);
        _expectRefusal(second, abi.encodeWithSelector(IQuorum.QuorumOrganisationTwice.selector, organisation));
        // A suspended organisation's member signs all the same.
        _suspend(organisations.organisationOf(list[0]));
        _propose(_relayer(NEW));
    }

    /// @dev Else an organisation would take its member's account out of the registry, and come in a second time.
    function test_RevertGiven_ALiveMembersAccountLeftItsOrganisation() external {
        address second = _joinSecond(1);
        _leave(1);
        bytes memory left = abi.encodeWithSelector(IQuorum.QuorumMemberLeft.selector, list[1]);
        _expectRefusal(second, left);
        _expectRefusal(_relayer(NEW), left);
        _retire(1);
        _propose(second);
    }

    function test_GivenTheOrganisationsMemberIsRetired() external {
        address second = _joinSecond(2);
        _retire(2);
        _propose(second);
        vm.assertEq(groups.proposalOf(group, second), NOW + ADD_DELAY);
    }

    function test_GivenTheAccountIsAnnouncedAlready() external {
        _propose(_relayer(NEW));
        vm.warp(NOW + ADD_DELAY - 1);
        _propose(_relayer(NEW));
        vm.assertEq(groups.proposalOf(group, _relayer(NEW)), NOW + 2 * ADD_DELAY - 1);
        vm.warp(NOW + 2 * ADD_DELAY - 2);
        vm.expectRevert(
            abi.encodeWithSelector(IQuorum.QuorumTooEarly.selector, block.timestamp, NOW + 2 * ADD_DELAY - 1)
        );
        groups.enactMember(group, _packed(), _relayer(NEW));
    }

    function test_GivenOthersAreAnnounced() external {
        address another = _found(NEW + 1);
        _propose(_relayer(NEW));
        vm.warp(NOW + 1);
        _propose(another);
        vm.assertEq(groups.proposalOf(group, _relayer(NEW)), NOW + ADD_DELAY);
        vm.assertEq(groups.proposalOf(group, another), NOW + 1 + ADD_DELAY);
        vm.assertEq(groups.proposalOf(group + 1, another), 0);
    }

    function test_WhenAllIsInOrder() external {
        vm.assertEq(groups.ADD_DELAY(), ADD_DELAY);
        vm.expectEmit(address(groups));
        emit IQuorum.MemberProposed(group, _relayer(NEW), uint40(NOW + ADD_DELAY));
        _propose(_relayer(NEW));
        vm.assertEq(groups.proposalOf(group, _relayer(NEW)), NOW + ADD_DELAY);
        _assertGroup(0, 0, 0);
    }

    function _expectRefusal(address member, bytes memory reason) private {
        vm.expectRevert(reason);
        _propose(member);
    }
}
