// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {Claim} from "../../contracts/settlement/Claim.sol";
import {Approval, DeviceSignature} from "../../contracts/settlement/Consent.sol";
import {Evidence} from "../../contracts/settlement/IOrderDelivery.sol";
import {Funding, FundingSource} from "../../contracts/settlement/IOrderFunding.sol";
import {Line, Lot} from "../../contracts/settlement/OrderState.sol";
import {
    Clauses,
    DeliveryTerms,
    OPTION_AMENDED,
    OPTION_INSPECTION,
    OrderConditions,
    OrderTerms
} from "../../contracts/settlement/OrderTerms.sol";
import {Wallet} from "../support/Wallet.sol";
import {hashConditionsAgain} from "./ActionHashes.sol";
import {EscrowBase} from "./EscrowBase.sol";

/// @dev The words for orders with special clauses: conditions, signed actions, lots and claims. Clauses are told as bits
/// that come on top of the plain ones: `_specialTerms(_penalty(10_000, 20) | OPTION_INSPECTION)`.
abstract contract SettlementBase is EscrowBase {
    uint32 internal constant INSPECTION = 5 days;
    uint32 internal constant ANSWER = 6 days;
    uint32 internal constant ARBITRATION = 7 days;
    uint32 internal constant SPLIT = 300_000; // 30% of a disputed value when the arbiter is silent
    uint256 internal constant RETENTION_UNTIL = EXPIRY + 365 days;
    uint40 internal constant FOREVER = type(uint40).max; // a deadline
    bytes32 internal constant EVIDENCE = keccak256("evidence");

    address internal arbiter;
    address internal owner; // of a claim
    Wallet internal wallet; // a contract as an account: the account "wallet owner" signs for it

    function setUp() public virtual override {
        super.setUp();
        (arbiter, owner) = (_account("arbiter"), _account("owner"));
        wallet = new Wallet(_account("wallet owner"));
    }

    // ---- clauses, in bits on top of the plain ones

    /// @param rate part of the price lost a day, in ppm
    function _penalty(uint256 rate, uint256 capDays) internal pure returns (uint256) {
        return (rate << 92) | (capDays << 78);
    }

    /// @param rate in ppm
    function _retention(uint256 rate, uint256 until) internal pure returns (uint256) {
        return (rate << 58) | (until << 136);
    }

    function _specialClauses(uint256 bits) internal view returns (Clauses) {
        return Clauses.wrap(Clauses.unwrap(_clauses(DUE, EXPIRY, GRACE, 0)) | bits);
    }

    // ---- terms and conditions

    /// @dev Conditions that suit these clauses.
    function _conditions(Clauses clauses) internal view returns (OrderConditions memory conditions) {
        conditions.arbiter = arbiter;
        conditions.defaultSplit = SPLIT;
        if (clauses.has(OPTION_INSPECTION)) conditions.inspection = INSPECTION;
        (conditions.answer, conditions.arbitration) = (ANSWER, ARBITRATION);
        (conditions.statutoryTerm, conditions.statutoryInterest) = (60 days, 155_000);
        (conditions.sheet, conditions.documents) = (keccak256("sheet"), keccak256("documents"));
    }

    function _specialTerms(uint256 bits) internal view returns (OrderTerms memory) {
        return _specialTerms(bits, _line(ORDERED, TOTAL));
    }

    function _specialTerms(uint256 bits, bytes memory lines) internal view returns (OrderTerms memory terms) {
        terms = _termsOf(lines);
        terms.clauses = _specialClauses(bits);
        terms.conditions = hashConditionsAgain(_conditions(terms.clauses));
    }

    /// @dev Terms that could replace others by an amendment: with the order's id, and schedules of `points` points.
    function _amended(
        bytes32 order,
        OrderTerms memory terms,
        uint256 points,
        bytes memory schedules
    ) internal pure returns (OrderTerms memory) {
        uint256 clauses = Clauses.unwrap(terms.clauses) & ~(uint256(0xff) << 10);
        return
            OrderTerms({
                buyer: terms.buyer,
                supplier: terms.supplier,
                clauses: Clauses.wrap(clauses | (points << 10) | OPTION_AMENDED),
                conditions: terms.conditions,
                lines: bytes.concat(order, schedules)
            });
    }

    // ---- opening

    /// @dev Opens an order of the standard conditions: the buyer calls, its allowance pays.
    function _open(OrderTerms memory terms) internal returns (bytes32) {
        return _open(terms, _conditions(terms.clauses));
    }

    function _open(OrderTerms memory terms, OrderConditions memory conditions) internal returns (bytes32) {
        vm.prank(terms.buyer);
        return escrow.openOrder(terms, conditions, _funding(FundingSource.Allowance));
    }

    /// @dev Of a buyer who sends the transaction itself.
    function _funding(FundingSource source) internal pure returns (Funding memory funding) {
        funding.source = source;
        funding.deadline = FOREVER;
    }

    // ---- consent

    /// @dev The key of an account that has a name: `_account(name)`.
    function _keyOf(string memory name) internal pure returns (uint256) {
        return uint256(keccak256(bytes(name)));
    }

    /// @dev What an account signs: a struct in the escrow's domain.
    function _actionDigest(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", _domain(block.chainid, address(escrow)), structHash));
    }

    function _approval(string memory name, bytes32 structHash) internal view returns (Approval memory) {
        return Approval({account: _account(name), signature: _signedBy(name, structHash)});
    }

    /// @dev The wallet's consent: its owner's signature.
    function _walletApproval(bytes32 structHash) internal view returns (Approval memory) {
        return Approval({account: address(wallet), signature: _signedBy("wallet owner", structHash)});
    }

    function _signedBy(string memory name, bytes32 structHash) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(name), _actionDigest(structHash));
        return abi.encodePacked(r, s, v);
    }

    function _noApprovals() internal pure returns (Approval[] memory) {
        return new Approval[](0);
    }

    function _only(Approval memory approval) internal pure returns (Approval[] memory approvals) {
        approvals = new Approval[](1);
        approvals[0] = approval;
    }

    function _both(Approval memory first, Approval memory second) internal pure returns (Approval[] memory approvals) {
        approvals = new Approval[](2);
        (approvals[0], approvals[1]) = (first, second);
    }

    // ---- claims

    function _list(Claim first) internal pure returns (Claim[] memory list) {
        list = new Claim[](1);
        list[0] = first;
    }

    function _list(Claim first, Claim second) internal pure returns (Claim[] memory list) {
        list = new Claim[](2);
        (list[0], list[1]) = (first, second);
    }

    function _list(Claim first, Claim second, Claim third) internal pure returns (Claim[] memory list) {
        list = new Claim[](3);
        (list[0], list[1], list[2]) = (first, second, third);
    }

    // ---- reports with evidence

    function _evidence(Claim[] memory claims) internal pure returns (Evidence[] memory evidence) {
        evidence = new Evidence[](1);
        evidence[0].claims = claims;
    }

    function _evidence(DeviceSignature[] memory devices) internal pure returns (Evidence[] memory evidence) {
        evidence = new Evidence[](1);
        evidence[0].devices = devices;
    }

    function _confirmWith(OrderTerms memory terms, DeliveryReport memory report, Claim[] memory claims) internal {
        _confirmWith(_only(terms), _only(report), _evidence(claims));
    }

    function _confirmWith(
        DeliveryTerms[] memory orders,
        DeliveryReport[] memory reports,
        Evidence[] memory evidence
    ) internal {
        escrow.confirmWith(_certify(orders, reports), orders, reports, evidence);
    }

    // ---- disputes, each in a transaction of its own

    function _inspect(OrderTerms memory terms, uint32 lot, uint256 rejected) internal {
        OrderConditions memory conditions = _conditions(terms.clauses);
        vm.prank(terms.buyer);
        escrow.inspect(terms, conditions, lot, uint56(rejected), EVIDENCE, _noClaims(), FOREVER, _noApprovals());
    }

    function _callRetention(OrderTerms memory terms, uint256 amount) internal {
        vm.prank(terms.buyer);
        escrow.callRetention(terms, uint56(amount), EVIDENCE, FOREVER, _noApprovals());
    }

    function _dispute(OrderTerms memory terms, uint32 lot) internal {
        OrderConditions memory conditions = _conditions(terms.clauses);
        vm.prank(terms.supplier);
        escrow.dispute(terms, conditions, lot, terms.supplier, EVIDENCE, _noClaims(), FOREVER, _noApprovals());
    }

    function _rule(OrderTerms memory terms, uint32 lot, uint256 share) internal {
        OrderConditions memory conditions = _conditions(terms.clauses);
        vm.prank(arbiter);
        escrow.rule(terms, conditions, lot, uint32(share), _noClaims(), FOREVER, _noApprovals());
    }

    function _resolve(OrderTerms memory terms, uint32 lot) internal {
        escrow.resolve(terms, _conditions(terms.clauses), lot, _noClaims());
    }

    // ---- expectations

    function _assertMoney(bytes32 order, uint256 earned, uint256 paid) internal view {
        vm.assertEq(escrow.orderOf(order).earned, earned, "earned");
        vm.assertEq(escrow.orderOf(order).paid, paid, "paid");
    }

    function _assertLine(OrderTerms memory terms, uint16 index, Line memory expected) internal view {
        Line memory line = escrow.lineOf(terms, index);
        vm.assertEq(line.delivered, expected.delivered, "delivered");
        vm.assertEq(line.late, expected.late, "late");
        vm.assertEq(line.rejected, expected.rejected, "rejected");
        vm.assertEq(line.decided, expected.decided, "decided");
        vm.assertEq(line.good, expected.good, "good");
    }

    function _assertLot(bytes32 order, uint32 number, Lot memory expected) internal view {
        Lot memory lot = escrow.lotOf(order, number);
        vm.assertEq(lot.line, expected.line, "line");
        vm.assertEq(lot.quantity, expected.quantity, "quantity");
        vm.assertEq(lot.late, expected.late, "late");
        vm.assertEq(lot.since, expected.since, "since");
        vm.assertEq(uint256(lot.status), uint256(expected.status), "status");
    }
}
