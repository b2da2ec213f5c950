// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

contract SettleTest is EscrowBase {
    OrderTerms private terms;
    bytes32 private order;

    function setUp() public override {
        super.setUp();
        terms = _termsOf(bytes.concat(_line(ORDERED, TOTAL), _line(3, 100)));
        order = _create(terms);
    }

    function test_RevertGiven_TheOrderIsUnknown() external {
        OrderTerms memory unknown = _terms();
        _expectNotOpen(unknown, escrow.orderId(unknown), Status.None);
    }

    function test_RevertGiven_TheOrderIsClosed() external {
        _complete();
        _settle(terms);
        _expectNotOpen(terms, order, Status.Closed);
    }

    function test_RevertWhen_OtherTermsArePassed() external {
        _complete();
        terms.buyer = other;
        _expectNotOpen(terms, escrow.orderId(terms), Status.None);
    }

    function test_RevertGiven_ALineIsNotComplete() external {
        _expectNothing();
        _confirm(terms, _report(0, 0, ORDERED, 0));
        _confirm(terms, _report(1, 0, 2, 0));
        _expectNothing();
        vm.warp(EXPIRY + GRACE);
        _expectNothing();
    }

    function test_RevertGiven_TheFirstLineIsNotComplete() external {
        _confirm(terms, _report(0, 0, ORDERED - 1, 0));
        _confirm(terms, _report(1, 0, 3, 0));
        _expectNothing();
    }

    function test_GivenEveryLineIsComplete() external {
        _complete();
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderClosed(order, 0);
        vm.prank(other);
        _settle(terms);
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(address(escrow)), 0);
        vm.assertEq(token.balanceOf(supplier), TOTAL + 100);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL - 100);
    }

    function _complete() private {
        _confirm(terms, _report(0, 0, ORDERED, 0));
        _confirm(terms, _report(1, 0, 3, 0));
    }

    function _expectNothing() private {
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderNothingToSettle.selector, order));
        _settle(terms);
    }

    function _expectNotOpen(OrderTerms memory of_, bytes32 id, Status status) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderNotOpen.selector, id, status));
        _settle(of_);
    }
}
