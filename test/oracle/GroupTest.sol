// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Roles} from "../../contracts/access/Roles.sol";
import {IOrganisationRegistry} from "../../contracts/identity/IOrganisationRegistry.sol";
import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {GroupBook} from "../../contracts/oracle/GroupBook.sol";
import {RelayerGroups} from "../../contracts/oracle/RelayerGroups.sol";
import {IdentityTest} from "../identity/IdentityTest.sol";

/// @dev What an escrow asks its relayer groups, made visible.
contract Groups is RelayerGroups {
    constructor(address authority, IOrganisationRegistry registry) GroupBook(authority) RelayerGroups(registry) {}

    function checkGroup(uint256 group) external view {
        _checkGroup(group);
    }

    function refundFrom(uint256 group, uint256 expiry, uint256 grace) external view returns (uint256) {
        return _refundFrom(group, expiry, grace);
    }
}

/// @dev A group of five of which three must sign, roles wired as the deployment wires them, and the words to tell how
/// the group changes. Each relayer's organisation can have a second account, of the relayer's second key.
abstract contract GroupTest is IdentityTest {
    uint256 internal constant MEMBERS = 5;
    uint8 internal constant THRESHOLD = 3;
    uint256 internal constant ADD_DELAY = 7 days;
    uint256 internal constant NEW = 100; // the relayer that joins

    address internal immutable GUARDIAN = address(0x94a);
    address internal immutable RELAYER_ADMIN = address(0x4ea);

    Groups internal groups;
    uint40 internal group;
    address[] internal list; // the group's, in its order

    function setUp() public virtual override {
        super.setUp();
        groups = _deploy();
        vm.startPrank(ADMIN);
        _wireTo(Roles.RELAYER_ADMIN, IQuorum.registerGroup.selector, IQuorum.proposeMember.selector);
        _wireTo(Roles.GUARDIAN, IQuorum.retireMember.selector, IQuorum.cancelMember.selector);
        _wireTo(Roles.GUARDIAN, IQuorum.closeGroup.selector, IQuorum.reopenGroup.selector);
        manager.grantRole(Roles.RELAYER_ADMIN, RELAYER_ADMIN, 0);
        manager.grantRole(Roles.GUARDIAN, GUARDIAN, 0);
        vm.stopPrank();
        for (uint256 i; i < MEMBERS; ++i) list.push(_found(i));
        group = _registerGroup(list, THRESHOLD);
        _found(NEW);
    }

    /// @dev From the artifact, where `npm run mutate` puts its mistakes.
    function _deploy() private returns (Groups created) {
        bytes memory code = vm.getCode("test/oracle/GroupTest.sol:Groups");
        code = bytes.concat(code, abi.encode(manager, organisations));
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
    }

    // ---- parties

    function _relayer(uint256 index) internal pure returns (address) {
        return vm.addr(_key("relayer", index));
    }

    function _second(uint256 index) internal pure returns (address) {
        return vm.addr(_key("second", index));
    }

    /// @dev Registers the organisation of a relayer.
    function _found(uint256 index) internal returns (address account) {
        account = _relayer(index);
        _register(account, OrganisationKinds.RELAYER_OPERATOR | OrganisationKinds.BANK);
    }

    /// @dev Gives the organisation of a relayer its second account.
    function _joinSecond(uint256 index) internal returns (address account) {
        account = _second(index);
        uint64 organisation = organisations.organisationOf(_relayer(index));
        bytes memory consent = _consent(
            _key("second", index),
            organisation,
            organisations.nonces(account),
            block.timestamp
        );
        vm.prank(_relayer(index));
        organisations.addAccount(account, block.timestamp, consent);
    }

    /// @dev Leaves the organisation of a relayer with its second account alone.
    function _leave(uint256 index) internal {
        vm.prank(_relayer(index));
        organisations.removeAccount(_relayer(index));
    }

    // ---- actions

    function _registerGroup(address[] memory members, uint8 threshold) internal returns (uint40) {
        vm.prank(RELAYER_ADMIN);
        return groups.registerGroup(members, threshold);
    }

    function _retire(uint256 index) internal {
        vm.prank(GUARDIAN);
        groups.retireMember(group, _packed(), index);
    }

    function _propose(address member) internal {
        vm.prank(RELAYER_ADMIN);
        groups.proposeMember(group, _packed(), member);
    }

    function _enact(address member) internal {
        groups.enactMember(group, _packed(), member);
        list.push(member);
    }

    function _cancel(address member) internal {
        vm.prank(GUARDIAN);
        groups.cancelMember(group, member);
    }

    /// @dev Announces a member, waits, and lets it join.
    function _add(address member) internal {
        _propose(member);
        vm.warp(block.timestamp + ADD_DELAY);
        _enact(member);
    }

    // ---- expectations

    function _expectUnauthorized(address caller) internal {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
    }

    function _expectUnknown(uint40 id) internal {
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, id));
    }

    function _assertGroup(uint256 retired, uint256 restored, uint256 flags) internal view {
        IQuorum.Group memory state = groups.groupOf(group);
        vm.assertEq(state.members, uint168(uint256(keccak256(_packed()))));
        vm.assertEq(state.threshold, THRESHOLD);
        vm.assertEq(state.retired, retired);
        vm.assertEq(state.restored, restored);
        vm.assertEq(state.flags, flags);
    }

    // ---- words

    function _packed() internal view returns (bytes memory) {
        return _pack(list);
    }

    function _pack(address[] memory accounts) internal pure returns (bytes memory packed) {
        for (uint256 i; i < accounts.length; ++i) packed = bytes.concat(packed, bytes20(accounts[i]));
    }

    function _key(string memory name, uint256 index) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(name, index)));
    }

    function _wireTo(uint64 role, bytes4 one, bytes4 two) private {
        bytes4[] memory selectors = new bytes4[](2);
        (selectors[0], selectors[1]) = (one, two);
        manager.setTargetFunctionRole(address(groups), selectors, role);
    }
}
