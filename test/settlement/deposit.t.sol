// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IOrderFunding, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {CurrencyBase} from "../base/CurrencyBase.sol";

contract DepositTest is CurrencyBase {
    uint256 private constant AMOUNT = 500;
    bytes32 private constant SALT = keccak256("salt");
    bytes private constant INVALID = abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);

    // ---- deposit

    function test_deposit_RevertWhen_TheAmountIsZero() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderFunding.DepositZero.selector));
        vm.prank(buyer);
        escrow.deposit(0);
    }

    function test_deposit_RevertGiven_TheAllowanceIsTooSmall() external {
        _allow(AMOUNT - 1);
        bytes4 insufficient = IERC20Errors.ERC20InsufficientAllowance.selector;
        vm.expectRevert(abi.encodeWithSelector(insufficient, address(escrow), AMOUNT - 1, AMOUNT));
        vm.prank(buyer);
        escrow.deposit(AMOUNT);
        vm.assertEq(escrow.creditOf(buyer), 0);
    }

    function test_deposit_RevertGiven_TheAccountHasTooLittleMoney() external {
        _allow(type(uint256).max);
        bytes4 insufficient = IERC20Errors.ERC20InsufficientBalance.selector;
        vm.expectRevert(abi.encodeWithSelector(insufficient, buyer, AMPLE, type(uint256).max));
        vm.prank(buyer);
        escrow.deposit(type(uint256).max);
        vm.assertEq(escrow.creditOf(buyer), 0);
    }

    function test_deposit_WhenAllIsInOrder() external {
        _allow(AMPLE);
        vm.expectEmit(address(escrow));
        emit IOrderFunding.Deposited(buyer, AMOUNT);
        vm.prank(buyer);
        escrow.deposit(AMOUNT);
        vm.prank(buyer);
        escrow.deposit(AMPLE - AMOUNT);
        vm.assertEq(escrow.creditOf(buyer), AMPLE);
        vm.assertEq(currency.balanceOf(address(escrow)), AMPLE);
        vm.assertEq(currency.balanceOf(buyer), 0);
    }

    // ---- depositWithAuthorization

    function test_depositWithAuthorization_RevertWhen_TheAmountIsZero() external {
        TokenSignature memory authorization = _authorization("buyer", 0, escrow.depositNonce(SALT), START + 1);
        _expectRevert(buyer, 0, SALT, authorization, abi.encodeWithSelector(IOrderFunding.DepositZero.selector));
    }

    function test_depositWithAuthorization_RevertWhen_ItIsNotWhatWasAuthorized() external {
        TokenSignature memory authorization = _authorized("buyer");
        _expectRevert(other, AMOUNT, SALT, authorization, INVALID);
        _expectRevert(buyer, AMOUNT + 1, SALT, authorization, INVALID);
        _expectRevert(buyer, AMOUNT, bytes32(0), authorization, INVALID);
    }

    function test_depositWithAuthorization_RevertWhen_SomebodyElseSigned() external {
        _expectRevert(buyer, AMOUNT, SALT, _authorized("other"), INVALID);
    }

    function test_depositWithAuthorization_RevertWhen_TheAuthorizationIsNoMoreValid() external {
        TokenSignature memory authorization = _authorized("buyer");
        vm.warp(START + 1);
        bytes4 time = ERC3009.ERC3009InvalidAuthorizationTime.selector;
        _expectRevert(buyer, AMOUNT, SALT, authorization, abi.encodeWithSelector(time, START - 1, START + 1));
    }

    function test_depositWithAuthorization_RevertWhen_ItIsTheAuthorizationOfAnOrder() external {
        bytes32 order = _idOf(_delivery(_terms()));
        TokenSignature memory authorization = _authorization("buyer", TOTAL, order, START + 1);
        _expectRevert(buyer, TOTAL, order, authorization, INVALID);
        _expectRevert(buyer, TOTAL, SALT, authorization, INVALID);
    }

    function test_depositWithAuthorization_RevertGiven_TheAuthorizationWasUsed() external {
        TokenSignature memory authorization = _authorized("buyer");
        bytes32 nonce = escrow.depositNonce(SALT);
        escrow.depositWithAuthorization(buyer, AMOUNT, SALT, authorization);
        bytes memory used = abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, buyer, nonce);
        vm.expectRevert(used);
        escrow.depositWithAuthorization(buyer, AMOUNT, SALT, authorization);
        vm.assertEq(escrow.creditOf(buyer), AMOUNT);
    }

    function test_depositWithAuthorization_WhenAllIsInOrder() external {
        TokenSignature memory authorization = _authorized("buyer");
        vm.expectEmit(address(escrow));
        emit IOrderFunding.Deposited(buyer, AMOUNT);
        vm.prank(other);
        escrow.depositWithAuthorization(buyer, AMOUNT, SALT, authorization);
        vm.assertEq(escrow.creditOf(buyer), AMOUNT);
        vm.assertEq(escrow.creditOf(other), 0);
        vm.assertEq(currency.balanceOf(address(escrow)), AMOUNT);
        vm.assertEq(currency.balanceOf(buyer), AMPLE - AMOUNT);
        vm.assertTrue(currency.authorizationState(buyer, escrow.depositNonce(SALT)));
    }

    // ---- words

    function _allow(uint256 amount) private {
        vm.prank(buyer);
        currency.approve(address(escrow), amount);
    }

    function _authorized(string memory signer) private view returns (TokenSignature memory) {
        return _authorization(signer, AMOUNT, escrow.depositNonce(SALT), START + 1);
    }

    function _expectRevert(
        address account,
        uint256 amount,
        bytes32 salt,
        TokenSignature memory authorization,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        escrow.depositWithAuthorization(account, amount, salt, authorization);
        vm.assertEq(escrow.creditOf(account), 0);
    }
}
