// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Certificate, DeliveryReport, Signature} from "../../contracts/oracle/DeliveryReport.sol";
import {IDeliveryCounting, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {FLAG_AMENDED, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

/// @dev What an amendment does; the tree is amend.tree.
contract AmendedTest is ActionTest {
    uint256 private constant PAID = 400_001; // for 400 units
    bytes private lines = _line(ORDERED, TOTAL);

    function setUp() public override {
        super.setUp();
        _begin(0);
        _deliver(0, 0, 400, 0);
    }

    // ---- prices

    function test_WhenThePriceGoesUp() external {
        OrderTerms memory next = _next(_withPoints(2), bytes.concat(_line(400, PAID), _line(ORDERED, TOTAL + 500)));
        bytes32 digest = _idOf(_delivery(next));
        Approval[] memory signed = _approve("supplier", "buyer", _amendment(next, 0));
        vm.expectEmit(address(escrow));
        emit IOrderAgreements.OrderAmended(
            order,
            digest,
            supplier,
            Clauses.unwrap(next.clauses),
            next.conditions,
            next.lines
        );
        vm.prank(other);
        escrow.amend(terms, next, 0, claims, deadline, signed);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL - 500);
        vm.assertEq(escrow.termsOf(order), digest);
        Order memory state = escrow.orderOf(order);
        vm.assertEq(state.seq, 1);
        vm.assertEq(state.flags, FLAG_AMENDED);
        _assertMoney(order, PAID, PAID);

        terms = next;
        _deliver(0, 400, ORDERED, 0);
        vm.assertEq(token.balanceOf(supplier), TOTAL + 500);
    }

    function test_RevertGiven_TheBuyerHasNotTheMoney() external {
        vm.prank(buyer);
        token.approve(address(escrow), 499);
        OrderTerms memory next = _next(_withPoints(2), bytes.concat(_line(400, PAID), _line(ORDERED, TOTAL + 500)));
        Approval[] memory signed = _approve("supplier", "buyer", _amendment(next, 0));
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        escrow.amend(terms, next, 0, claims, deadline, signed);
        vm.assertEq(escrow.termsOf(order), 0);
    }

    function test_WhenThePriceGoesDown() external {
        _agreeOn(_next(_withPoints(2), bytes.concat(_line(400, PAID), _line(ORDERED, TOTAL - 500))));
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL + 500);
        _deliver(0, 400, ORDERED, 0);
        vm.assertEq(token.balanceOf(supplier), TOTAL - 500);
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_WhenThePriceGoesDown_GivenTheBuyerCannotBePaid() external {
        token.setMood(buyer, MockToken.Mood.ReturnsFalse);
        _agreeOn(_next(_withPoints(2), bytes.concat(_line(400, PAID), _line(ORDERED, TOTAL - 500))));
        vm.assertEq(escrow.creditOf(buyer), 500);
    }

    function test_WhenThereAreSeveralPoints() external {
        _begin(0, bytes.concat(lines, _line(10, 777)));
        bytes memory steps = bytes.concat(_line(400, 400_001), _line(600, 500_001), _line(ORDERED, 900_001));
        bytes memory filled = bytes.concat(_line(10, 777), _line(10, 777), _line(10, 777));
        _agreeOn(_next(_withPoints(3), bytes.concat(steps, filled)));
        _deliver(0, 0, 500, 0);
        _assertMoney(order, 450_001, 450_001);
        _deliver(0, 500, 800, 0);
        _assertMoney(order, 700_001, 700_001);
        _deliver(1, 0, 3, 0);
        _assertMoney(order, 700_234, 700_234);
        _deliver(0, 800, ORDERED, 0);
        _deliver(1, 3, 10, 0);
        _settleAll();
        _assertMoney(order, 900_778, 900_778);
        vm.assertEq(_status(order), uint256(Status.Closed));
    }

    // ---- quantities

    function test_WhenTheQuantityFallsToWhatWasDelivered() external {
        _agreeOn(_next(_bits(), _line(400, PAID)));
        vm.assertEq(token.balanceOf(buyer), AMPLE - PAID);
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    function test_GivenGoodsWereRejected() external {
        _begin(OPTION_INSPECTION);
        _deliver(0, 0, 400, 0);
        _reject(0, 150);
        vm.warp(START + ANSWER);
        _resolve(0);
        _agreeOn(_next(_bits(), _line(250, 250_000)));
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Closed));
        _assertMoney(order, 250_000, 250_000);
    }

    function test_WhenMoreIsOrdered() external {
        _agreeOn(_next(_withPoints(2), bytes.concat(lines, _line(2 * ORDERED, 2 * TOTAL))));
        _deliver(0, 400, 3 * ORDERED, 0);
        _assertMoney(order, 2 * TOTAL, 2 * TOTAL);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, 2 * ORDERED);
    }

    // ---- dates and groups

    function test_WhenDatesMove() external {
        _agreeOn(_next(_withDates(DUE, EXPIRY + 9 days), lines));
        vm.warp(EXPIRY + 9 days);
        _deliver(0, 400, 500, 0);
        vm.warp(EXPIRY + 9 days + 1);
        _deliver(0, 500, 600, 0);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, 500);
        vm.warp(EXPIRY + 9 days + GRACE);
        escrow.refund(terms);
        vm.assertEq(_status(order), uint256(Status.Closed));
    }

    function test_WhenAPastDateDoesNotChange() external {
        vm.warp(EXPIRY + 1);
        _agreeOn(_next(_bits(), _line(400, PAID)));
        vm.assertEq(token.balanceOf(buyer), AMPLE - PAID);
    }

    function test_WhenTheGroupChanges() external {
        _fall();
        _agreeOn(_next(_withGroup(otherGroup), lines));
        DeliveryReport[] memory reports = _only(_report(0, 400, 500, 0));
        Certificate memory certificate = _certify(_only(first), reports);

        bytes memory members;
        for (uint256 i; i < MEMBERS; ++i) {
            members = bytes.concat(members, bytes20(vm.addr(_key("other relayer", i))));
        }
        (certificate.group, certificate.members) = (otherGroup, members);
        bytes32 digest = _digest(_domain(block.chainid, address(escrow)), certificate, _only(first), reports);
        certificate.signatures = new Signature[](THRESHOLD);
        for (uint256 i; i < THRESHOLD; ++i) {
            certificate.signatures[i] = _signature(_key("other relayer", i), digest);
        }
        escrow.confirm(certificate, _only(terms), reports);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, 500);
    }

    // ---- which terms are in force

    function test_WhenItIsAmendedTwice() external {
        _agreeOn(_next(_bits(), lines));
        OrderTerms memory second = terms;
        _agreeOn(_next(_withDates(DUE, EXPIRY + 1), lines));
        OrderTerms memory third = terms;
        vm.assertEq(_seq(), 2);
        vm.assertEq(escrow.termsOf(order), _idOf(_delivery(third)));
        terms = first;
        _assertRefusedEverywhere(third);
        terms = second;
        _assertRefusedEverywhere(third);
        terms = third;
        _deliver(0, 400, 500, 0);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, 500);
    }

    function test_WhenAReportWasMadeBefore() external {
        DeliveryReport[] memory reports = _only(_report(0, 400, 500, 30));
        Certificate memory certificate = _certify(_only(first), reports);
        _agreeOn(_next(_withDates(DUE + 3 days, EXPIRY), lines));
        _expectSkipped(reports[0]);
        escrow.confirm(certificate, _only(first), reports);
        escrow.confirm(certificate, _only(terms), reports);
        uint256 good = _good(500, 30);
        _assertMoney(order, _worth(good), _worth(good));
    }

    function test_GivenAPlainOrderWasAmended() external {
        OrderTerms memory plain = _terms();
        plain.conditions = terms.conditions;
        (terms, first, order) = (plain, plain, _create(plain));
        _agreeOn(_next(_withPoints(2), bytes.concat(_line(10, 10_000), lines)));
        _expectSkipped(_report(0, 0, 10, 0));
        _confirm(first, _report(0, 0, 10, 0));
        _deliver(0, 0, 10, 0);
        _assertMoney(order, 10_000, 10_000);
    }

    // ---- words

    function _expectSkipped(DeliveryReport memory report) private {
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.ReportSkipped(order, 0, SkipReason.StaleTerms, report.root);
    }

    /// @dev With `terms`, which are old, nothing can be done.
    function _assertRefusedEverywhere(OrderTerms memory next) private {
        Approval[] memory none = _noApprovals();
        _expectStaleTerms();
        _settleAll();
        _expectStaleTerms();
        escrow.refund(terms);
        _expectStaleTerms();
        _inspect(0, 0, none);
        _expectStaleTerms();
        _callRetention(1, none);
        _expectStaleTerms();
        _dispute(0, supplier, none);
        _expectStaleTerms();
        _rule(0, 0, none);
        _expectStaleTerms();
        _resolve(0);
        _expectStaleTerms();
        _cancel(PAID, 2, none);
        _expectStaleTerms();
        escrow.amend(terms, next, 2, claims, deadline, none);
        _expectStaleTerms();
        _creditNote(1, none);
        _expectStaleTerms();
        _assign(_assignment(0, 1, owner, 1), 2, none);
    }
}
