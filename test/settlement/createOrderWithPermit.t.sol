// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IOrderCreation, IOrderFunding, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {CurrencyBase} from "../base/CurrencyBase.sol";

contract CreateOrderWithPermitTest is CurrencyBase {
    function test_RevertWhen_TheCallerIsNotTheBuyer() external {
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        vm.expectRevert(abi.encodeWithSelector(IOrderFunding.OrderCallerNotBuyer.selector, other, buyer));
        vm.prank(other);
        escrow.createOrderWithPermit(_terms(), permit);
    }

    function test_RevertWhen_TheTermsAreNotPlain() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        _expectRevert(terms, permit, abi.encodeWithSelector(IOrderCreation.OrderNotPlain.selector, terms.clauses));
    }

    function test_RevertGiven_AnOrderWithTheseTerms() external {
        bytes32 order = _createWith(_permit("buyer", TOTAL, START));
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        _expectRevert(_terms(), permit, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_RevertWhen_SomebodyElseSignedThePermit() external {
        _expectNoAllowance(_permit("other", TOTAL, START));
    }

    function test_RevertWhen_ThePermitIsOfAnotherAmount() external {
        _expectNoAllowance(_permit("buyer", TOTAL - 1, START));
        _expectNoAllowance(_permit("buyer", TOTAL + 1, START));
    }

    function test_RevertWhen_ThePermitsDeadlineIsPast() external {
        _expectNoAllowance(_permit("buyer", TOTAL, START - 1));
    }

    function test_RevertGiven_ThePermitWasUsedUp() external {
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        _createWith(permit);
        OrderTerms memory second = _terms();
        second.conditions = keccak256("second");
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientAllowance.selector,
            address(escrow),
            0,
            TOTAL
        );
        _expectRevert(second, permit, reason);
    }

    function test_GivenAnAllowance() external {
        vm.prank(buyer);
        currency.approve(address(escrow), TOTAL);
        bytes32 order = _createWith(_permit("other", 1, START - 1));
        vm.assertEq(_status(order), uint256(Status.Open));
        vm.assertEq(currency.balanceOf(address(escrow)), TOTAL);
        vm.assertEq(currency.allowance(buyer, address(escrow)), 0);
    }

    function test_GivenThePermitWasFrontRun() external {
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        vm.prank(other);
        currency.permit(buyer, address(escrow), TOTAL, START, permit.v, permit.r, permit.s);
        bytes32 order = _createWith(permit);
        vm.assertEq(_status(order), uint256(Status.Open));
        vm.assertEq(currency.balanceOf(address(escrow)), TOTAL);
    }

    function test_RevertGiven_TheBuyerHasTooLittleMoney() external {
        vm.prank(buyer);
        currency.burn(AMPLE - TOTAL + 1);
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientBalance.selector,
            buyer,
            TOTAL - 1,
            TOTAL
        );
        _expectRevert(_terms(), permit, reason);
    }

    function test_WhenAllIsInOrder() external {
        OrderTerms memory terms = _terms();
        bytes32 expected = _idOf(_delivery(terms));
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        vm.expectEmit(address(escrow));
        emit IOrderCreation.OrderCreated(expected, buyer, supplier, terms.clauses, terms.conditions, terms.lines);
        vm.assertEq(_createWith(permit), expected);
        vm.assertEq(_status(expected), uint256(Status.Open));
        vm.assertEq(currency.balanceOf(address(escrow)), TOTAL);
        vm.assertEq(currency.balanceOf(buyer), AMPLE - TOTAL);
        vm.assertEq(currency.allowance(buyer, address(escrow)), 0);
        vm.assertEq(currency.nonces(buyer), 1);
    }

    function _createWith(TokenSignature memory permit) private returns (bytes32) {
        vm.prank(buyer);
        return escrow.createOrderWithPermit(_terms(), permit);
    }

    function _expectRevert(OrderTerms memory terms, TokenSignature memory permit, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        escrow.createOrderWithPermit(terms, permit);
    }

    function _expectNoAllowance(TokenSignature memory permit) private {
        bytes memory reason = abi.encodeWithSelector(
            IERC20Errors.ERC20InsufficientAllowance.selector,
            address(escrow),
            0,
            TOTAL
        );
        _expectRevert(_terms(), permit, reason);
        vm.assertEq(currency.nonces(buyer), 0);
    }
}
