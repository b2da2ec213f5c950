// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {CALL, Line, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

contract InspectTest is ActionTest {
    uint256 private constant QUANTITY = 400; // of lot 0
    uint256 private constant LATE = 7;
    uint256 private constant ENDS = START + INSPECTION;

    function setUp() public override {
        super.setUp();
        _begin(OPTION_INSPECTION, bytes.concat(_line(ORDERED, TOTAL), _line(10, 777)));
        _deliver(0, 0, QUANTITY, LATE);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsUnknown() external {
        terms.supplier = other;
        order = escrow.orderId(terms);
        _expectNotOpen(Status.None);
        _reject(0, 0);
    }

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        _expectNotOpen(Status.Closed);
        _reject(0, 0);
    }

    function test_RevertWhen_TheConditionsAreNotThoseOfTheTerms() external {
        conditions.inspection += 1;
        _expectOtherConditions();
        _reject(0, 0);
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _reject(0, 0);
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(START - 1);
        _expectOver();
        _reject(0, 0);
        deadline = uint40(START);
        _reject(0, 0);
    }

    function test_RevertGiven_TheLotIsUnknownAnsweredOrDecided() external {
        _expectOther(1, LotStatus.None);
        _reject(1, 0);
        _expectOther(CALL, LotStatus.None);
        _reject(CALL, 0);
        _deliver(0, QUANTITY, QUANTITY + 1, LATE);
        _reject(1, 0);
        _expectOther(1, LotStatus.None);
        _reject(1, 0);
        _reject(0, 1);
        _expectOther(0, LotStatus.Rejected);
        _reject(0, 1);
        _disputeIt(0);
        _expectOther(0, LotStatus.Disputed);
        _reject(0, 1);
    }

    function test_RevertWhen_TheInspectionWindowIsOver() external {
        vm.warp(ENDS);
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotTooLate.selector, order, 0, ENDS, ENDS));
        _reject(0, 1);
        vm.warp(ENDS - 1);
        _reject(0, 1);
        _lotIs(0, 1, 0, ENDS - 1, LotStatus.Rejected);
    }

    function test_RevertWhen_MoreIsRejectedThanTheLotHolds() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotQuantity.selector, QUANTITY + 1, QUANTITY));
        _reject(0, QUANTITY + 1);
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotQuantity.selector, type(uint56).max, QUANTITY));
        _reject(0, type(uint56).max);
    }

    function test_RevertWhen_TheBuyerNeitherCallsNorSigned() external {
        _expectNoConsent(_noApprovals());
        _expectNoConsent(_approve("supplier", _inspection(0, 1)));
        _expectNoConsent(_forged("supplier", buyer, _inspection(0, 1)));
        _expectNoConsent(_approve("buyer", _inspection(0, 2)));
        _expectNoConsent(_approve("buyer", _inspection(1, 1)));
        _expectNoConsent(_approve("buyer", _ruling(0, 1)));
        Approval[] memory signed = _approve("buyer", _inspection(0, 1));
        deadline += 1;
        _expectNoConsent(signed);
        vm.prank(supplier);
        _expectNoConsent(_noApprovals());
    }

    // ---- accepted

    function test_WhenNothingIsRejected() external {
        uint256 earned = _worth(_good(QUANTITY, LATE));
        _expectInspected(0, 0, earned);
        _reject(0, 0);
        _assertMoney(order, earned, earned);
        vm.assertEq(token.balanceOf(supplier), earned);
        _lotIs(0, 0, 0, 0, LotStatus.None);
        _assertLine(terms, 0, Line(uint48(QUANTITY), uint48(LATE), 0, uint48(QUANTITY), uint64(_good(QUANTITY, LATE))));
        vm.assertEq(_seq(), 0);
    }

    function test_WhenAllIsRejected() external {
        vm.warp(START + 1 days);
        _expectInspected(0, QUANTITY, 0);
        _reject(0, QUANTITY);
        _assertMoney(order, 0, 0);
        _lotIs(0, QUANTITY, LATE, START + 1 days, LotStatus.Rejected);
        vm.assertEq(_seq(), 1);
        _deliver(0, QUANTITY, ORDERED + QUANTITY, LATE);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, ORDERED, "no room yet");
    }

    function test_WhenAPartIsRejected() external {
        // Of 400 with 7 unit-days 250 are accepted, with 7 * 250 / 400 = 4.375.
        uint256 earned = _worth(_good(250, 5));
        _expectInspected(0, 150, earned);
        _reject(0, 150);
        _assertMoney(order, earned, earned);
        vm.assertEq(token.balanceOf(supplier), earned);
        _lotIs(0, 150, 2, START, LotStatus.Rejected);
        _assertLine(terms, 0, Line(uint48(QUANTITY), uint48(LATE), 0, 250, uint64(_good(250, 5))));
        vm.assertEq(_seq(), 1);
    }

    function test_WhenSomebodyElseRelaysTheSignature() external {
        Approval[] memory signed = _both(
            _approval("supplier", _inspection(0, 150)),
            _approval("buyer", _inspection(0, 150))
        );
        vm.prank(other);
        _inspect(0, 150, signed);
        vm.assertEq(token.balanceOf(supplier), _worth(_good(250, 5)));

        _expectOther(0, LotStatus.Rejected);
        _inspect(0, 150, signed);
    }

    function test_GivenTheOrderHasEnded() external {
        vm.warp(EXPIRY + GRACE - 1);
        _confirm(terms, _reportOf(0, 0, QUANTITY, 500, LATE, EXPIRY));
        _resolve(0);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.assertEq(_status(order), uint256(Status.Ended));
        uint256 earned = _worth(_good(500, LATE)) - _worth(_good(QUANTITY, LATE));
        _expectInspected(1, 0, earned);
        _reject(1, 0);
        vm.assertEq(token.balanceOf(supplier), _worth(_good(500, LATE)));
        vm.assertEq(_status(order), uint256(Status.Ended));
    }

    function test_GivenOtherLotsAreUndecided() external {
        vm.warp(START + 1);
        _deliver(0, QUANTITY, 500, LATE);
        _deliver(1, 0, 3, 0);
        _reject(1, 0);
        _lotIs(0, QUANTITY, LATE, START, LotStatus.Pending);
        _lotIs(2, 3, 0, START + 1, LotStatus.Pending);
        vm.assertEq(escrow.lotOf(order, 2).line, 1);
        _reject(2, 3);
        _disputeIt(2);
        _deliver(0, 500, 600, LATE);
        _deliver(1, 3, 4, 1);
        _lotIs(3, 100, 0, START + 1, LotStatus.Pending);
        _lotIs(4, 1, 1, START + 1, LotStatus.Pending);
        _lotIs(2, 3, 0, START + 1, LotStatus.Disputed);
        vm.assertEq(token.balanceOf(supplier), _worth(_good(100, 0)));
    }

    function test_GivenTheListOfClaimsIsStale() external {
        _give(0, owner, 1_000, 1);
        uint256 earned = _worth(_good(QUANTITY, LATE));
        vm.prank(buyer);
        escrow.inspect(terms, conditions, 0, 0, EVIDENCE, _noClaims(), deadline, _noApprovals());
        _assertMoney(order, earned, 0);
        _settleAll();
        vm.assertEq(token.balanceOf(owner), 1_000);
        vm.assertEq(token.balanceOf(supplier), earned - 1_000);
    }

    // ---- words

    function _expectNoConsent(Approval[] memory approvals) private {
        _expectConsent(buyer);
        _inspect(0, 1, approvals);
    }

    function _expectInspected(uint32 lot, uint256 rejected, uint256 earned) private {
        vm.expectEmit(address(escrow));
        emit IOrderDisputes.LotInspected(order, lot, rejected, earned, EVIDENCE);
    }
}
