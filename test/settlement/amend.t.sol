// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {AXIS_END} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_DEVICES, OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

/// @dev What is refused. What an amendment does is in amended.t.sol, whom it needs besides in amendOwners.t.sol.
contract AmendTest is ActionTest {
    uint256 private constant PAID = 400_001; // for 400 units
    bytes private lines = _line(ORDERED, TOTAL);

    function setUp() public override {
        super.setUp();
        _begin(0);
        _deliver(0, 0, 400, 0);
    }

    // ---- the order's state

    function test_RevertGiven_TheOrderIsUnknown() external {
        terms.buyer = other;
        order = escrow.orderId(terms);
        _expectNotOpen(Status.None);
        _try(_next(_bits(), lines));
    }

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        _expectNotOpen(Status.Closed);
        _try(_next(_bits(), lines));
    }

    function test_RevertGiven_TheOrderHasEnded() external {
        _begin(OPTION_INSPECTION);
        vm.warp(EXPIRY);
        _deliver(0, 0, 400, 0);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.AmendmentEnded.selector, order));
        _try(_next(_bits(), lines));
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _try(_next(_bits(), lines));
    }

    // ---- consent

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(START - 1);
        _expectOver();
        _try(_next(_bits(), lines));
        deadline = uint40(START);
        _try(_next(_bits(), lines));
    }

    function test_RevertWhen_SeqIsNotTheOrders() external {
        OrderTerms memory next = _next(_bits(), lines);
        Approval[] memory signed = _approve("buyer", "supplier", _amendment(next, 1));
        _expectSeq(1, 0);
        escrow.amend(terms, next, 1, claims, deadline, signed);
        _expectSeq(type(uint32).max, 0);
        escrow.amend(terms, next, type(uint32).max, claims, deadline, signed);
    }

    function test_RevertWhen_BuyerOrSupplierDidNotAgreeToTheseTerms() external {
        OrderTerms memory next = _next(_bits(), lines);
        bytes32 amendment = _amendment(next, 0);
        _expectNoConsent(buyer, next, _noApprovals());
        _expectNoConsent(buyer, next, _approve("supplier", amendment));
        _expectNoConsent(supplier, next, _approve("buyer", amendment));
        vm.prank(buyer);
        _expectNoConsent(supplier, next, _forged("buyer", supplier, amendment));
        _expectNoConsent(buyer, next, _approve("buyer", "supplier", _amendment(next, 1)));
        OrderTerms memory later = _next(_withDates(DUE, EXPIRY + 1), lines);
        _expectNoConsent(buyer, later, _approve("buyer", "supplier", amendment));
        deadline += 1;
        _expectNoConsent(buyer, next, _approve("buyer", "supplier", amendment));
    }

    function test_RevertWhen_TheSignaturesAreSentAgain() external {
        OrderTerms memory next = _next(_bits(), lines);
        Approval[] memory signed = _approve("buyer", "supplier", _amendment(next, 0));
        escrow.amend(terms, next, 0, claims, deadline, signed);
        _expectStaleTerms();
        escrow.amend(terms, next, 0, claims, deadline, signed);
        _expectSeq(0, 1);
        escrow.amend(next, next, 0, claims, deadline, signed);
        _expectConsent(buyer);
        escrow.amend(next, next, 1, claims, deadline, signed);
    }

    // ---- the terms' form

    function test_RevertWhen_AnythingElseDiffers() external {
        OrderTerms memory next = _next(_bits(), lines);
        (next.buyer, next.supplier) = (supplier, buyer);
        _expectTerms(next);
        next = _next(_bits(), lines);
        next.supplier = other;
        _expectTerms(next);
        next.supplier = supplier;
        next.conditions = keccak256("other conditions");
        _expectTerms(next);
        for (uint256 bit; bit < 256; ++bit) {
            // Due and expiry, the group, the points and the mark of an amendment may change.
            if (bit >= 176 || (bit >= 18 && bit < 58) || (bit >= 10 && bit < 18) || bit == 3) continue;
            _expectTerms(_next(_bits() ^ (1 << bit), lines));
        }
    }

    function test_RevertWhen_ItHasNoMarkNoPointOrNotTheOrdersId() external {
        OrderTerms memory next = _next(_bits(), lines);
        next.clauses = terms.clauses;
        _expectTerms(next);
        _expectTerms(_next(_withPoints(0), lines));
        next = _next(_bits(), lines);
        next.lines = lines;
        _expectTerms(next);
        next.lines = bytes.concat(keccak256("another order"), lines);
        _expectTerms(next);
        next.lines = "";
        _expectTerms(next);
    }

    function test_RevertWhen_TheRootOfKeysDiffers() external {
        bytes32 root = keccak256("root");
        _begin(OPTION_DEVICES, bytes.concat(root, lines));
        _expectTerms(_next(_bits(), bytes.concat(keccak256("another root"), lines)));
        _expectTerms(_next(_bits(), bytes.concat(root))); // no line behind it
        OrderTerms memory next = _next(_bits(), "");
        next.lines = bytes.concat(order, bytes31(root));
        _expectTerms(next);
        _try(_next(_bits(), bytes.concat(root, lines)));
    }

    function test_RevertWhen_ThereAreMoreOrFewerLinesOrHalfAPoint() external {
        _expectTerms(_next(_bits(), ""));
        _expectTerms(_next(_bits(), bytes.concat(lines, _line(1, 1))));
        _expectTerms(_next(_bits(), bytes.concat(lines, hex"00")));
        _expectTerms(_next(_withPoints(2), lines));
        _expectTerms(_next(_withPoints(255), bytes.concat(lines, lines)));
    }

    // ---- schedules

    function test_RevertWhen_AScheduleDoesNotRise() external {
        _expectSchedule(_next(_withPoints(2), bytes.concat(_line(ORDERED, TOTAL), _line(ORDERED - 1, TOTAL))));
        _expectSchedule(_next(_withPoints(2), bytes.concat(_line(ORDERED, TOTAL), _line(ORDERED, TOTAL + 1))));
        _expectSchedule(_next(_withPoints(2), bytes.concat(_line(ORDERED, TOTAL), _line(ORDERED + 1, TOTAL - 1))));
        _expectSchedule(_next(_withPoints(2), bytes.concat(_line(0, 0), _line(ORDERED, TOTAL))));
        _expectSchedule(_next(_bits(), _line(0, 0)));
        bytes memory resumed = bytes.concat(lines, lines, _line(ORDERED + 1, TOTAL + 1));
        _expectSchedule(_next(_withPoints(3), resumed));
    }

    function test_RevertWhen_TheScheduleOfAnotherLineDoesNotRise() external {
        _begin(0, bytes.concat(lines, _line(10, 777)));
        OrderTerms memory next = _next(
            _withPoints(2),
            bytes.concat(bytes.concat(lines, lines), _line(10, 777), _line(10, 778))
        );
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.AmendmentSchedule.selector, 1));
        _try(next);
    }

    function test_RevertWhen_AScheduleChangesWhatWasAccepted() external {
        _expectSchedule(_next(_bits(), _line(ORDERED, TOTAL + 100)));
        _expectSchedule(_next(_bits(), _line(ORDERED, TOTAL - 100)));
        _expectSchedule(_next(_withPoints(2), bytes.concat(_line(400, PAID + 1), lines)));
        _expectSchedule(_next(_withPoints(2), bytes.concat(_line(400, PAID - 1), lines)));
        _try(_next(_withPoints(2), bytes.concat(_line(400, PAID), lines)));
    }

    function test_RevertWhen_AQuantityFallsBelowWhatWasDelivered() external {
        bytes4 refused = IOrderAgreements.AmendmentQuantity.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, 0, 399, 400));
        _try(_next(_bits(), _line(399, PAID)));
        vm.expectRevert(abi.encodeWithSelector(refused, 0, 1, 400));
        _try(_next(_bits(), _line(1, 0)));
    }

    function test_RevertWhen_AQuantityFallsBelowWhatWasDeliveredAndNotRejected() external {
        _begin(OPTION_INSPECTION);
        _deliver(0, 0, 400, 0);
        _reject(0, 150);
        OrderTerms memory next = _next(_bits(), _line(399, 399_001));
        bytes4 refused = IOrderAgreements.AmendmentQuantity.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, 0, 399, 400));
        escrow.amend(terms, next, 1, claims, deadline, _noApprovals());
        vm.warp(START + ANSWER);
        _resolve(0);
        next = _next(_bits(), _line(249, 250_000));
        vm.expectRevert(abi.encodeWithSelector(refused, 0, 249, 250));
        escrow.amend(terms, next, 1, claims, deadline, _noApprovals());
    }

    // ---- dates and bounds

    function test_RevertWhen_DatesArePastOrOutOfOrder() external {
        vm.warp(START + 10 days);
        _expectDates(START + 10 days - 1, EXPIRY);
        _expectDates(0, EXPIRY);
        _expectDates(EXPIRY + 1, EXPIRY);
        _expectDates(DUE, DUE - 1);
        _try(_next(_withDates(START + 10 days, START + 10 days), lines));
    }

    function test_RevertWhen_TheNewExpiryIsPast() external {
        vm.warp(DUE + 2 days);
        _expectDates(DUE, DUE + 2 days - 1);
        _try(_next(_withDates(DUE, DUE + 2 days), lines));
    }

    function test_RevertWhen_TheExpiryIsAfterTheRetentionsDate() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _expectDates(DUE, RETENTION_UNTIL + 1);
        _try(_next(_withDates(DUE, RETENTION_UNTIL), lines));
    }

    function test_RevertWhen_TheTotalOrALinesLatenessIsOutOfBounds() external {
        uint256 most = uint256(1 << 44) / CAP_DAYS;
        _expectBounds(bytes.concat(_line(400, PAID), _line(most + 1, TOTAL)), 0, (most + 1) * CAP_DAYS);
        _expectBounds(bytes.concat(_line(400, PAID), _line(ORDERED, AXIS_END)), AXIS_END, 0);
        token.mint(buyer, AXIS_END);
        _try(_next(_withPoints(2), bytes.concat(_line(400, PAID), _line(most, AXIS_END - 1))));
        vm.assertEq(token.balanceOf(address(escrow)), AXIS_END - 1 - PAID);
    }

    function test_RevertWhen_TheGroupChangesAndThePresentOneCanConfirm() external {
        bytes memory members = _certificate().members;
        quorum.retireMember(group, members, 0);
        quorum.retireMember(group, members, 1);
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.AmendmentGroup.selector, order));
        _try(_next(_withGroup(otherGroup), lines));
    }

    function test_RevertWhen_TheNewGroupIsUnknownOrClosed() external {
        _fall();
        OrderTerms memory next = _next(_withGroup(99), lines);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumUnknownGroup.selector, 99));
        _try(next);
        next = _next(_withGroup(otherGroup), lines);
        quorum.closeGroup(otherGroup);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumGroupClosed.selector, otherGroup));
        _try(next);
        quorum.closeGroup(group);
        _try(_next(_bits(), lines)); // which keeps its group
    }

    // ---- words

    /// @dev Both sign; the order was not amended before.
    function _try(OrderTerms memory next) private {
        escrow.amend(terms, next, 0, claims, deadline, _approve("buyer", "supplier", _amendment(next, 0)));
    }

    function _expectNoConsent(address party, OrderTerms memory next, Approval[] memory approvals) private {
        _expectConsent(party);
        escrow.amend(terms, next, 0, claims, deadline, approvals);
    }

    function _expectTerms(OrderTerms memory next) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.AmendmentTerms.selector, order));
        escrow.amend(terms, next, 0, claims, deadline, _noApprovals());
    }

    function _expectSchedule(OrderTerms memory next) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.AmendmentSchedule.selector, 0));
        escrow.amend(terms, next, 0, claims, deadline, _noApprovals());
    }

    function _expectDates(uint256 due, uint256 expiry) private {
        OrderTerms memory next = _next(_withDates(due, expiry), lines);
        bytes4 refused = IOrderAgreements.AmendmentDates.selector;
        vm.expectRevert(abi.encodeWithSelector(refused, due, expiry, block.timestamp));
        escrow.amend(terms, next, 0, claims, deadline, _noApprovals());
    }

    function _expectBounds(bytes memory schedule, uint256 total, uint256 unitDays) private {
        OrderTerms memory next = _next(_withPoints(2), schedule);
        vm.expectRevert(abi.encodeWithSelector(IOrderAgreements.AmendmentBounds.selector, total, unitDays));
        escrow.amend(terms, next, 0, claims, deadline, _noApprovals());
    }
}
