// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IdentityTest} from "./IdentityTest.sol";
import {IOrganisationRegistry} from "../../contracts/identity/IOrganisationRegistry.sol";

/// @dev A wallet contract that consents to what its owner has told it to.
contract Wallet {
    bytes32 private immutable EXPECTED;

    constructor(bytes32 expected) {
        EXPECTED = expected;
    }

    function isValidSignature(bytes32, bytes calldata signature) external view returns (bytes4) {
        return keccak256(signature) == EXPECTED ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev What members do: OrganisationRegistry.tree, setProfile to removeAccount.
contract OrganisationMembersTest is IdentityTest {
    event OrganisationProfileChanged(uint64 indexed organisation, bytes32 profile);
    event AccountAdded(uint64 indexed organisation, address indexed account);
    event AccountRemoved(uint64 indexed organisation, address indexed account);

    uint64 private id;

    function setUp() public override {
        super.setUp();
        id = _register(BUYER, 0);
    }

    // ---- setProfile ----

    function test_setProfile_whenCallerIsAStranger() public {
        _expectNotMember(STRANGER);
        organisations.setProfile(keccak256("new"));
    }

    function test_setProfile_whenSuspended() public {
        _suspend(id);
        _expectNotMember(BUYER);
        organisations.setProfile(keccak256("new"));
    }

    function test_setProfile() public {
        vm.expectEmit(true, true, true, true, address(organisations));
        emit OrganisationProfileChanged(id, keccak256("new"));
        vm.prank(BUYER);
        organisations.setProfile(keccak256("new"));
        vm.assertEq(organisations.organisation(id).profile, keccak256("new"));
    }

    // ---- addAccount ----

    function test_addAccount_whenCallerIsAStranger() public {
        bytes memory consent = _consent(CLERK_KEY, id, 0, NOW);
        _expectNotMember(STRANGER);
        organisations.addAccount(CLERK, NOW, consent);
    }

    function test_addAccount_whenSuspended() public {
        bytes memory consent = _consent(CLERK_KEY, id, 0, NOW);
        _suspend(id);
        _expectNotMember(BUYER);
        organisations.addAccount(CLERK, NOW, consent);
    }

    function test_addAccount_whenAccountIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationAccountZero.selector));
        vm.prank(BUYER);
        organisations.addAccount(address(0), NOW, "");
    }

    function test_addAccount_whenAccountIsTaken() public {
        uint64 other = _register(CLERK, 0);
        bytes memory consent = _consent(CLERK_KEY, id, 0, NOW);
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationAccountTaken.selector, CLERK, other));
        vm.prank(BUYER);
        organisations.addAccount(CLERK, NOW, consent);
    }

    function test_addAccount_whenDeadlineIsPast() public {
        _expectNoConsent(NOW - 1, _consent(CLERK_KEY, id, 0, NOW - 1));
    }

    function test_addAccount_whenAnotherSigned() public {
        _expectNoConsent(NOW, _consent(BUYER_KEY, id, 0, NOW));
    }

    function test_addAccount_whenSignedForAnotherOrganisation() public {
        _expectNoConsent(NOW, _consent(CLERK_KEY, id + 1, 0, NOW));
    }

    function test_addAccount_whenSignedForAnotherNonce() public {
        _expectNoConsent(NOW, _consent(CLERK_KEY, id, 1, NOW));
    }

    function test_addAccount_whenSignedForAnotherDeadline() public {
        _expectNoConsent(NOW + 1, _consent(CLERK_KEY, id, 0, NOW));
    }

    function test_addAccount_givenItJoinedAndLeft() public {
        _join(id);
        vm.prank(CLERK);
        organisations.removeAccount(CLERK);
        _expectNoConsent(NOW, _consent(CLERK_KEY, id, 0, NOW));
    }

    function test_addAccount_whenAContractConsents() public {
        address wallet = address(new Wallet(keccak256("yes")));
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationConsent.selector, wallet, NOW));
        vm.prank(BUYER);
        organisations.addAccount(wallet, NOW, "no");
        vm.prank(BUYER);
        organisations.addAccount(wallet, NOW, "yes");
        vm.assertEq(organisations.organisationOf(wallet), id);
    }

    function test_addAccount() public {
        bytes memory consent = _consent(CLERK_KEY, id, 0, NOW);
        vm.expectEmit(true, true, true, true, address(organisations));
        emit AccountAdded(id, CLERK);
        vm.prank(BUYER);
        organisations.addAccount(CLERK, NOW, consent);
        vm.assertEq(organisations.activeOrganisationOf(CLERK, 0), id);
        vm.assertEq(organisations.organisation(id).accounts, 2);
        vm.assertEq(organisations.nonces(CLERK), 1);
    }

    // ---- removeAccount ----

    function test_removeAccount_whenCallerIsAStranger() public {
        _expectNotMember(STRANGER);
        organisations.removeAccount(BUYER);
    }

    function test_removeAccount_whenSuspended() public {
        _join(id);
        _suspend(id);
        _expectNotMember(BUYER);
        organisations.removeAccount(CLERK);
    }

    function test_removeAccount_whenForeign() public {
        uint64 other = _register(CLERK, 0);
        bytes4 selector = IOrganisationRegistry.OrganisationAccountForeign.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, CLERK, other));
        vm.prank(BUYER);
        organisations.removeAccount(CLERK);
        vm.expectRevert(abi.encodeWithSelector(selector, STRANGER, uint64(0)));
        vm.prank(BUYER);
        organisations.removeAccount(STRANGER);
    }

    function test_removeAccount_givenItIsTheLast() public {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationLastAccount.selector, id));
        vm.prank(BUYER);
        organisations.removeAccount(BUYER);
    }

    function test_removeAccount() public {
        _join(id);
        vm.expectEmit(true, true, true, true, address(organisations));
        emit AccountRemoved(id, BUYER);
        vm.prank(CLERK);
        organisations.removeAccount(BUYER);
        vm.assertEq(organisations.organisationOf(BUYER), 0);
        vm.assertEq(organisations.organisation(id).accounts, 1);
        vm.assertEq(_register(BUYER, 0), id + 1);
    }

    function test_removeAccount_whenItIsItsOwn() public {
        _join(id);
        vm.prank(BUYER);
        organisations.removeAccount(BUYER);
        vm.assertEq(organisations.organisationOf(BUYER), 0);
        vm.assertEq(organisations.organisationOf(CLERK), id);
    }

    // ---- Internal ----

    /// @dev The next call comes from `caller` and reverts.
    function _expectNotMember(address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationCallerNotMember.selector, caller));
        vm.prank(caller);
    }

    function _expectNoConsent(uint256 deadline, bytes memory consent) private {
        vm.expectRevert(abi.encodeWithSelector(IOrganisationRegistry.OrganisationConsent.selector, CLERK, deadline));
        vm.prank(BUYER);
        organisations.addAccount(CLERK, deadline, consent);
        vm.assertEq(organisations.organisationOf(CLERK), 0);
    }
}
