// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BalanceOrder, IOrderCreation, IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {SettlementBase} from "../base/SettlementBase.sol";

contract CreateOrdersFromBalanceTest is SettlementBase {
    uint256 private constant BALANCE = 3 * TOTAL;

    function setUp() public override {
        super.setUp();
        vm.prank(buyer);
        escrow.deposit(BALANCE);
    }

    function test_WhenThereIsNoOrder() external {
        vm.recordLogs();
        vm.prank(buyer);
        escrow.createOrdersFromBalance(new BalanceOrder[](0));
        vm.prank(other);
        escrow.createOrdersFromBalance(new BalanceOrder[](0));
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertEq(escrow.creditOf(buyer), BALANCE);
    }

    function test_RevertWhen_AnOrderIsNotPlain() external {
        BalanceOrder[] memory orders = _orders(2);
        orders[1].clauses = _specialClauses(OPTION_INSPECTION);
        _expectRevert(orders, abi.encodeWithSelector(IOrderFunding.OrderNotPlain.selector, orders[1].clauses));
    }

    function test_RevertWhen_AnOrdersTermsAreBad() external {
        BalanceOrder[] memory orders = _orders(3);
        orders[2].supplier = address(0);
        _expectRevert(orders, abi.encodeWithSelector(IOrderCreation.OrderPayee.selector, address(0)));
        orders = _orders(3);
        orders[1].lines = _line(ORDERED, 0);
        _expectRevert(orders, abi.encodeWithSelector(IOrderCreation.OrderTotal.selector, 0));
        orders = _orders(3);
        orders[0].lines = "";
        _expectRevert(orders, abi.encodeWithSelector(IOrderCreation.OrderLines.selector, 0, 0));
        orders[0].clauses = _clauses(DUE, DUE - 1, GRACE, 0);
        bytes4 dates = IOrderCreation.OrderDates.selector;
        _expectRevert(orders, abi.encodeWithSelector(dates, DUE, DUE - 1, GRACE, START));
    }

    function test_RevertWhen_AnOrderComesTwice() external {
        BalanceOrder[] memory orders = _orders(3);
        orders[2] = orders[0];
        _expectRevert(orders, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, _idOf(orders[0])));
    }

    function test_RevertGiven_AnOrderWithTheseTerms() external {
        BalanceOrder[] memory orders = _orders(1);
        bytes32 order = _create(_termsOf(orders[0]));
        _expectRevert(orders, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_RevertGiven_TheBalanceIsSmallerThanTheSumOfTheTotals() external {
        BalanceOrder[] memory orders = _orders(3);
        orders[1].lines = _line(ORDERED, TOTAL + 1);
        bytes4 tooSmall = IOrderCreation.BalanceTooSmall.selector;
        _expectRevert(orders, abi.encodeWithSelector(tooSmall, BALANCE, BALANCE + 1));
        orders = _orders(4);
        _expectRevert(orders, abi.encodeWithSelector(tooSmall, BALANCE, 4 * TOTAL));
    }

    function test_RevertGiven_NobodyButOthersHaveABalance() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderCreation.BalanceTooSmall.selector, 0, TOTAL));
        vm.prank(other);
        escrow.createOrdersFromBalance(_orders(1));
    }

    function test_WhenThereIsOneOrder() external {
        BalanceOrder[] memory orders = _orders(1);
        OrderTerms memory terms = _termsOf(orders[0]);
        bytes32 expected = _idOf(orders[0]);
        uint256 before = token.balanceOf(buyer);
        vm.expectEmit(address(escrow));
        emit IOrderCreation.OrderCreated(expected, buyer, supplier, terms.clauses, terms.conditions, terms.lines);
        vm.prank(buyer);
        escrow.createOrdersFromBalance(orders);

        vm.assertEq(_status(expected), uint256(Status.Open));
        vm.assertEq(escrow.creditOf(buyer), BALANCE - TOTAL);
        vm.assertEq(token.balanceOf(buyer), before);
        vm.assertEq(token.balanceOf(address(escrow)), BALANCE);
        _confirm(terms, _report(0, ORDERED));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    function test_WhenThereAreManyOrders() external {
        uint256 count = 100;
        BalanceOrder[] memory orders = _orders(count);
        for (uint256 i; i < count; ++i) orders[i].lines = bytes.concat(_line(1, i), _line(2, 29_000));
        vm.prank(buyer);
        escrow.createOrdersFromBalance(orders);
        for (uint256 i; i < count; ++i) vm.assertEq(_status(_idOf(orders[i])), uint256(Status.Open));
        vm.assertEq(escrow.creditOf(buyer), BALANCE - count * 29_000 - (count * (count - 1)) / 2);
    }

    function _orders(uint256 count) private view returns (BalanceOrder[] memory orders) {
        orders = new BalanceOrder[](count);
        for (uint256 i; i < count; ++i) {
            OrderTerms memory terms = _terms();
            orders[i] = BalanceOrder(terms.supplier, terms.clauses, bytes32(i), terms.lines);
        }
    }

    function _termsOf(BalanceOrder memory order) private view returns (OrderTerms memory) {
        return OrderTerms(buyer, order.supplier, order.clauses, order.conditions, order.lines);
    }

    function _idOf(BalanceOrder memory order) private view returns (bytes32) {
        return _idOf(_delivery(_termsOf(order)));
    }

    function _expectRevert(BalanceOrder[] memory orders, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        escrow.createOrdersFromBalance(orders);
        vm.assertEq(escrow.creditOf(buyer), BALANCE);
    }
}
