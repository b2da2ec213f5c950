// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Roles} from "../../contracts/access/Roles.sol";
import {IOrganisationRegistry} from "../../contracts/identity/IOrganisationRegistry.sol";
import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

contract RegisterGroupTest is EscrowBase {
    function test_RevertWhen_TheCallerDoesNotHoldTheRole() external {
        address[] memory accounts = _accounts(1);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, other));
        vm.prank(other);
        quorum.registerGroup(accounts, 1);
    }

    function test_WhenTheCallerHoldsTheRole() external {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IQuorum.registerGroup.selector;
        manager.setTargetFunctionRole(address(escrow), selectors, Roles.RELAYER_ADMIN);
        manager.grantRole(Roles.RELAYER_ADMIN, other, 0);
        address[] memory accounts = _accounts(1);
        vm.prank(other);
        vm.assertEq(quorum.registerGroup(accounts, 1), otherGroup + 1);
    }

    function test_RevertWhen_ThereIsNoMember() external {
        _expectRevert(new address[](0), 0, abi.encodeWithSelector(IQuorum.QuorumSize.selector, 0, 0));
        _expectRevert(new address[](0), 1, abi.encodeWithSelector(IQuorum.QuorumSize.selector, 0, 1));
    }

    function test_RevertWhen_ThereAreMoreThan32Members() external {
        _expectRevert(_accounts(33), 5, abi.encodeWithSelector(IQuorum.QuorumSize.selector, 33, 5));
    }

    function test_RevertWhen_TheThresholdIsZeroOrTooHigh() external {
        address[] memory accounts = _accounts(3);
        _expectRevert(accounts, 0, abi.encodeWithSelector(IQuorum.QuorumSize.selector, 3, 0));
        _expectRevert(accounts, 4, abi.encodeWithSelector(IQuorum.QuorumSize.selector, 3, 4));
    }

    function test_RevertWhen_AMemberBelongsToNoOrganisation() external {
        address[] memory accounts = _accounts(3);
        accounts[1] = other;
        _expectRevert(accounts, 2, abi.encodeWithSelector(IQuorum.QuorumMemberNotRelayer.selector, other));
        accounts[1] = address(0);
        _expectRevert(accounts, 2, abi.encodeWithSelector(IQuorum.QuorumMemberNotRelayer.selector, address(0)));
    }

    function test_RevertWhen_AMembersOrganisationIsSuspended() external {
        address[] memory accounts = _accounts(3);
        registry.setStatus(registry.organisationOf(accounts[2]), IOrganisationRegistry.Status.Suspended);
        _expectRevert(accounts, 2, abi.encodeWithSelector(IQuorum.QuorumMemberNotRelayer.selector, accounts[2]));
    }

    function test_RevertWhen_AMembersOrganisationIsNoRelayerOperator() external {
        address[] memory accounts = _accounts(3);
        registry.register(OrganisationKinds.BUYER | OrganisationKinds.AUDITOR, bytes32(0), other);
        accounts[0] = other;
        _expectRevert(accounts, 2, abi.encodeWithSelector(IQuorum.QuorumMemberNotRelayer.selector, other));
    }

    function test_RevertWhen_TwoMembersBelongToOneOrganisation() external {
        address[] memory accounts = _accounts(3);
        uint64 organisation = registry.organisationOf(accounts[0]);
        accounts[2] = accounts[0];
        bytes memory twice = abi.encodeWithSelector(IQuorum.QuorumOrganisationTwice.selector, organisation);
        _expectRevert(accounts, 2, twice);
    }

    function test_WhenAllIsInOrder() external {
        address[] memory accounts = _accounts(32);
        vm.expectEmit(address(escrow));
        emit IQuorum.GroupRegistered(otherGroup + 1, 21, accounts);
        uint40 id = quorum.registerGroup(accounts, 21);

        vm.assertEq(group, 1);
        vm.assertEq(id, otherGroup + 1);
        bytes memory packed;
        for (uint256 i; i < 32; ++i) packed = bytes.concat(packed, bytes20(accounts[i]));
        IQuorum.Group memory registered = quorum.groupOf(id);
        vm.assertEq(registered.members, uint168(uint256(keccak256(packed))));
        vm.assertEq(registered.threshold, 21);
        vm.assertEq(uint256(registered.retired) + registered.restored + registered.flags, 0);
        vm.assertEq(quorum.groupOf(id + 1).threshold, 0);
    }

    function test_WhenAllMembersMustSign() external {
        vm.assertEq(quorum.groupOf(quorum.registerGroup(_accounts(4), 4)).threshold, 4);
    }

    function _accounts(uint256 count) private returns (address[] memory accounts) {
        accounts = new address[](count);
        for (uint256 i; i < count; ++i) {
            accounts[i] = vm.addr(_key("candidate", i));
            registry.register(OrganisationKinds.RELAYER_OPERATOR | OrganisationKinds.BANK, bytes32(0), accounts[i]);
        }
    }

    function _expectRevert(address[] memory accounts, uint8 threshold, bytes memory reason) private {
        vm.expectRevert(reason);
        quorum.registerGroup(accounts, threshold);
    }
}
