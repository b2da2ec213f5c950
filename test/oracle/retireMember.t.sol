// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {GroupTest} from "./GroupTest.sol";

contract RetireMemberTest is GroupTest {
    function test_RevertWhen_TheGroupIsNotRegistered() external {
        _expectUnknown(group + 1);
        vm.prank(GUARDIAN);
        groups.retireMember(group + 1, _packed(), 0);
        _expectUnknown(0);
        vm.prank(GUARDIAN);
        groups.retireMember(0, "", 0);
    }

    function test_RevertWhen_TheMembersAreNotTheGroups() external {
        _expectWrong(bytes.concat(_packed(), bytes20(_relayer(NEW))));
        _expectWrong(bytes.concat(_packed(), hex"00"));
        _expectWrong("");
        (list[0], list[1]) = (list[1], list[0]);
        _expectWrong(_packed());
    }

    function test_RevertWhen_TheIndexIsBeyondTheMembers() external {
        uint256[3] memory beyond = [MEMBERS, 32, type(uint256).max];
        for (uint256 i; i < beyond.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumMemberIndex.selector, beyond[i], MEMBERS));
            vm.prank(GUARDIAN);
            groups.retireMember(group, _packed(), beyond[i]);
        }
    }

    function test_RevertWhen_TheCallerIsNeitherAGuardianNorTheMember() external {
        address[4] memory callers = [STRANGER, RELAYER_ADMIN, _relayer(1), ADMIN];
        for (uint256 i; i < callers.length; ++i) {
            _expectUnauthorized(callers[i]);
            groups.retireMember(group, _packed(), 2);
        }
    }

    function test_RevertGiven_TheMemberIsRetired() external {
        _retire(2);
        bytes memory twice = abi.encodeWithSelector(IQuorum.QuorumMemberRetired.selector, list[2]);
        vm.expectRevert(twice);
        vm.prank(GUARDIAN);
        groups.retireMember(group, _packed(), 2);
        vm.expectRevert(twice);
        vm.prank(list[2]);
        groups.retireMember(group, _packed(), 2);
    }

    function test_WhenAGuardianCalls() external {
        vm.expectEmit(address(groups));
        emit IQuorum.MemberRetired(group, list[4], false);
        _retire(4);
        _assertGroup(16, 0, 0);
    }

    function test_WhenTheMemberItselfCalls() external {
        vm.expectEmit(address(groups));
        emit IQuorum.MemberRetired(group, list[0], false);
        vm.prank(list[0]);
        groups.retireMember(group, _packed(), 0);
        _assertGroup(1, 0, 0);
    }

    /// @dev A member whose account left its organisation can still be retired, by itself too.
    function test_WhenTheMemberHasNoOrganisation() external {
        _joinSecond(1);
        _leave(1);
        vm.prank(list[1]);
        groups.retireMember(group, _packed(), 1);
        _assertGroup(2, 0, 0);
    }

    function test_GivenKLiveMembersAreLeft() external {
        _retire(0);
        _retire(1);
        _assertGroup(3, 0, 0);
    }

    function test_GivenFewerLiveMembersAreLeft() external {
        _retire(0);
        _retire(1);
        vm.expectEmit(address(groups));
        emit IQuorum.MemberRetired(group, list[2], true);
        _retire(2);
        _assertGroup(7, 0, GROUP_BELOW);
        _retire(3);
        _retire(4);
        _assertGroup(31, 0, GROUP_BELOW);
    }

    function test_GivenTheGroupIsClosedToNewOrders() external {
        vm.prank(GUARDIAN);
        groups.closeGroup(group);
        _retire(0);
        _assertGroup(1, 0, GROUP_CLOSED);
        _retire(1);
        _retire(2);
        _assertGroup(7, 0, GROUP_CLOSED | GROUP_BELOW);
    }

    function _expectWrong(bytes memory members) private {
        _expectUnknown(group);
        vm.prank(GUARDIAN);
        groups.retireMember(group, members, 0);
    }
}
