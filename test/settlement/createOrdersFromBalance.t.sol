// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {IOrderCreation, IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {PACKED_HEAD, packOrder, packOrders} from "../base/PackedOrders.sol";
import {SettlementBase} from "../base/SettlementBase.sol";

contract CreateOrdersFromBalanceTest is SettlementBase {
    uint256 private constant BALANCE = 3 * TOTAL;
    uint256 private constant ONE = PACKED_HEAD + 12; // bytes of an order of one line

    function setUp() public override {
        super.setUp();
        vm.prank(buyer);
        escrow.deposit(BALANCE);
    }

    // ---- bytes that are not whole orders

    function test_RevertWhen_ThereIsNone() external {
        _expectCut("", 0, PACKED_HEAD);
    }

    function test_RevertWhen_AHeadIsCut() external {
        bytes memory packed = packOrders(_orders(2));
        for (uint256 length = 1; length < PACKED_HEAD; ++length) {
            _expectCut(_first(packed, length), 0, PACKED_HEAD);
            _expectCut(_first(packed, ONE + length), ONE, ONE + PACKED_HEAD);
        }
    }

    function test_RevertWhen_LinesAreCut() external {
        OrderTerms memory terms = _orders(1)[0];
        for (uint256 length = PACKED_HEAD; length < ONE; ++length) {
            _expectCut(_first(packOrder(terms), length), 0, ONE);
        }
        _expectCut(packOrder(terms, 2), 0, ONE + 12);
        _expectCut(packOrder(terms, 0x3ffff), 0, PACKED_HEAD + 12 * 0x3ffff);
        bytes memory whole = packOrder(_orders(2)[1]);
        _expectCut(bytes.concat(whole, packOrder(terms, 2)), ONE, 2 * ONE + 12);
    }

    function test_RevertWhen_BytesTrailBehindTheLastOne() external {
        bytes memory packed = packOrders(_orders(2));
        _expectCut(bytes.concat(packed, hex"00"), 2 * ONE, 2 * ONE + PACKED_HEAD);
        _expectCut(bytes.concat(packed, new bytes(PACKED_HEAD - 1)), 2 * ONE, 2 * ONE + PACKED_HEAD);
        OrderTerms[] memory fewer = _orders(1);
        bytes memory unread = bytes.concat(packOrder(fewer[0], 1), _line(1, 1)); // one line more than it says
        _expectCut(unread, ONE, ONE + PACKED_HEAD);
    }

    function test_RevertWhen_TheRestStandsBehindTheBytes() external {
        bytes memory packed = packOrders(_orders(1));
        for (uint256 length; length < ONE; ++length) {
            bytes memory call = abi.encodePacked(
                IOrderFunding.createOrdersFromBalance.selector,
                uint256(32),
                length,
                packed
            );
            vm.prank(buyer);
            (bool success, bytes memory reason) = address(escrow).call(call);
            vm.assertFalse(success);
            uint256 needed = length < PACKED_HEAD ? PACKED_HEAD : ONE;
            vm.assertEq(reason, abi.encodeWithSelector(IOrderCreation.OrderBatchCut.selector, 0, needed, length));
        }
    }

    // ---- orders that are refused alone, too

    function test_RevertWhen_AnOrderHasNoLinesOrTooMany() external {
        OrderTerms[] memory orders = _orders(2);
        orders[1].lines = "";
        _expectRevert(packOrders(orders), abi.encodeWithSelector(IOrderCreation.OrderLines.selector, 0, 0));
        orders[1].lines = new bytes(12 * 4_097);
        bytes memory reason = abi.encodeWithSelector(IOrderCreation.OrderLines.selector, 4_097, 12 * 4_097);
        _expectRevert(packOrders(orders), reason);
    }

    function test_RevertWhen_AnOrderIsNotPlain() external {
        OrderTerms[] memory orders = _orders(2);
        uint256[3] memory bits = [uint256(1) << 136, uint256(1) << 92, uint256(1) << 58];
        for (uint256 i; i < bits.length; ++i) {
            orders[1].clauses = Clauses.wrap(Clauses.unwrap(orders[0].clauses) | bits[i]);
            bytes4 notPlain = IOrderCreation.OrderNotPlain.selector;
            _expectRevert(packOrders(orders), abi.encodeWithSelector(notPlain, orders[1].clauses));
        }
    }

    function test_RevertWhen_AnOrdersTermsAreBad() external {
        OrderTerms[] memory orders = _orders(3);
        orders[2].supplier = address(0);
        _expectRevert(packOrders(orders), abi.encodeWithSelector(IOrderCreation.OrderPayee.selector, address(0)));
        orders[2].supplier = address(escrow);
        _expectRevert(packOrders(orders), abi.encodeWithSelector(IOrderCreation.OrderPayee.selector, escrow));
        orders = _orders(3);
        orders[1].lines = _line(ORDERED, 0);
        _expectRevert(packOrders(orders), abi.encodeWithSelector(IOrderCreation.OrderTotal.selector, 0));
        orders = _orders(3);
        orders[1].lines = bytes.concat(_line(ORDERED, 1), _line(0, 1));
        _expectRevert(packOrders(orders), abi.encodeWithSelector(IOrderCreation.OrderLines.selector, 1, 24));
        orders = _orders(3);
        orders[0].clauses = _clauses(DUE, DUE - 1, GRACE, 0);
        bytes4 dates = IOrderCreation.OrderDates.selector;
        _expectRevert(packOrders(orders), abi.encodeWithSelector(dates, DUE, DUE - 1, GRACE, START));
    }

    function test_RevertWhen_AnOrdersGroupIsUnknownOrClosed() external {
        quorum.closeGroup(otherGroup);
        uint256[3] memory groups = [0, uint256(type(uint40).max), otherGroup];
        for (uint256 i; i < 9; ++i) {
            OrderTerms[] memory orders = _orders(3);
            uint256 bad = groups[i % 3];
            orders[i / 3].clauses = _inGroup(orders[i / 3].clauses, bad);
            bytes4 reason =
                bad == otherGroup ? IQuorum.QuorumGroupClosed.selector : IQuorum.QuorumUnknownGroup.selector;
            _expectRevert(packOrders(orders), abi.encodeWithSelector(reason, bad));
        }
    }

    function test_RevertWhen_AnOrderComesTwice() external {
        OrderTerms[] memory orders = _orders(3);
        orders[2] = orders[0];
        bytes memory reason = abi.encodeWithSelector(IOrderCreation.OrderExists.selector, _idOf(orders[0]));
        _expectRevert(packOrders(orders), reason);
    }

    function test_RevertGiven_AnOrderWithTheseTerms() external {
        OrderTerms[] memory orders = _orders(1);
        bytes32 order = _create(orders[0]);
        _expectRevert(packOrders(orders), abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_RevertGiven_TheBalanceIsSmallerThanTheSumOfTheTotals() external {
        OrderTerms[] memory orders = _orders(3);
        orders[1].lines = _line(ORDERED, TOTAL + 1);
        bytes4 tooSmall = IOrderCreation.BalanceTooSmall.selector;
        _expectRevert(packOrders(orders), abi.encodeWithSelector(tooSmall, BALANCE, BALANCE + 1));
        _expectRevert(packOrders(_orders(4)), abi.encodeWithSelector(tooSmall, BALANCE, 4 * TOTAL));
    }

    function test_RevertGiven_NobodyButOthersHaveABalance() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderCreation.BalanceTooSmall.selector, 0, TOTAL));
        vm.prank(other);
        escrow.createOrdersFromBalance(packOrders(_orders(1)));
    }

    // ---- orders

    function test_WhenThereIsOneOrder() external {
        OrderTerms[] memory orders = _orders(1);
        bytes32 expected = _idOf(orders[0]);
        uint256 before = token.balanceOf(buyer);
        vm.expectEmit(address(escrow));
        emit IOrderCreation.OrdersCreated(buyer, packOrders(orders));
        vm.prank(buyer);
        escrow.createOrdersFromBalance(packOrders(orders));

        vm.assertEq(_status(expected), uint256(Status.Open));
        vm.assertEq(escrow.creditOf(buyer), BALANCE - TOTAL);
        vm.assertEq(token.balanceOf(buyer), before);
        vm.assertEq(token.balanceOf(address(escrow)), BALANCE);
        _confirm(orders[0], _report(0, ORDERED));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    function test_WhenThereAreManyOrders() external {
        uint256 count = 100;
        OrderTerms[] memory orders = _orders(count);
        for (uint256 i; i < count; ++i) {
            orders[i].lines = i % 2 == 0 ? _line(2, i + 29_000) : bytes.concat(_line(1, i), _line(2, 29_000));
        }
        vm.prank(buyer);
        escrow.createOrdersFromBalance(packOrders(orders));
        for (uint256 i; i < count; ++i) vm.assertEq(_status(_idOf(orders[i])), uint256(Status.Open));
        vm.assertEq(escrow.creditOf(buyer), BALANCE - count * 29_000 - (count * (count - 1)) / 2);
    }

    function test_WhenTheOrdersHaveSeveralGroups() external {
        OrderTerms[] memory orders = _orders(3);
        orders[1].clauses = _inGroup(orders[1].clauses, otherGroup);
        vm.prank(buyer);
        escrow.createOrdersFromBalance(packOrders(orders));
        for (uint256 i; i < 3; ++i) vm.assertEq(_status(_idOf(orders[i])), uint256(Status.Open));
    }

    function test_WhenTheSameTermsAreOpenedAlone() external {
        OrderTerms[] memory orders = _orders(2);
        for (uint256 i; i < 2; ++i) vm.assertEq(_idOf(orders[i]), escrow.orderId(orders[i]));
        vm.startPrank(buyer);
        escrow.createOrdersFromBalance(packOrders(orders));
        for (uint256 i; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IOrderCreation.OrderExists.selector, escrow.orderId(orders[i])));
            escrow.createOrder(orders[i]);
        }
        vm.stopPrank();
    }

    function _orders(uint256 count) private view returns (OrderTerms[] memory orders) {
        orders = new OrderTerms[](count);
        for (uint256 i; i < count; ++i) {
            orders[i] = _terms();
            orders[i].conditions = bytes32(i);
        }
    }

    function _inGroup(Clauses clauses, uint256 id) private view returns (Clauses) {
        return Clauses.wrap(Clauses.unwrap(clauses) ^ ((group ^ id) << 18));
    }

    function _idOf(OrderTerms memory terms) private view returns (bytes32) {
        return _idOf(_delivery(terms));
    }

    function _first(bytes memory packed, uint256 length) private pure returns (bytes memory part) {
        part = new bytes(length);
        for (uint256 i; i < length; ++i) part[i] = packed[i];
    }

    function _expectCut(bytes memory packed, uint256 from, uint256 needed) private {
        bytes4 selector = IOrderCreation.OrderBatchCut.selector;
        _expectRevert(packed, abi.encodeWithSelector(selector, from, needed, packed.length));
    }

    function _expectRevert(bytes memory packed, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(buyer);
        escrow.createOrdersFromBalance(packed);
        vm.assertEq(escrow.creditOf(buyer), BALANCE);
    }
}
