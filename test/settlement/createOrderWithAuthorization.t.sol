// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {IOrderCreation, IOrderFunding, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {CurrencyBase} from "../base/CurrencyBase.sol";

contract CreateOrderWithAuthorizationTest is CurrencyBase {
    bytes private constant INVALID = abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);

    function test_RevertWhen_TheTermsAreNotPlain() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        _expectRevert(
            terms,
            _authorized(terms),
            abi.encodeWithSelector(IOrderCreation.OrderNotPlain.selector, terms.clauses)
        );
    }

    function test_RevertWhen_TheTermsNameAnotherBuyer() external {
        TokenSignature memory authorization = _authorized(_terms());
        OrderTerms memory terms = _terms();
        terms.buyer = other;
        _expectRevert(terms, authorization, INVALID);
    }

    function test_RevertWhen_AnythingInTheTermsIsNotWhatTheBuyerAuthorized() external {
        TokenSignature memory authorization = _authorized(_terms());
        OrderTerms memory terms = _terms();
        terms.supplier = other;
        _expectRevert(terms, authorization, INVALID);
        terms = _terms();
        terms.clauses = Clauses.wrap(Clauses.unwrap(terms.clauses) + (1 << 176)); // an expiry one second later
        _expectRevert(terms, authorization, INVALID);
        terms = _terms();
        terms.conditions = keccak256("other conditions");
        _expectRevert(terms, authorization, INVALID);
        _expectRevert(_termsOf(_line(ORDERED - 1, TOTAL)), authorization, INVALID);
    }

    function test_RevertWhen_SomebodyElseSigned() external {
        TokenSignature memory authorization = _authorization("other", TOTAL, _id(), START + 1);
        _expectRevert(_terms(), authorization, INVALID);
    }

    function test_RevertWhen_TheAuthorizationIsOfAnotherAmount() external {
        _expectRevert(_terms(), _authorization("buyer", TOTAL - 1, _id(), START + 1), INVALID);
        _expectRevert(_terms(), _authorization("buyer", TOTAL + 1, _id(), START + 1), INVALID);
    }

    function test_RevertWhen_TheAuthorizationIsNotValidYetOrNoMore() external {
        bytes4 time = ERC3009.ERC3009InvalidAuthorizationTime.selector;
        bytes memory reason = abi.encodeWithSelector(time, START - 1, START);
        _expectRevert(_terms(), _authorization("buyer", TOTAL, _id(), START), reason);
        TokenSignature memory authorization = _authorization("buyer", TOTAL, _id(), START + 9);
        vm.warp(START - 1);
        _expectRevert(_terms(), authorization, abi.encodeWithSelector(time, START - 1, START + 9));
    }

    function test_RevertWhen_ItIsTheAuthorizationOfADeposit() external {
        bytes32 nonce = escrow.depositNonce(_id());
        _expectRevert(_terms(), _authorization("buyer", TOTAL, nonce, START + 1), INVALID);
        vm.assertNotEq(nonce, _id());
    }

    function test_RevertGiven_TheOrderIsOpen() external {
        TokenSignature memory authorization = _authorized(_terms());
        bytes32 order = escrow.createOrderWithAuthorization(_terms(), authorization);
        _expectRevert(_terms(), authorization, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_RevertGiven_TheBuyerCancelledTheAuthorization() external {
        TokenSignature memory authorization = _authorized(_terms());
        TokenSignature memory cancellation = _cancellation(_id());
        currency.cancelAuthorization(buyer, _id(), cancellation.v, cancellation.r, cancellation.s);
        bytes memory reason = abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, buyer, _id());
        _expectRevert(_terms(), authorization, reason);
    }

    function test_RevertGiven_TheBuyerHasTooLittleMoney() external {
        vm.prank(buyer);
        currency.burn(AMPLE - TOTAL + 1);
        bytes4 insufficient = IERC20Errors.ERC20InsufficientBalance.selector;
        TokenSignature memory authorization = _authorized(_terms());
        _expectRevert(_terms(), authorization, abi.encodeWithSelector(insufficient, buyer, TOTAL - 1, TOTAL));
    }

    function test_WhenAllIsInOrder() external {
        OrderTerms memory terms = _terms();
        TokenSignature memory authorization = _authorized(terms);
        vm.expectEmit(address(escrow));
        emit IOrderCreation.OrderCreated(_id(), buyer, supplier, terms.clauses, terms.conditions, terms.lines);
        vm.prank(other);
        vm.assertEq(escrow.createOrderWithAuthorization(terms, authorization), _id());
        vm.assertEq(_status(_id()), uint256(Status.Open));
        vm.assertEq(currency.balanceOf(address(escrow)), TOTAL);
        vm.assertEq(currency.balanceOf(buyer), AMPLE - TOTAL);
        vm.assertTrue(currency.authorizationState(buyer, _id()));
    }

    function _id() private view returns (bytes32) {
        return _idOf(_delivery(_terms()));
    }

    function _authorized(OrderTerms memory terms) private view returns (TokenSignature memory) {
        return _authorization("buyer", TOTAL, _idOf(_delivery(terms)), START + 1);
    }

    function _expectRevert(OrderTerms memory terms, TokenSignature memory authorization, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(other);
        escrow.createOrderWithAuthorization(terms, authorization);
    }
}
