// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Order} from "../../contracts/settlement/OrderState.sol";
import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";

/// @dev Rule 2 of the settlement: the value of a line is floor(total * good / ordered), whatever the widths and however
/// the delivery was split.
contract PayoutTest is EscrowBase {
    function testFuzz_PaysTheFloorOfTheSharesValue(uint256 ordered, uint256 total, uint256 delivered) external {
        ordered = bound(ordered, 1, type(uint40).max);
        total = bound(total, 1, type(uint56).max - 1);
        delivered = bound(delivered, 1, type(uint48).max);
        OrderTerms memory terms = _fund(_line(ordered, total), total);
        _confirm(terms, _report(0, delivered));
        uint256 counted = delivered < ordered ? delivered : ordered;
        vm.assertEq(token.balanceOf(supplier), (total * counted) / ordered);
    }

    function testFuzz_PaysTheSameHoweverADeliveryIsSplit(
        uint256 ordered,
        uint256 total,
        uint256[5] memory parts
    ) external {
        ordered = bound(ordered, 5, type(uint40).max);
        total = bound(total, 1, type(uint56).max - 1);
        OrderTerms memory terms = _fund(_line(ordered, total), total);
        DeliveryReport[] memory reports = new DeliveryReport[](5);
        uint256 delivered;
        for (uint256 i; i < 5; ++i) {
            uint256 part = bound(parts[i], 1, ordered / 5);
            reports[i] = _report(delivered, delivered + part);
            delivered += part;
        }
        _confirm(_only(terms), reports);
        vm.assertEq(token.balanceOf(supplier), (total * delivered) / ordered);

        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
        vm.assertEq(token.balanceOf(buyer), total - (total * delivered) / ordered);
    }

    function testFuzz_AnOrderPaysTheSumOfItsLinesFloors(
        uint256[4] memory ordered,
        uint256[4] memory delivered
    ) external {
        bytes memory lines;
        DeliveryReport[] memory reports = new DeliveryReport[](4);
        uint256 earned;
        for (uint256 i; i < 4; ++i) {
            ordered[i] = bound(ordered[i], 1, type(uint40).max);
            delivered[i] = bound(delivered[i], 1, ordered[i]);
            lines = bytes.concat(lines, _line(ordered[i], 7_777_777 + i));
            earned += ((7_777_777 + i) * delivered[i]) / ordered[i];
            reports[i] = _report(i, 0, delivered[i], 0);
        }
        OrderTerms memory terms = _fund(lines, 4 * 7_777_777 + 6);
        _confirm(_only(terms), reports);
        vm.assertEq(token.balanceOf(supplier), earned);
        Order memory order = escrow.orderOf(escrow.orderId(terms));
        vm.assertEq(order.earned, earned);
        vm.assertEq(order.paid, earned);
        for (uint16 i; i < 4; ++i) {
            vm.assertEq(escrow.lineOf(terms, i).delivered, delivered[i]);
            vm.assertEq(escrow.lineOf(terms, i).good, delivered[i] * 1e6);
        }
    }

    function testFuzz_LatenessNeverPassesItsCap(
        uint256 days_,
        uint256[4] memory parts,
        uint256[4] memory late
    ) external {
        days_ = bound(days_, 0, 1 << 13);
        uint256 ordered = 1 << 31;
        OrderTerms memory terms = _terms();
        terms.lines = _line(ordered, TOTAL);
        terms.clauses = _clauses(DUE, EXPIRY, GRACE, days_);
        bytes32 order = _create(terms);
        uint256 delivered;
        uint256 expected;
        for (uint256 i; i < 4; ++i) {
            uint256 part = bound(parts[i], 1, ordered);
            uint256 cumulative = bound(late[i], 0, type(uint48).max);
            uint256 room = ordered - delivered;
            uint256 counted = part < room ? part : room;
            _confirm(terms, _report(0, delivered, delivered + part, cumulative));
            if (counted != 0 && cumulative > expected) {
                uint256 share = ((cumulative - expected) * counted + part - 1) / part;
                expected += share < counted * days_ ? share : counted * days_;
            }
            delivered += counted;
            vm.assertEq(escrow.orderOf(order).late, expected);
            vm.assertLe(escrow.orderOf(order).late, delivered * days_);
        }
    }

    /// @dev An order whose buyer owns exactly its total.
    function _fund(bytes memory lines, uint256 total) private returns (OrderTerms memory terms) {
        terms = _termsOf(lines);
        uint256 held = token.balanceOf(buyer);
        if (held > total) token.burn(buyer, held - total);
        else token.mint(buyer, total - held);
        _create(terms);
    }
}
