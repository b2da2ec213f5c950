// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {AXIS_END, Claim, MAX_CLAIMS, claim, hashClaims} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {Assignment} from "../../contracts/settlement/IOrderClaims.sol";
import {Lot, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OPTION_AMENDED, OrderConditions, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {
    hashAmendment,
    hashCancellation,
    hashConditionsAgain,
    hashCreditNote,
    hashDispute,
    hashInspection,
    hashRetentionCall,
    hashRuling
} from "../base/ActionHashes.sol";
import {SettlementBase} from "../base/SettlementBase.sol";

/// @dev One order, `order`, of `terms` and `conditions`, its list of `claims`, and what is done to it. Each action is a
/// call that the test pranks or gives approvals, and a struct that a party signs.
abstract contract ActionTest is SettlementBase {
    uint256 internal constant RATE = 5_000; // penalty a day, in ppm
    uint256 internal constant CAP_DAYS = 20;
    uint256 internal constant RETENTION = 50_000;
    uint256 internal constant MILLION = 1e6;

    address internal bank; // owns a claim, too

    OrderTerms internal first; // the terms that the order began with
    OrderTerms internal terms;
    OrderConditions internal conditions;
    bytes32 internal order;
    Claim[] internal claims;
    uint40 internal deadline = uint40(START + 1_000 days);

    function setUp() public virtual override {
        super.setUp();
        bank = _account("bank");
    }

    // ---- the order

    /// @dev Opens it with these bits, a penalty among them, and the usual line.
    function _begin(uint256 bits) internal {
        _begin(bits, _line(ORDERED, TOTAL));
    }

    function _begin(uint256 bits, bytes memory lines) internal {
        terms = _specialTerms(bits | _penalty(RATE, CAP_DAYS), lines);
        first = terms;
        conditions = _conditions(terms.clauses);
        order = _open(terms, conditions);
    }

    /// @dev Minor units that millionths of a unit of the usual line are worth.
    function _worth(uint256 good) internal pure returns (uint256) {
        return (TOTAL * good) / (ORDERED * MILLION);
    }

    /// @dev What so many units are good for, in millionths, with so many late unit-days.
    function _good(uint256 quantity, uint256 late) internal pure returns (uint256) {
        return quantity * MILLION - late * RATE;
    }

    /// @dev Reports name the order; a certificate is the same before and after an amendment.
    function _deliver(uint256 line, uint256 from, uint256 to, uint256 late) internal {
        DeliveryReport[] memory reports = _only(_report(line, from, to, late));
        escrow.confirm(_certify(_only(first), reports), _only(terms), reports);
    }

    /// @dev With the list of claims, so that their owners are paid at once.
    function _deliverWith(uint256 line, uint256 from, uint256 to, uint256 late) internal {
        DeliveryReport[] memory reports = _only(_report(line, from, to, late));
        escrow.confirmWith(_certify(_only(first), reports), _only(terms), reports, _evidence(claims));
    }

    // ---- actions

    function _inspect(uint32 lot, uint56 rejected, Approval[] memory approvals) internal {
        escrow.inspect(terms, conditions, lot, rejected, EVIDENCE, claims, deadline, approvals);
    }

    function _callRetention(uint56 amount, Approval[] memory approvals) internal {
        escrow.callRetention(terms, amount, EVIDENCE, deadline, approvals);
    }

    function _dispute(uint32 lot, address party, Approval[] memory approvals) internal {
        escrow.dispute(terms, conditions, lot, party, EVIDENCE, claims, deadline, approvals);
    }

    function _rule(uint32 lot, uint32 share, Approval[] memory approvals) internal {
        escrow.rule(terms, conditions, lot, share, claims, deadline, approvals);
    }

    function _resolve(uint32 lot) internal {
        escrow.resolve(terms, conditions, lot, claims);
    }

    function _cancel(uint256 payout, uint32 seq, Approval[] memory approvals) internal {
        escrow.cancel(terms, uint56(payout), seq, claims, deadline, approvals);
    }

    function _creditNote(uint256 amount, Approval[] memory approvals) internal {
        escrow.creditNote(terms, amount, deadline, approvals);
    }

    function _assign(Assignment memory assignment, uint32 seq, Approval[] memory approvals) internal {
        escrow.assign(terms, conditions, assignment, seq, claims, deadline, approvals);
    }

    function _settleAll() internal {
        escrow.settle(terms, claims);
    }

    // ---- what happens by the parties' own calls

    function _reject(uint32 lot, uint256 rejected) internal {
        vm.prank(buyer);
        _inspect(lot, uint56(rejected), _noApprovals());
    }

    function _disputeIt(uint32 lot) internal {
        vm.prank(supplier);
        _dispute(lot, supplier, _noApprovals());
    }

    /// @dev The owner of claim `id` gives its lowest part away; `claims` follows.
    function _give(uint32 id, address to, uint256 amount, uint8 slots) internal {
        if (claims.length == 0) claims.push(claim(AXIS_END, supplier, MAX_CLAIMS, 0));
        uint256 index;
        while (claims[index].claimId() != id) ++index;
        address from = claims[index].claimOwner();
        Claim[] memory given = escrow.orderOf(order).flags & 2 == 0 ? _noClaims() : claims;
        (uint32 seq, uint32 next) = (_seq(), escrow.claimsOf(order).nextId);
        vm.prank(from);
        escrow.assign(terms, conditions, _assignment(id, amount, to, slots), seq, given, deadline, _noApprovals());
        _follow(index, to, amount, slots, next == 0 ? 1 : next);
    }

    /// @dev What an assignment does to the list.
    function _follow(uint256 index, address to, uint256 amount, uint256 slots, uint256 next) internal {
        Claim mine = claims[index];
        uint256 start = escrow.orderOf(order).paid;
        if (index != 0 && claims[index - 1].claimEnd() > start) start = claims[index - 1].claimEnd();
        claims[index] = claim(start + amount, to, slots, next);
        if (start + amount == mine.claimEnd()) return;
        claims.push(mine);
        for (uint256 i = claims.length - 1; i > index + 1; --i) claims[i] = claims[i - 1];
        claims[index + 1] = claim(mine.claimEnd(), mine.claimOwner(), mine.claimSlots() - slots, next + 1);
    }

    /// @dev Takes the lowest claims, which were paid, off the list.
    function _takeOff(uint256 count) internal {
        uint256 slots;
        for (uint256 i; i < count; ++i) slots += claims[i].claimSlots();
        for (uint256 i; i + count < claims.length; ++i) claims[i] = claims[i + count];
        for (uint256 i; i < count; ++i) claims.pop();
        Claim last = claims[claims.length - 1];
        claims[claims.length - 1] = claim(
            last.claimEnd(),
            last.claimOwner(),
            last.claimSlots() + slots,
            last.claimId()
        );
    }

    /// @dev Both parties end the order where it is paid up to.
    function _end() internal {
        uint256 paid = escrow.orderOf(order).paid;
        uint32 seq = _seq();
        vm.prank(buyer);
        _cancel(paid, seq, _approve("supplier", _cancellation(paid, seq)));
    }

    /// @dev Both parties put other terms in force, which `terms` are from then on.
    function _agreeOn(OrderTerms memory next) internal {
        uint32 seq = _seq();
        bytes32 amendment = _amendment(next, seq);
        escrow.amend(terms, next, seq, claims, deadline, _approve("buyer", "supplier", amendment));
        terms = next;
    }

    /// @dev Other terms are put in force, and `terms` are what they were.
    function _makeStale() internal {
        _agreeOn(_next(_bits(), terms.lines));
        terms = first;
    }

    function _bits() internal view returns (uint256) {
        return Clauses.unwrap(terms.clauses);
    }

    function _withPoints(uint256 points) internal view returns (uint256) {
        return (_bits() & ~(uint256(0xff) << 10)) | (points << 10);
    }

    function _withDates(uint256 due, uint256 expiry) internal view returns (uint256) {
        return ((_bits() << 80) >> 80) | (due << 216) | (expiry << 176);
    }

    function _withGroup(uint256 id) internal view returns (uint256) {
        return (_bits() & ~(uint256(type(uint40).max) << 18)) | (id << 18);
    }

    /// @dev The terms with other clauses and schedules.
    function _next(uint256 clauses, bytes memory schedules) internal view returns (OrderTerms memory next) {
        next = terms;
        next.clauses = Clauses.wrap(clauses | OPTION_AMENDED);
        next.lines = bytes.concat(order, schedules);
    }

    function _assignment(uint32 id, uint256 amount, address to, uint8 slots) internal pure returns (Assignment memory) {
        return
            Assignment({claim: id, amount: uint56(amount), maxStart: type(uint56).max, to: to, slots: slots, price: 0});
    }

    // ---- what the parties sign

    function _inspection(uint32 lot, uint256 rejected) internal view returns (bytes32) {
        return hashInspection(order, lot, rejected, EVIDENCE, deadline);
    }

    function _retentionCall(uint256 amount) internal view returns (bytes32) {
        return hashRetentionCall(order, amount, EVIDENCE, deadline);
    }

    function _contest(uint32 lot) internal view returns (bytes32) {
        return hashDispute(order, lot, EVIDENCE, deadline);
    }

    function _ruling(uint32 lot, uint256 share) internal view returns (bytes32) {
        return hashRuling(order, lot, share, deadline);
    }

    function _cancellation(uint256 payout, uint32 seq) internal view returns (bytes32) {
        return hashCancellation(order, seq, payout, deadline);
    }

    function _amendment(OrderTerms memory next, uint32 seq) internal view returns (bytes32) {
        return hashAmendment(order, seq, next, _idOf(_delivery(next)), _totalOf(next), deadline);
    }

    function _note(uint256 amount, uint256 nonce) internal view returns (bytes32) {
        return hashCreditNote(order, amount, nonce, deadline);
    }

    function _approve(string memory name, bytes32 structHash) internal view returns (Approval[] memory) {
        return _only(_approval(name, structHash));
    }

    function _approve(
        string memory one,
        string memory two,
        bytes32 structHash
    ) internal view returns (Approval[] memory) {
        return _both(_approval(one, structHash), _approval(two, structHash));
    }

    /// @dev Somebody's signature that pretends to be another's.
    function _forged(
        string memory signer,
        address account,
        bytes32 structHash
    ) internal view returns (Approval[] memory approvals) {
        approvals = _approve(signer, structHash);
        approvals[0].account = account;
    }

    // ---- state

    function _seq() internal view returns (uint32) {
        return escrow.orderOf(order).seq;
    }

    function _lotIs(uint32 lot, uint256 quantity, uint256 late, uint256 since, LotStatus status) internal view {
        Lot memory goods = escrow.lotOf(order, lot);
        vm.assertEq(goods.quantity, quantity, "quantity");
        vm.assertEq(goods.late, late, "late");
        vm.assertEq(goods.since, since, "since");
        vm.assertEq(uint256(goods.status), uint256(status), "status");
    }

    function _totalOf(OrderTerms memory of_) internal pure returns (uint256 total) {
        uint256 clauses = Clauses.unwrap(of_.clauses);
        (uint256 points, uint256 i) = ((clauses >> 10) & 0xff, clauses & 8 == 0 ? 0 : 32);
        if (clauses & 2 != 0) i += 32; // the root of the devices' keys
        for (i += 12 * points; i <= of_.lines.length; i += 12 * points) {
            bytes memory lines = of_.lines;
            uint256 word;
            assembly {
                word := mload(add(lines, i)) // the word that ends at byte i
            }
            total += word & 0xffffffffffffff;
        }
    }

    function _expectConsent(address party) internal {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, party));
    }

    function _expectNotOpen(Status status) internal {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderNotOpen.selector, order, status));
    }

    function _expectOver() internal {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.DeadlineOver.selector, deadline, block.timestamp));
    }

    function _expectOtherConditions() internal {
        bytes32 given = hashConditionsAgain(conditions);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderConditionsOther.selector, given, terms.conditions));
    }

    function _expectStaleTerms() internal {
        bytes32 digest = _idOf(_delivery(terms));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderTermsStale.selector, digest));
    }

    function _expectSeq(uint32 given, uint32 present) internal {
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderSequence.selector, order, given, present));
    }

    function _expectOther(uint32 lot, LotStatus status) internal {
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotStatusOther.selector, order, lot, status));
    }

    function _listIsPresent() internal view {
        vm.assertEq(uint256(escrow.claimsOf(order).hash), uint256(hashClaims(claims)), "list");
    }
}
