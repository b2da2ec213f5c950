// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IdentityTest} from "./IdentityTest.sol";
import {IOrganisationRegistry} from "../../contracts/identity/IOrganisationRegistry.sol";
import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";

/// @dev What the registrar and the recoverer do. Members: OrganisationMembers.t.sol.
contract OrganisationRegistryTest is IdentityTest {
    event OrganisationRegistered(uint64 indexed organisation, uint32 kinds, bytes32 profile);
    event OrganisationStatusChanged(uint64 indexed organisation, IOrganisationRegistry.Status status);
    event OrganisationKindsChanged(uint64 indexed organisation, uint32 kinds);
    event AccountAdded(uint64 indexed organisation, address indexed account);
    event AccountsReplaced(uint64 indexed organisation, uint32 generation);

    // ---- register ----

    function test_register_whenCallerIsNoRegistrar() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
        vm.prank(STRANGER);
        organisations.register(OrganisationKinds.BUYER, PROFILE, BUYER);
    }

    function test_register_whenAccountIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationAccountZero.selector));
        _register(address(0), OrganisationKinds.BUYER);
    }

    function test_register_whenAccountIsTaken() public {
        uint64 first = _register(BUYER, OrganisationKinds.BUYER);
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationAccountTaken.selector, BUYER, first));
        _register(BUYER, OrganisationKinds.SUPPLIER);
    }

    function test_register() public {
        vm.expectEmit(true, true, true, true, address(organisations));
        emit OrganisationRegistered(1, OrganisationKinds.BUYER, PROFILE);
        vm.expectEmit(true, true, true, true, address(organisations));
        emit AccountAdded(1, BUYER);
        vm.assertEq(_register(BUYER, OrganisationKinds.BUYER), 1);
        vm.assertEq(_register(CLERK, OrganisationKinds.SUPPLIER), 2);
        vm.assertEq(organisations.organisationCount(), 2);

        IOrganisationRegistry.Organisation memory first = organisations.organisation(1);
        vm.assertTrue(first.status == IOrganisationRegistry.Status.Active);
        vm.assertEq(first.kinds, OrganisationKinds.BUYER);
        vm.assertEq(first.accounts, 1);
        vm.assertEq(first.generation, 0);
        vm.assertEq(first.profile, PROFILE);
        vm.assertEq(organisations.organisationOf(BUYER), 1);
        vm.assertEq(organisations.organisationOf(CLERK), 2);
        vm.assertEq(organisations.organisationOf(STRANGER), 0);
        vm.assertTrue(organisations.organisation(3).status == IOrganisationRegistry.Status.None);
    }

    // ---- setStatus ----

    function test_setStatus_whenCallerIsNoRegistrar() public {
        uint64 id = _register(BUYER, 0);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, BUYER));
        vm.prank(BUYER);
        organisations.setStatus(id, IOrganisationRegistry.Status.Suspended);
    }

    function test_setStatus_givenNoSuchOrganisation() public {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationUnknown.selector, uint64(1)));
        _suspend(1);
    }

    function test_setStatus_whenNoneOrPresent() public {
        uint64 id = _register(BUYER, 0);
        IOrganisationRegistry.Status active = IOrganisationRegistry.Status.Active;
        bytes4 selector = IOrganisationRegistry.OrganisationStatus.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, IOrganisationRegistry.Status.None, active));
        vm.prank(REGISTRAR);
        organisations.setStatus(id, IOrganisationRegistry.Status.None);
        vm.expectRevert(abi.encodeWithSelector(selector, active, active));
        vm.prank(REGISTRAR);
        organisations.setStatus(id, active);
    }

    function test_setStatus() public {
        uint64 id = _register(BUYER, OrganisationKinds.BUYER);
        vm.expectEmit(true, true, true, true, address(organisations));
        emit OrganisationStatusChanged(id, IOrganisationRegistry.Status.Suspended);
        _suspend(id);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, OrganisationKinds.BUYER), 0);
        vm.assertEq(organisations.organisationOf(BUYER), id);

        vm.expectEmit(true, true, true, true, address(organisations));
        emit OrganisationStatusChanged(id, IOrganisationRegistry.Status.Active);
        vm.prank(REGISTRAR);
        organisations.setStatus(id, IOrganisationRegistry.Status.Active);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, OrganisationKinds.BUYER), id);
    }

    // ---- setKinds ----

    function test_setKinds_whenCallerIsNoRegistrar() public {
        uint64 id = _register(BUYER, 0);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, BUYER));
        vm.prank(BUYER);
        organisations.setKinds(id, OrganisationKinds.RELAYER_OPERATOR);
    }

    function test_setKinds_givenNoSuchOrganisation() public {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationUnknown.selector, uint64(7)));
        vm.prank(REGISTRAR);
        organisations.setKinds(7, OrganisationKinds.BUYER);
    }

    function test_setKinds() public {
        uint64 id = _register(BUYER, OrganisationKinds.AUDITOR);
        uint32 both = OrganisationKinds.BUYER | OrganisationKinds.SUPPLIER;
        vm.expectEmit(true, true, true, true, address(organisations));
        emit OrganisationKindsChanged(id, both);
        vm.prank(REGISTRAR);
        organisations.setKinds(id, both);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, 0), id);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, OrganisationKinds.SUPPLIER), id);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, both), id);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, OrganisationKinds.AUDITOR), 0);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, OrganisationKinds.BUYER | OrganisationKinds.BANK), 0);
        vm.assertEq(organisations.activeOrganisationOf(STRANGER, 0), 0);
    }

    // ---- recoverAccount ----

    function test_recoverAccount_whenCallerIsNoRecoverer() public {
        uint64 id = _register(BUYER, 0);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, REGISTRAR));
        vm.prank(REGISTRAR);
        organisations.recoverAccount(id, STRANGER);
    }

    function test_recoverAccount_givenNoSuchOrganisation() public {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationUnknown.selector, uint64(9)));
        _recover(9, STRANGER);
    }

    function test_recoverAccount_whenAccountIsZero() public {
        uint64 id = _register(BUYER, 0);
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationAccountZero.selector));
        _recover(id, address(0));
    }

    function test_recoverAccount_whenAccountIsAnothers() public {
        uint64 id = _register(BUYER, 0);
        uint64 other = _register(STRANGER, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IOrganisationRegistry.OrganisationAccountTaken.selector, STRANGER, other)
        );
        _recover(id, STRANGER);
    }

    function test_recoverAccount_whenAccountIsItsOwn() public {
        uint64 id = _register(BUYER, 0);
        _join(id);
        _recover(id, CLERK);
        vm.assertEq(organisations.organisationOf(CLERK), id);
        vm.assertEq(organisations.organisationOf(BUYER), 0);
        vm.assertEq(organisations.organisation(id).accounts, 1);
    }

    function test_recoverAccount() public {
        uint64 id = _register(BUYER, OrganisationKinds.BUYER);
        _join(id);
        vm.expectEmit(true, true, true, true, address(organisations));
        emit AccountsReplaced(id, 1);
        vm.expectEmit(true, true, true, true, address(organisations));
        emit AccountAdded(id, STRANGER);
        _recover(id, STRANGER);

        vm.assertEq(organisations.activeOrganisationOf(STRANGER, OrganisationKinds.BUYER), id);
        vm.assertEq(organisations.activeOrganisationOf(BUYER, 0), 0);
        vm.assertEq(organisations.activeOrganisationOf(CLERK, 0), 0);
        vm.assertEq(organisations.organisation(id).accounts, 1);
        vm.assertEq(organisations.organisation(id).generation, 1);
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationLastAccount.selector, id));
        vm.prank(STRANGER);
        organisations.removeAccount(STRANGER);
        vm.assertEq(_register(BUYER, 0), id + 1);
    }

    function test_recoverAccount_whateverCameBefore() public {
        uint64 id = _register(BUYER, 0);
        _recover(id, STRANGER);
        _recover(id, CLERK);
        vm.assertEq(organisations.organisationOf(BUYER), 0);
        vm.assertEq(organisations.organisationOf(STRANGER), 0);
        vm.assertEq(organisations.organisationOf(CLERK), id);
    }

    function _recover(uint64 id, address account) private {
        vm.prank(RECOVERER);
        organisations.recoverAccount(id, account);
    }
}
