// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Test} from "../support/Test.sol";
import {CurrencyToken} from "../../contracts/value/CurrencyToken.sol";
import {ICurrencyToken} from "../../contracts/value/ICurrencyToken.sol";
import {Roles} from "../../contracts/access/Roles.sol";

contract CurrencyTokenTest is Test {
    uint256 private constant NOW = 1_760_000_000; // 2025-10-09
    uint256 private constant HOLDER_KEY = 0xb0b;
    uint256 private constant STRANGER_KEY = 0x57a;
    uint256 private constant AMOUNT = 1_000;
    bytes32 private constant ORDER = keccak256("an order's id");
    bytes32 private constant TRANSFER = keccak256(
        "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );
    bytes32 private constant RECEIVE = keccak256(
        "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
    );

    address private immutable ADMIN = address(0xad);
    address private immutable ISSUER = address(0x155);
    address private immutable PAYEE = address(0x9a4);
    address private immutable HOLDER = vm.addr(HOLDER_KEY);
    address private immutable STRANGER = vm.addr(STRANGER_KEY);

    event Issued(address indexed issuer, address indexed to, uint256 amount);
    event Burned(address indexed holder, uint256 amount);
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// @dev What a signature of ERC-3009 is over.
    struct Authorization {
        bytes32 kind;
        uint256 validAfter;
        uint256 validBefore;
        bytes32 nonce;
    }

    AccessManager private manager;
    CurrencyToken private token;

    function setUp() public {
        vm.warp(NOW);
        manager = new AccessManager(ADMIN);
        token = new CurrencyToken(address(manager), "FactoryChain KRW", "KRW", 0);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = ICurrencyToken.mint.selector;
        vm.startPrank(ADMIN);
        manager.setTargetFunctionRole(address(token), selectors, Roles.ISSUER);
        manager.grantRole(Roles.ISSUER, ISSUER, 0);
        vm.stopPrank();
    }

    // ---- constructor ----

    function test_constructor_whenCodeIsNone() public {
        string[6] memory codes = ["", "KR", "KRWX", "krw", "KR1", unicode"K₩"];
        for (uint256 i = 0; i < codes.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(ICurrencyToken.CurrencyCode.selector, codes[i]));
            new CurrencyToken(address(manager), "name", codes[i], 0);
        }
    }

    function test_constructor_whenMinorUnitIsTooFine() public {
        vm.expectRevert(abi.encodeWithSelector(ICurrencyToken.CurrencyMinorUnit.selector, uint8(5)));
        new CurrencyToken(address(manager), "name", "CLF", 5);
    }

    function test_constructor() public {
        CurrencyToken fine = new CurrencyToken(address(manager), "FactoryChain CLF", "CLF", 4);
        vm.assertEq(fine.symbol(), "CLF");
        vm.assertEq(fine.name(), "FactoryChain CLF");
        vm.assertEq(fine.decimals(), 4);
        vm.assertEq(token.decimals(), 0);
        vm.assertEq(fine.authority(), address(manager));
        vm.assertEq(fine.totalSupply(), 0);
    }

    // ---- mint ----

    function test_mint_whenCallerIsNoIssuer() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, ADMIN));
        vm.prank(ADMIN);
        token.mint(HOLDER, AMOUNT);
    }

    function test_mint_whenReceiverIsZero() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        _mint(address(0));
    }

    function test_mint() public {
        vm.expectEmit(true, true, true, true, address(token));
        emit Transfer(address(0), HOLDER, AMOUNT);
        vm.expectEmit(true, true, true, true, address(token));
        emit Issued(ISSUER, HOLDER, AMOUNT);
        _mint(HOLDER);
        vm.assertEq(token.balanceOf(HOLDER), AMOUNT);
        vm.assertEq(token.totalSupply(), AMOUNT);
    }

    // ---- burn ----

    function test_burn_givenLess() public {
        _mint(HOLDER);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, STRANGER, 0, uint256(1))
        );
        vm.prank(STRANGER);
        token.burn(1);
    }

    function test_burn() public {
        _mint(HOLDER);
        vm.expectEmit(true, true, true, true, address(token));
        emit Burned(HOLDER, 400);
        vm.prank(HOLDER);
        token.burn(400);
        vm.assertEq(token.balanceOf(HOLDER), 600);
        vm.assertEq(token.totalSupply(), 600);
    }

    // ---- permit ----

    function test_permit_whenAnotherSigned() public {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(STRANGER_KEY, NOW);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612InvalidSigner.selector, STRANGER, HOLDER));
        token.permit(HOLDER, PAYEE, AMOUNT, NOW, v, r, s);
    }

    function test_permit_whenDeadlineIsPast() public {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(HOLDER_KEY, NOW - 1);
        vm.expectRevert(abi.encodeWithSelector(ERC20Permit.ERC2612ExpiredSignature.selector, NOW - 1));
        token.permit(HOLDER, PAYEE, AMOUNT, NOW - 1, v, r, s);
    }

    function test_permit() public {
        (uint8 v, bytes32 r, bytes32 s) = _signPermit(HOLDER_KEY, NOW);
        token.permit(HOLDER, PAYEE, AMOUNT, NOW, v, r, s);
        vm.assertEq(token.allowance(HOLDER, PAYEE), AMOUNT);
        vm.assertEq(token.nonces(HOLDER), 1);
    }

    // ---- transferWithAuthorization ----

    function test_transferWithAuthorization_whenAnotherSigned() public {
        _mint(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        _transfer(STRANGER_KEY, 0, NOW + 1);
    }

    function test_transferWithAuthorization_whenTooEarlyOrTooLate() public {
        _mint(HOLDER);
        bytes4 selector = ERC3009.ERC3009InvalidAuthorizationTime.selector;
        vm.expectRevert(abi.encodeWithSelector(selector, NOW, NOW + 1));
        _transfer(HOLDER_KEY, NOW, NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(selector, uint256(0), NOW));
        _transfer(HOLDER_KEY, 0, NOW);
    }

    function test_transferWithAuthorization_givenItWasUsed() public {
        _mint(HOLDER);
        _mint(HOLDER);
        _transfer(HOLDER_KEY, 0, NOW + 1);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, HOLDER, ORDER));
        _transfer(HOLDER_KEY, 0, NOW + 1);
    }

    function test_transferWithAuthorization_givenItWasCancelled() public {
        _mint(HOLDER);
        bytes32 kind = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        (uint8 v, bytes32 r, bytes32 s) = _sign(HOLDER_KEY, keccak256(abi.encode(kind, HOLDER, ORDER)));
        token.cancelAuthorization(HOLDER, ORDER, v, r, s);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, HOLDER, ORDER));
        _transfer(HOLDER_KEY, 0, NOW + 1);
    }

    function test_transferWithAuthorization() public {
        _mint(HOLDER);
        _transfer(HOLDER_KEY, 0, NOW + 1);
        vm.assertEq(token.balanceOf(PAYEE), AMOUNT);
        vm.assertEq(token.balanceOf(HOLDER), 0);
        vm.assertTrue(token.authorizationState(HOLDER, ORDER));
    }

    // ---- receiveWithAuthorization ----

    function test_receiveWithAuthorization_whenCallerIsNotThePayee() public {
        _mint(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, PAYEE));
        _receive(STRANGER);
    }

    function test_receiveWithAuthorization() public {
        _mint(HOLDER);
        _receive(PAYEE);
        vm.assertEq(token.balanceOf(PAYEE), AMOUNT);
        vm.assertTrue(token.authorizationState(HOLDER, ORDER));
    }

    // ---- Internal ----

    function _mint(address to) private {
        vm.prank(ISSUER);
        token.mint(to, AMOUNT);
    }

    function _transfer(uint256 key, uint256 validAfter, uint256 validBefore) private {
        (uint8 v, bytes32 r, bytes32 s) = _authorize(
            key,
            Authorization({kind: TRANSFER, validAfter: validAfter, validBefore: validBefore, nonce: ORDER})
        );
        token.transferWithAuthorization(HOLDER, PAYEE, AMOUNT, validAfter, validBefore, ORDER, v, r, s);
    }

    function _receive(address caller) private {
        (uint8 v, bytes32 r, bytes32 s) = _authorize(
            HOLDER_KEY,
            Authorization({kind: RECEIVE, validAfter: 0, validBefore: NOW + 1, nonce: ORDER})
        );
        vm.prank(caller);
        token.receiveWithAuthorization(HOLDER, PAYEE, AMOUNT, 0, NOW + 1, ORDER, v, r, s);
    }

    function _authorize(uint256 key, Authorization memory a) private view returns (uint8, bytes32, bytes32) {
        return _sign(key, keccak256(abi.encode(a.kind, HOLDER, PAYEE, AMOUNT, a.validAfter, a.validBefore, a.nonce)));
    }

    function _signPermit(uint256 key, uint256 deadline) private view returns (uint8, bytes32, bytes32) {
        bytes32 kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        return _sign(key, keccak256(abi.encode(kind, HOLDER, PAYEE, AMOUNT, 0, deadline)));
    }

    /// @dev The domain is written out here, so a slip in the contract shows.
    function _sign(uint256 key, bytes32 structHash) private view returns (uint8, bytes32, bytes32) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("FactoryChain KRW"),
                keccak256("1"),
                block.chainid,
                address(token)
            )
        );
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", domain, structHash)));
    }
}
