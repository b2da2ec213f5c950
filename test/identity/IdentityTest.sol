// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../support/Test.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IOrganisationRegistry} from "../../contracts/identity/IOrganisationRegistry.sol";
import {OrganisationRegistry} from "../../contracts/identity/OrganisationRegistry.sol";
import {Roles} from "../../contracts/access/Roles.sol";

/// @dev Named actors and a registry wired as the deployment wires it; the recoverer's delay is left out here.
abstract contract IdentityTest is Test {
    uint256 internal constant BUYER_KEY = 0xb0b;
    uint256 internal constant CLERK_KEY = 0xc1e;
    uint256 internal constant NOW = 1_760_000_000; // 2025-10-09
    bytes32 internal constant PROFILE = keccak256("profile");

    address internal immutable ADMIN = address(0xad);
    address internal immutable REGISTRAR = address(0x4e6);
    address internal immutable RECOVERER = address(0x4ec);
    address internal immutable STRANGER = address(0x57a);
    address internal immutable BUYER = vm.addr(BUYER_KEY);
    address internal immutable CLERK = vm.addr(CLERK_KEY); // becomes the buyer's second account

    AccessManager internal manager;
    OrganisationRegistry internal organisations;

    function setUp() public virtual {
        vm.warp(NOW);
        manager = new AccessManager(ADMIN);
        organisations = new OrganisationRegistry(address(manager));
        vm.startPrank(ADMIN);
        _wire(IOrganisationRegistry.register.selector, Roles.REGISTRAR);
        _wire(IOrganisationRegistry.setStatus.selector, Roles.REGISTRAR);
        _wire(IOrganisationRegistry.setKinds.selector, Roles.REGISTRAR);
        _wire(IOrganisationRegistry.recoverAccount.selector, Roles.RECOVERER);
        manager.grantRole(Roles.REGISTRAR, REGISTRAR, 0);
        manager.grantRole(Roles.RECOVERER, RECOVERER, 0);
        vm.stopPrank();
    }

    function _register(address account, uint32 kinds) internal returns (uint64) {
        vm.prank(REGISTRAR);
        return organisations.register(kinds, PROFILE, account);
    }

    function _suspend(uint64 organisation) internal {
        vm.prank(REGISTRAR);
        organisations.setStatus(organisation, IOrganisationRegistry.Status.Suspended);
    }

    /// @dev What a wallet signs: domain and struct are written out here, so a slip in the contract shows.
    function _consent(
        uint256 key,
        uint64 organisation,
        uint256 nonce,
        uint256 deadline
    ) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("FactoryChain Organisations"),
                keccak256("1"),
                block.chainid,
                address(organisations)
            )
        );
        bytes32 joins = keccak256(
            abi.encode(
                keccak256("JoinOrganisation(uint64 organisation,address account,uint256 nonce,uint256 deadline)"),
                organisation,
                vm.addr(key),
                nonce,
                deadline
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, joins)));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Adds the clerk to the buyer's organisation with a good consent.
    function _join(uint64 organisation) internal {
        bytes memory consent = _consent(CLERK_KEY, organisation, organisations.nonces(CLERK), NOW);
        vm.prank(BUYER);
        organisations.addAccount(CLERK, NOW, consent);
    }

    function _wire(bytes4 selector, uint64 role) private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(address(organisations), selectors, role);
    }
}
