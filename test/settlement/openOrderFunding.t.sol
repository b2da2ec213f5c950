// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Funding, FundingSource, IOrderCreation, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION, OrderConditions, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {hashCreation} from "../base/ActionHashes.sol";
import {CurrencyBase} from "../base/CurrencyBase.sol";

contract OpenOrderFundingTest is CurrencyBase {
    uint40 private constant DEADLINE = uint40(START);
    bytes private constant INVALID = abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector);

    OrderTerms private terms;

    function setUp() public override {
        super.setUp();
        terms = _specialTerms(OPTION_INSPECTION);
    }

    // ---- the buyer sends the transaction

    function test_GivenTheBuyerSendsIt_AnAllowancePays() external {
        _allow(TOTAL);
        _expectPaid(buyer, _funding(FundingSource.Allowance));
        vm.assertEq(currency.balanceOf(buyer), AMPLE - TOTAL);
    }

    function test_GivenTheBuyerSendsIt_APermitPays() external {
        Funding memory funding = _funding(FundingSource.Permit);
        funding.token = _permit("buyer", TOTAL, START);
        _expectPaid(buyer, funding);
        vm.assertEq(currency.allowance(buyer, address(escrow)), 0);
    }

    function test_GivenTheBuyerSendsIt_AFrontRunPermitPays() external {
        Funding memory funding = _funding(FundingSource.Permit);
        TokenSignature memory permit = _permit("buyer", TOTAL, START);
        funding.token = permit;
        currency.permit(buyer, address(escrow), TOTAL, START, permit.v, permit.r, permit.s);
        _expectPaid(buyer, funding);
    }

    function test_GivenTheBuyerSendsIt_ItsBalancePays() external {
        _deposit(TOTAL + 5);
        _expectPaid(buyer, _funding(FundingSource.Balance));
        vm.assertEq(escrow.creditOf(buyer), 5);
        vm.assertEq(currency.balanceOf(buyer), AMPLE - TOTAL - 5);
    }

    function test_RevertWhen_TheMoneyIsNotThere() external {
        bytes4 noAllowance = IERC20Errors.ERC20InsufficientAllowance.selector;
        bytes memory none = abi.encodeWithSelector(noAllowance, address(escrow), 0, TOTAL);
        _expectRevert(buyer, _funding(FundingSource.Allowance), none);
        _expectRevert(buyer, _funding(FundingSource.Permit), none);
        Funding memory funding = _funding(FundingSource.Permit);
        funding.token = _permit("other", TOTAL, START);
        _expectRevert(buyer, funding, none);
        _deposit(TOTAL - 1);
        bytes memory small = abi.encodeWithSelector(IOrderCreation.BalanceTooSmall.selector, TOTAL - 1, TOTAL);
        _expectRevert(buyer, _funding(FundingSource.Balance), small);
    }

    function test_RevertWhen_TheDeadlineIsPast() external {
        _allow(TOTAL);
        Funding memory mine = _funding(FundingSource.Allowance);
        mine.deadline = DEADLINE;
        Funding memory signed = _signed("buyer", FundingSource.Allowance);
        vm.warp(START + 1);
        bytes memory over = abi.encodeWithSelector(IOrderBook.DeadlineOver.selector, START, START + 1);
        _expectRevert(buyer, mine, over);
        _expectRevert(other, signed, over);
        vm.warp(START);
        _expectPaid(other, signed);
    }

    // ---- somebody else sends it

    function test_GivenTheBuyerSigned_AnAllowancePays() external {
        _allow(TOTAL);
        _expectPaid(other, _signed("buyer", FundingSource.Allowance));
        vm.assertEq(currency.balanceOf(buyer), AMPLE - TOTAL);
    }

    function test_GivenTheBuyerSigned_APermitPays() external {
        Funding memory funding = _signed("buyer", FundingSource.Permit);
        funding.token = _permit("buyer", TOTAL, START);
        _expectPaid(other, funding);
    }

    function test_GivenTheBuyerSigned_ItsBalancePays() external {
        _deposit(TOTAL);
        _expectPaid(other, _signed("buyer", FundingSource.Balance));
        vm.assertEq(escrow.creditOf(buyer), 0);
    }

    function test_GivenTheBuyerSigned_APlainOrderOpensToo() external {
        terms = _specialTerms(0);
        _allow(TOTAL);
        _expectPaid(other, _signed("buyer", FundingSource.Allowance));
    }

    function test_RevertWhen_ThereIsNoSignature() external {
        _allow(TOTAL);
        _expectNoConsent(other, _funding(FundingSource.Allowance));
        _expectNoConsent(supplier, _funding(FundingSource.Permit));
        _expectNoConsent(arbiter, _funding(FundingSource.Balance));
    }

    function test_RevertWhen_AnotherAccountSigned() external {
        _allow(TOTAL);
        Funding memory funding = _signed("other", FundingSource.Allowance);
        _expectNoConsent(other, funding);
        funding.approvals[0].account = buyer;
        _expectNoConsent(other, funding);
        funding.approvals[0].signature = hex"00";
        _expectNoConsent(other, funding);
    }

    function test_RevertWhen_SourceDeadlineOrTermsAreNotWhatWasSigned() external {
        _allow(TOTAL);
        Funding memory funding = _signed("buyer", FundingSource.Balance);
        funding.source = FundingSource.Allowance;
        _expectNoConsent(other, funding);
        funding = _signed("buyer", FundingSource.Allowance);
        ++funding.deadline;
        _expectNoConsent(other, funding);
        --funding.deadline;
        terms.supplier = other;
        _expectNoConsent(other, funding);
        terms.supplier = supplier;
        terms.lines = _line(ORDERED - 1, TOTAL);
        _expectNoConsent(other, funding);
        terms.lines = _line(ORDERED, TOTAL);
        _expectPaid(other, funding);
    }

    function test_GivenTheBuyerIsAWallet() external {
        terms.buyer = address(wallet);
        currency.mint(address(wallet), TOTAL);
        vm.prank(_account("wallet owner"));
        wallet.execute(address(currency), abi.encodeCall(currency.approve, (address(escrow), TOTAL)));
        Funding memory funding = _signed("other", FundingSource.Allowance);
        funding.approvals[0].account = address(wallet);
        _expectNoConsent(other, funding);
        funding = _signed("wallet owner", FundingSource.Allowance);
        _expectNoConsent(other, funding); // its owner is not the wallet
        funding.approvals[0].account = address(wallet);
        _expectPaid(other, funding);
        vm.assertEq(currency.balanceOf(address(wallet)), 0);
    }

    // ---- an authorization

    function test_WhenAnAuthorizationPays() external {
        Funding memory funding;
        funding.source = FundingSource.Authorization;
        funding.token = _authorization("buyer", TOTAL, _id(), START + 1);
        _expectPaid(other, funding);
        vm.assertEq(currency.balanceOf(buyer), AMPLE - TOTAL);
        _expectRevert(other, funding, abi.encodeWithSelector(IOrderCreation.OrderExists.selector, _id()));
    }

    function test_RevertWhen_TheAuthorizationIsNotOfThisOrderAndTotal() external {
        Funding memory funding = _signed("buyer", FundingSource.Authorization);
        funding.token = _authorization("other", TOTAL, _id(), START + 1);
        _expectRevert(other, funding, INVALID);
        funding.token = _authorization("buyer", TOTAL + 1, _id(), START + 1);
        _expectRevert(other, funding, INVALID);
        funding.token = _authorization("buyer", TOTAL, escrow.depositNonce(_id()), START + 1);
        _expectRevert(other, funding, INVALID);
        funding.token = _authorization("buyer", TOTAL, _idOf(_delivery(_terms())), START + 1);
        _expectRevert(other, funding, INVALID);
        funding.token = _authorization("buyer", TOTAL, _id(), START);
        bytes4 time = ERC3009.ERC3009InvalidAuthorizationTime.selector;
        _expectRevert(other, funding, abi.encodeWithSelector(time, START - 1, START));
    }

    // ---- nonsense

    function test_RevertWhen_TheBuyerIsZero() external {
        terms.buyer = address(0);
        Funding memory funding = _funding(FundingSource.Allowance);
        funding.approvals = _only(Approval(address(0), new bytes(65)));
        _expectNoConsent(other, funding);
        funding.approvals = _noApprovals();
        _expectNoConsent(other, funding);
    }

    function test_RevertWhen_TheSourceIsUnknown() external {
        OrderConditions memory conditions = _conditions(terms.clauses);
        bytes memory call = abi.encodeCall(escrow.openOrder, (terms, conditions, _funding(FundingSource.Balance)));
        uint256 found;
        for (uint256 i = 4; i + 64 <= call.length; i += 32) {
            if (_wordAt(call, i) == uint256(FundingSource.Balance) && _wordAt(call, i + 32) == FOREVER) found = i;
        }
        call[found + 31] = bytes1(uint8(4));
        vm.prank(buyer);
        (bool success, bytes memory result) = address(escrow).call(call);
        vm.assertTrue(found != 0 && !success);
        vm.assertEq(result.length, 0);
    }

    // ---- words

    function _id() private view returns (bytes32) {
        return _idOf(_delivery(terms));
    }

    function _allow(uint256 amount) private {
        vm.prank(buyer);
        currency.approve(address(escrow), amount);
    }

    function _deposit(uint256 amount) private {
        _allow(amount);
        vm.prank(buyer);
        escrow.deposit(amount);
    }

    /// @dev Somebody's signature under these terms.
    function _signed(string memory signer, FundingSource source) private view returns (Funding memory funding) {
        funding.source = source;
        funding.deadline = DEADLINE;
        bytes32 creation = hashCreation(_id(), terms, TOTAL, source, DEADLINE);
        funding.approvals = _only(_approval(signer, creation));
    }

    function _wordAt(bytes memory data, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), offset))
        }
    }

    function _expectPaid(address sender, Funding memory funding) private {
        uint256 held = currency.balanceOf(address(escrow)) - escrow.creditOf(buyer);
        OrderConditions memory conditions = _conditions(terms.clauses);
        vm.prank(sender);
        bytes32 order = escrow.openOrder(terms, conditions, funding);
        vm.assertEq(order, _id());
        vm.assertEq(_status(order), uint256(Status.Open));
        vm.assertEq(currency.balanceOf(address(escrow)) - escrow.creditOf(buyer), held + TOTAL);
    }

    function _expectNoConsent(address sender, Funding memory funding) private {
        _expectRevert(sender, funding, abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, terms.buyer));
    }

    function _expectRevert(address sender, Funding memory funding, bytes memory reason) private {
        OrderConditions memory conditions = _conditions(terms.clauses);
        vm.expectRevert(reason);
        vm.prank(sender);
        escrow.openOrder(terms, conditions, funding);
    }
}
