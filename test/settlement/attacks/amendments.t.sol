// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../../contracts/oracle/IQuorum.sol";
import {IOrderAgreements} from "../../../contracts/settlement/IOrderAgreements.sol";
import {IOrderBook} from "../../../contracts/settlement/IOrderBook.sol";
import {FundingSource, IOrderCreation} from "../../../contracts/settlement/IOrderFunding.sol";
import {Clauses, OPTION_AMENDED, OrderTerms} from "../../../contracts/settlement/OrderTerms.sol";
import {AttackBase} from "./AttackBase.sol";

/// @dev Buyer and supplier agree, on words that the escrow must not take, or at a third's cost.
contract AmendmentsAttack is AttackBase {
    uint256 private constant GROUP = uint256(type(uint40).max) << 18;

    function setUp() public override {
        super.setUp();
        _begin(0, _line(ORDERED, TOTAL));
    }

    // ---- words

    function test_WhenThereAreNoPoints() external {
        OrderTerms memory next = _amended(order, terms, 0, _line(ORDERED, TOTAL));
        _expectRefused(next, TOTAL, abi.encodeWithSelector(IOrderAgreements.AmendmentTerms.selector, order));
    }

    function test_WhenThereAre255Points() external {
        bytes memory schedule;
        for (uint256 i = 1; i <= 255; ++i) schedule = bytes.concat(schedule, _line(i, i * 10));
        OrderTerms memory next = _amended(order, terms, 255, schedule);
        _amend(next, 2_550);
        terms = next;
        _confirm(terms, _report(0, 200));
        vm.assertEq(token.balanceOf(supplier), 2_000);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(buyer), AMPLE - 2_000);
        _assertHolds(0);
    }

    function test_WhenTheLinesAreCutOff() external {
        bytes memory refusal = abi.encodeWithSelector(IOrderAgreements.AmendmentTerms.selector, order);
        OrderTerms memory next = _amended(order, terms, 1, _line(ORDERED, TOTAL));
        next.lines = bytes.concat(next.lines, hex"00");
        _expectRefused(next, TOTAL, refusal);
        next.lines = bytes.concat(order);
        _expectRefused(next, 0, refusal);
        next.lines = hex"00";
        _expectRefused(next, 0, refusal);
    }

    function test_WhenTheLinesBeginWithAnotherOrdersId() external {
        OrderTerms memory next = _amended(bytes32(uint256(order) ^ 1), terms, 1, _line(ORDERED, TOTAL));
        _expectRefused(next, TOTAL, abi.encodeWithSelector(IOrderAgreements.AmendmentTerms.selector, order));
    }

    /// @dev First terms that look like amended ones would be no order's, and their money nobody's.
    function test_WhenFirstTermsSayThatTheyAreAmended() external {
        OrderTerms memory first = _specialTerms(OPTION_AMENDED, bytes.concat(order, _line(ORDERED, TOTAL)));
        vm.expectRevert(abi.encodeWithSelector(IOrderCreation.OrderClauseUnsupported.selector, first.clauses));
        vm.prank(buyer);
        escrow.openOrder(first, conditions, _funding(FundingSource.Allowance));
    }

    /// @dev An order without a total is none.
    function test_WhenTheTotalIsZero() external {
        OrderTerms memory next = _amended(order, terms, 1, _line(ORDERED, 0));
        _expectRefused(next, 0, abi.encodeWithSelector(IOrderAgreements.AmendmentBounds.selector, 0, 0));
    }

    // ---- the group

    function test_WhenTheGroupChangesAlthoughItIsAlive() external {
        OrderTerms memory next = _inGroup(otherGroup);
        _expectRefused(next, TOTAL, abi.encodeWithSelector(IOrderAgreements.AmendmentGroup.selector, order));
    }

    function test_GivenTooFewOfTheGroupAreAlive() external {
        bytes memory members = _certificate().members;
        for (uint256 i; i <= MEMBERS - THRESHOLD; ++i) quorum.retireMember(group, members, i);
        _expectRefused(_inGroup(99), TOTAL, abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, 99));
        _amend(_inGroup(otherGroup), TOTAL);
        vm.assertEq(escrow.orderOf(order).seq, 1);
    }

    // ---- at a third's cost

    function test_WhenACancellationCutsAnOwner() external {
        _give(1_000);
        bytes memory refusal = abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, owner);
        (bool success, bytes memory reason) = address(this).call(abi.encodeCall(this.cancel, (999)));
        vm.assertFalse(success);
        vm.assertEq(reason, refusal);
        _cancel(1_000);
        vm.assertEq(token.balanceOf(owner), 1_000);
        vm.assertEq(token.balanceOf(buyer), AMPLE - 1_000);
    }

    function test_WhenAnAmendmentLowersThePriceOfAnOwnersPart() external {
        _give(TOTAL - 1);
        bytes memory refusal = abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, owner);
        bytes memory bent = bytes.concat(_line(ORDERED / 2, 1), _line(ORDERED, TOTAL));
        _expectRefused(_amended(order, terms, 2, bent), TOTAL, refusal);
        _expectRefused(_amended(order, terms, 1, _line(ORDERED - 1, TOTAL - 2)), TOTAL - 2, refusal);
        _expectRefused(_amended(order, terms, 1, _line(ORDERED, TOTAL - 1)), TOTAL - 1, refusal);
    }

    // ---- words of the tests

    function cancel(uint256 payout) external {
        _cancel(payout);
    }

    function amend(OrderTerms memory next, uint256 total) external {
        _amend(next, total);
    }

    function _expectRefused(OrderTerms memory next, uint256 total, bytes memory refusal) private {
        (bool success, bytes memory reason) = address(this).call(abi.encodeCall(this.amend, (next, total)));
        vm.assertFalse(success);
        vm.assertEq(reason, refusal);
        vm.assertEq(escrow.orderOf(order).seq, 0);
        _assertHolds(TOTAL);
    }

    function _inGroup(uint40 id) private view returns (OrderTerms memory next) {
        next = _amended(order, terms, 1, _line(ORDERED, TOTAL));
        next.clauses = Clauses.wrap((Clauses.unwrap(next.clauses) & ~GROUP) | (uint256(id) << 18));
    }
}
