// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {FundingSource, IOrderCreation, IOrderOpening} from "../../contracts/settlement/IOrderFunding.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {
    Clauses,
    OPTION_AMENDED,
    OPTION_DEVICES,
    OPTION_INSPECTION,
    OPTION_P256,
    OrderConditions,
    OrderTerms
} from "../../contracts/settlement/OrderTerms.sol";
import {hashConditionsAgain} from "../base/ActionHashes.sol";
import {SettlementBase} from "../base/SettlementBase.sol";

contract OpenOrderTest is SettlementBase {
    bytes32 private constant ROOT = keccak256("root of keys");
    address private constant P256 = address(0x100);

    function test_RevertWhen_TheConditionsAreNotThoseOfTheTerms() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        bytes32[9] memory others;
        for (uint256 i; i < others.length; ++i) {
            OrderConditions memory conditions = _conditions(terms.clauses);
            if (i == 0) conditions.arbiter = other;
            if (i == 1) ++conditions.defaultSplit;
            if (i == 2) ++conditions.inspection;
            if (i == 3) ++conditions.answer;
            if (i == 4) ++conditions.arbitration;
            if (i == 5) ++conditions.statutoryTerm;
            if (i == 6) ++conditions.statutoryInterest;
            if (i == 7) conditions.sheet = bytes32(0);
            if (i == 8) conditions.documents = bytes32(0);
            bytes32 given = hashConditionsAgain(conditions);
            bytes4 differ = IOrderBook.OrderConditionsOther.selector;
            _expectRevert(terms, conditions, abi.encodeWithSelector(differ, given, terms.conditions));
        }
    }

    // ---- options

    function test_RevertWhen_TheClausesHaveAnUnknownOptionOrOtherPoints() external {
        for (uint256 bit = 8; bit < 1 << 18; bit <<= 1) {
            if (bit == 1 << 10) continue; // the one point of first terms
            _expectUnsupported(Clauses.unwrap(_specialClauses(bit)));
        }
        _expectUnsupported(Clauses.unwrap(_specialClauses(0)) & ~(uint256(0xff) << 10));
        _expectUnsupported(Clauses.unwrap(_specialClauses(OPTION_AMENDED | OPTION_INSPECTION)));
    }

    function test_RevertWhen_TheOptionForInspectionAndTheConditionsDisagree() external {
        bytes4 disagree = IOrderOpening.OrderInspectionOption.selector;
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        OrderConditions memory conditions = _conditions(terms.clauses);
        conditions.inspection = 0;
        _expectRevertUnder(terms, conditions, abi.encodeWithSelector(disagree, true, 0));
        terms = _specialTerms(0);
        conditions.inspection = 1;
        _expectRevertUnder(terms, conditions, abi.encodeWithSelector(disagree, false, 1));
    }

    function test_RevertWhen_ThereIsNoRootOfKeys() external {
        bytes memory line = _line(ORDERED, TOTAL);
        _expectDevicesRevert(OPTION_DEVICES, "");
        _expectDevicesRevert(OPTION_DEVICES, line);
        _expectDevicesRevert(OPTION_DEVICES, new bytes(31));
        _expectDevicesRevert(OPTION_DEVICES, bytes.concat(bytes32(0), line));
        _expectDevicesRevert(OPTION_DEVICES | OPTION_P256, bytes.concat(bytes32(0), line));
    }

    function test_RevertWhen_ThereIsNothingButTheRoot() external {
        bytes4 bad = IOrderCreation.OrderLines.selector;
        _expectRevert(_specialTerms(OPTION_DEVICES, bytes.concat(ROOT)), abi.encodeWithSelector(bad, 0, 0));
        bytes memory odd = bytes.concat(ROOT, _line(ORDERED, TOTAL), hex"00");
        _expectRevert(_specialTerms(OPTION_DEVICES, odd), abi.encodeWithSelector(bad, 1, 13));
    }

    function test_RevertWhen_P256ButNoDeviceSignaturesAreAskedFor() external {
        _expectDevicesRevert(OPTION_P256, _line(ORDERED, TOTAL));
        _expectDevicesRevert(OPTION_P256, bytes.concat(ROOT, _line(ORDERED, TOTAL)));
    }

    function test_GivenTheChainVerifiesP256() external {
        vm.assertTrue(escrow.p256Supported());
        _expectOpened(_specialTerms(OPTION_DEVICES | OPTION_P256, bytes.concat(ROOT, _line(ORDERED, TOTAL))));
    }

    function test_RevertGiven_TheChainDoesNotVerifyP256() external {
        bytes memory nothing = "";
        _expectUnsupportedP256(nothing);
        _expectUnsupportedP256(abi.encode(0));
        _expectUnsupportedP256(abi.encode(2));
        _expectUnsupportedP256(hex"01");
        _expectUnsupportedP256(abi.encode(1, 1));
    }

    function test_RevertGiven_WhatIsAtTheAddressOfP256Reverts() external {
        vm.mockCallRevert(P256, "", abi.encode(1));
        _expectUnsupportedP256();
    }

    // ---- rates, dates, windows

    function test_RevertWhen_ARateIsTooHigh() external {
        _expectRatesRevert(_penalty(1_000_001, 1), 1_000_001, 0, SPLIT);
        _expectRatesRevert(_penalty(10_001, 100), 1_000_100, 0, SPLIT);
        _expectRatesRevert(_penalty(0xfffff, 0x3fff), uint256(0xfffff) * 0x3fff, 0, SPLIT);
        _expectRatesRevert(_retention(1_000_000, RETENTION_UNTIL), 0, 1_000_000, SPLIT);
        _expectRatesRevert(_retention(0xfffff, RETENTION_UNTIL), 0, 0xfffff, SPLIT);
        _expectRatesRevert(OPTION_INSPECTION, 0, 0, 1_000_001);
        _expectRatesRevert(0, 0, 0, type(uint32).max);
    }

    function test_RevertWhen_TheRetentionsDateDoesNotFit() external {
        _expectRetentionRevert(50_000, 0);
        _expectRetentionRevert(50_000, EXPIRY - 1);
        _expectRetentionRevert(50_000, EXPIRY + 1_825 days + 1);
        _expectRetentionRevert(50_000, type(uint40).max);
        _expectRetentionRevert(0, EXPIRY);
        _expectRetentionRevert(0, 1);
    }

    function test_RevertWhen_AWindowIsLongerThan90Days() external {
        uint32 long = 90 days + 1;
        _expectWindowsRevert(OPTION_INSPECTION, long, ANSWER, ARBITRATION);
        _expectWindowsRevert(OPTION_INSPECTION, INSPECTION, long, ARBITRATION);
        _expectWindowsRevert(OPTION_INSPECTION, INSPECTION, ANSWER, long);
        _expectWindowsRevert(0, 0, long, 0);
        _expectWindowsRevert(0, 0, 0, type(uint32).max);
    }

    function test_RevertWhen_ThereIsNoTimeToAnswerOrToRule() external {
        uint256 retained = _retention(1, EXPIRY);
        _expectWindowsRevert(OPTION_INSPECTION, INSPECTION, 0, ARBITRATION);
        _expectWindowsRevert(OPTION_INSPECTION, INSPECTION, ANSWER, 0);
        _expectWindowsRevert(retained, 0, 0, ARBITRATION);
        _expectWindowsRevert(retained, 0, ANSWER, 0);
    }

    function test_RevertWhen_ThereIsNoArbiter() external {
        _expectArbiterRevert(_specialTerms(OPTION_INSPECTION), address(0));
        _expectArbiterRevert(_specialTerms(_retention(50_000, RETENTION_UNTIL)), address(0));
    }

    function test_RevertWhen_TheArbiterIsAParty() external {
        uint256[3] memory bits = [OPTION_INSPECTION, _retention(50_000, RETENTION_UNTIL), _penalty(10_000, 10)];
        for (uint256 i; i < 6; ++i) _expectArbiterRevert(_specialTerms(bits[i / 2]), i % 2 == 0 ? buyer : supplier);
    }

    function _expectArbiterRevert(OrderTerms memory terms, address arbiter) private {
        OrderConditions memory conditions = _conditions(terms.clauses);
        conditions.arbiter = arbiter;
        _expectRevertUnder(terms, conditions, abi.encodeWithSelector(IOrderOpening.OrderArbiter.selector, arbiter));
    }

    function test_GivenNeitherInspectionNorRetention() external {
        OrderTerms memory terms = _specialTerms(_penalty(10_000, 10));
        OrderConditions memory none;
        terms.conditions = hashConditionsAgain(none);
        vm.assertEq(_status(_open(terms, none)), uint256(Status.Open));
    }

    // ---- what every order needs

    function test_RevertWhen_DatesPayeeLinesLatenessTotalOrGroupAreBad() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        Clauses good = terms.clauses;
        terms.clauses = Clauses.wrap(Clauses.unwrap(_clauses(START - 1, EXPIRY, GRACE, 0)) | OPTION_INSPECTION);
        bytes4 selector = IOrderCreation.OrderDates.selector;
        _expectRevert(terms, abi.encodeWithSelector(selector, START - 1, EXPIRY, GRACE, START));
        terms.clauses = Clauses.wrap(Clauses.unwrap(good) ^ (uint256(group ^ type(uint40).max) << 18));
        selector = IQuorum.QuorumUnknownGroup.selector;
        _expectRevert(terms, abi.encodeWithSelector(selector, type(uint40).max));
        terms.clauses = good;
        terms.supplier = address(0);
        _expectRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderPayee.selector, address(0)));
        terms.supplier = address(escrow);
        _expectRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderPayee.selector, address(escrow)));
        terms.supplier = supplier;
        terms.lines = "";
        _expectRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderLines.selector, 0, 0));
        terms.lines = _line(ORDERED, 0);
        _expectRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderTotal.selector, 0));
        terms.lines = _line(ORDERED, type(uint56).max);
        _expectRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderTotal.selector, type(uint56).max));
        terms = _specialTerms(_penalty(61, 1 << 13), _line((1 << 31) + 1, TOTAL));
        selector = IOrderCreation.OrderLateness.selector;
        _expectRevert(terms, abi.encodeWithSelector(selector, 0, (1 << 44) + (1 << 13)));
    }

    function test_RevertGiven_AnOrderWithTheseTerms() external {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        bytes32 order = _open(terms);
        _expectRevert(terms, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, order));
    }

    function test_WhenEverythingIsAtItsBounds() external {
        uint256 most = _penalty(1_000_000, 1) | _retention(999_999, EXPIRY + 1_825 days);
        OrderTerms memory terms = _specialTerms(most | OPTION_INSPECTION, _line((1 << 40) - 1, TOTAL));
        OrderConditions memory conditions = _conditions(terms.clauses);
        conditions.defaultSplit = 1_000_000;
        (conditions.inspection, conditions.answer, conditions.arbitration) = (90 days, 90 days, 90 days);
        terms.conditions = hashConditionsAgain(conditions);
        vm.assertEq(_status(_open(terms, conditions)), uint256(Status.Open));
        uint256 least = _penalty(122, 1 << 13) | _retention(1, EXPIRY);
        terms = _specialTerms(least | OPTION_INSPECTION, _line(1 << 31, TOTAL));
        conditions = _conditions(terms.clauses);
        (conditions.inspection, conditions.answer, conditions.arbitration) = (1, 1, 1);
        terms.conditions = hashConditionsAgain(conditions);
        vm.assertEq(_status(_open(terms, conditions)), uint256(Status.Open));
    }

    function test_WhenAllIsInOrder() external {
        uint256 bits = _penalty(10_000, 10) | _retention(50_000, RETENTION_UNTIL) | OPTION_INSPECTION | OPTION_DEVICES;
        OrderTerms memory terms = _specialTerms(bits, bytes.concat(ROOT, _line(ORDERED, TOTAL), _line(7, 70)));
        _expectOpened(terms);
        vm.assertEq(token.balanceOf(address(escrow)), TOTAL + 70);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL - 70);
    }

    // ---- words

    function _expectOpened(OrderTerms memory terms) private {
        bytes32 expected = _idOf(_delivery(terms));
        vm.expectEmit(address(escrow));
        emit IOrderCreation.OrderCreated(expected, buyer, supplier, terms.clauses, terms.conditions, terms.lines);
        vm.assertEq(_open(terms), expected);
        vm.assertEq(_status(expected), uint256(Status.Open));
        vm.assertEq(escrow.orderId(terms), expected);
    }

    function _expectRevert(OrderTerms memory terms, bytes memory reason) private {
        _expectRevert(terms, _conditions(terms.clauses), reason);
    }

    /// @dev Under conditions that the terms agree to.
    function _expectRevertUnder(
        OrderTerms memory terms,
        OrderConditions memory conditions,
        bytes memory reason
    ) private {
        terms.conditions = hashConditionsAgain(conditions);
        _expectRevert(terms, conditions, reason);
    }

    function _expectRevert(OrderTerms memory terms, OrderConditions memory conditions, bytes memory reason) private {
        vm.expectRevert(reason);
        _open(terms, conditions);
        vm.assertEq(token.balanceOf(buyer) + token.balanceOf(address(escrow)), AMPLE);
    }

    function _expectUnsupported(uint256 clauses) private {
        OrderTerms memory terms = _specialTerms(OPTION_INSPECTION);
        OrderConditions memory conditions = _conditions(terms.clauses);
        terms.clauses = Clauses.wrap(clauses);
        bytes4 unsupported = IOrderCreation.OrderClauseUnsupported.selector;
        _expectRevert(terms, conditions, abi.encodeWithSelector(unsupported, clauses));
    }

    function _expectDevicesRevert(uint256 options, bytes memory lines) private {
        bytes memory reason = abi.encodeWithSelector(IOrderOpening.OrderDevices.selector, options, bytes32(0));
        _expectRevert(_specialTerms(options, lines), reason);
    }

    function _expectRatesRevert(uint256 bits, uint256 penalty, uint256 retention, uint32 split) private {
        OrderTerms memory terms = _specialTerms(bits);
        OrderConditions memory conditions = _conditions(terms.clauses);
        conditions.defaultSplit = split;
        bytes4 selector = IOrderOpening.OrderRates.selector;
        _expectRevertUnder(terms, conditions, abi.encodeWithSelector(selector, penalty, retention, split));
    }

    function _expectRetentionRevert(uint256 rate, uint256 until) private {
        bytes4 selector = IOrderOpening.OrderRetentionDate.selector;
        _expectRevert(_specialTerms(_retention(rate, until)), abi.encodeWithSelector(selector, until, EXPIRY));
    }

    function _expectWindowsRevert(uint256 bits, uint32 inspection, uint32 answer, uint32 arbitration) private {
        OrderTerms memory terms = _specialTerms(bits);
        OrderConditions memory conditions = _conditions(terms.clauses);
        (conditions.inspection, conditions.answer, conditions.arbitration) = (inspection, answer, arbitration);
        bytes4 selector = IOrderOpening.OrderWindows.selector;
        bytes memory reason = abi.encodeWithSelector(selector, inspection, answer, arbitration, GRACE);
        _expectRevertUnder(terms, conditions, reason);
    }

    function _expectUnsupportedP256(bytes memory answer) private {
        vm.mockCall(P256, "", answer);
        _expectUnsupportedP256();
    }

    /// @dev Of an escrow that is deployed now.
    function _expectUnsupportedP256() private {
        ISupplierEscrow young = _deploy(IERC20(address(token)), manager, registry);
        vm.clearMockedCalls();
        vm.assertFalse(young.p256Supported());
        OrderTerms memory terms = _specialTerms(
            OPTION_DEVICES | OPTION_P256,
            bytes.concat(ROOT, _line(ORDERED, TOTAL))
        );
        OrderConditions memory conditions = _conditions(terms.clauses);
        vm.expectRevert(abi.encodeWithSelector(IOrderOpening.OrderP256Unsupported.selector));
        vm.prank(buyer);
        young.openOrder(terms, conditions, _funding(FundingSource.Allowance));
    }
}
