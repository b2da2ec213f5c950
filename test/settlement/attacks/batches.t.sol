// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryReport} from "../../../contracts/oracle/DeliveryReport.sol";
import {Claim} from "../../../contracts/settlement/Claim.sol";
import {Evidence, IDeliveryCounting, SkipReason} from "../../../contracts/settlement/IOrderDelivery.sol";
import {Clauses, DeliveryTerms, OPTION_AMENDED, OrderTerms} from "../../../contracts/settlement/OrderTerms.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev Who submits a batch chooses everything that is not signed: terms, orders that stand there twice, lists of claims.
/// Who owns an order of the batch may change it before the batch arrives.
contract BatchesAttack is AttackBase {
    uint256 private constant HALF = TOTAL / 2;

    OrderTerms private honest;

    function setUp() public override {
        super.setUp();
        honest = _terms();
        honest.supplier = other;
        _create(honest);
    }

    /// @dev The parties cancel for less than is held back of the order: what it owes would be below zero.
    function test_WhenACancelledOrderIsInABatch_ForfeitedMoreThanThePayout() external {
        _earnHalfAndCall();
        vm.warp(START + ANSWER);
        _resolve(terms, CALL);
        _cancelAndConfirmBoth();
    }

    function test_WhenACancelledOrderIsInABatch_CalledForMoreThanThePayout() external {
        _earnHalfAndCall();
        _cancelAndConfirmBoth();
    }

    /// @dev The orders stand twice in the call, each with the list: owners are paid once.
    function test_WhenAnAssignedOrderStandsTwiceInACall() external {
        _begin(0, _line(ORDERED, TOTAL));
        _give(HALF);
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(terms), _delivery(terms));
        DeliveryReport[] memory reports = new DeliveryReport[](2);
        reports[0] = _reportOf(0, 0, 0, ORDERED / 2, 0, START);
        reports[1] = _reportOf(1, 0, ORDERED / 2, ORDERED, 0, START);
        Evidence[] memory evidence = new Evidence[](2);
        (evidence[0].claims, evidence[1].claims) = (claims, claims);
        _confirmWith(orders, reports, evidence);
        vm.assertEq(token.balanceOf(owner), HALF);
        vm.assertEq(token.balanceOf(supplier), TOTAL - HALF);
        _assertHolds(TOTAL);
    }

    /// @dev The quorum signed the order's id. Terms that only begin with it, as amended ones do, are not its terms.
    function test_WhenForeignTermsBeginWithTheOrdersId() external {
        _begin(0, _line(ORDERED, TOTAL));
        OrderTerms memory foreign = _amended(order, terms, 1, _line(1, TOTAL));
        foreign.supplier = address(this);
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (_only(terms), _only(_report(0, 1)));
        DeliveryTerms[] memory others = _only(foreign);
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.ReportSkipped(order, 0, SkipReason.StaleTerms, reports[0].root);
        escrow.confirm(_certify(orders, reports), others, reports);
        _assertMoney(order, 0, 0);
        escrow.confirm(_certify(orders, reports), orders, reports);
        _assertMoney(order, TOTAL / ORDERED, TOTAL / ORDERED);
    }

    /// @dev The same of an order that really was amended, with terms that neither were nor are in force.
    function test_WhenForeignTermsBeginWithAnAmendedOrdersId() external {
        _begin(0, _line(ORDERED, TOTAL));
        OrderTerms memory next = _amended(order, terms, 1, _line(ORDERED, TOTAL));
        _amend(next, TOTAL);
        OrderTerms memory foreign = _amended(order, terms, 2, bytes.concat(_line(1, TOTAL), _line(2, TOTAL)));
        (DeliveryTerms[] memory present, DeliveryReport[] memory reports) = (_only(next), _only(_report(0, 1)));
        DeliveryTerms[] memory others = _only(foreign);
        escrow.confirm(_certify(present, reports), others, reports);
        others = _only(terms);
        escrow.confirm(_certify(present, reports), others, reports);
        _assertMoney(order, 0, 0);
        escrow.confirm(_certify(present, reports), present, reports);
        _assertMoney(order, TOTAL / ORDERED, TOTAL / ORDERED);
    }

    /// @dev Terms of nobody, with every part at its limit: nothing comes of them.
    function testFuzz_WhenTermsAreRandom(uint256 clauses, bytes calldata lines, uint256 progress) external {
        clauses &= ~(uint256(0xff) << 10); // no points
        OrderTerms memory random = honest;
        (random.clauses, random.lines) = (Clauses.wrap(clauses & ~OPTION_AMENDED), lines);
        DeliveryReport[] memory reports = _only(_report(0, 1));
        reports[0].root = bytes32(progress);
        _confirm(_only(random), reports);
        _assertHolds(TOTAL);
    }

    // ---- words

    /// @dev An order of which nearly all is held back, half delivered, and called upon for all of it.
    function _earnHalfAndCall() private {
        _begin(_retention(900_000, RETENTION_UNTIL), _line(ORDERED, TOTAL));
        _give(10);
        _confirmWith(terms, _report(0, ORDERED / 2), claims);
        _takeOffTheOwner();
        _callRetention(terms, 450_000);
    }

    function _cancelAndConfirmBoth() private {
        uint256 paid = escrow.orderOf(order).paid;
        _cancel(paid);
        vm.assertEq(escrow.payableOf(terms), 0);
        DeliveryTerms[] memory orders = new DeliveryTerms[](2);
        (orders[0], orders[1]) = (_delivery(terms), _delivery(honest));
        DeliveryReport[] memory reports = new DeliveryReport[](2);
        reports[0] = _reportOf(0, 0, ORDERED / 2, ORDERED, 0, START);
        reports[1] = _reportOf(1, 0, 0, ORDERED, 0, START);
        Evidence[] memory evidence = new Evidence[](2);
        evidence[0].claims = claims;
        _confirmWith(orders, reports, evidence);
        vm.assertEq(token.balanceOf(other), TOTAL);
        vm.assertEq(token.balanceOf(owner) + token.balanceOf(supplier), paid);
        _assertHolds(0);
    }
}
