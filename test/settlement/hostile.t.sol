// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Certificate, DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {IOrderDelivery} from "../../contracts/settlement/IOrderDelivery.sol";
import {IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {DeliveryTerms, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {EscrowBase} from "../base/EscrowBase.sol";
import {Vm} from "../support/Test.sol";

contract HostileTest is EscrowBase {
    uint256 private constant AMOUNT = (TOTAL * 400) / ORDERED;

    DeliveryTerms[] private orders;
    DeliveryReport[] private reports;

    /// @dev Three orders: the supplier's, the other's, the supplier's again.
    function setUp() public override {
        super.setUp();
        for (uint256 i; i < 3; ++i) {
            OrderTerms memory terms = _terms();
            terms.conditions = bytes32(i);
            if (i == 1) terms.supplier = other;
            _create(terms);
            orders.push(_delivery(terms));
            reports.push(_reportOf(i, 0, 0, 400, 0, START));
        }
    }

    // ---- payees

    function test_GivenTheTokenRefusesThePayee() external {
        _expectCredit(MockToken.Mood.Refuses);
    }

    function test_GivenTheTokenReturnsFalse() external {
        _expectCredit(MockToken.Mood.ReturnsFalse);
    }

    function test_GivenTheTokenReturnsGarbage() external {
        _expectCredit(MockToken.Mood.ReturnsGarbage);
    }

    function test_GivenTheTokenReturnsOneByte() external {
        _expectCredit(MockToken.Mood.ReturnsShort);
    }

    function test_GivenTheTokenBurnsItsGas() external {
        _expectCredit(MockToken.Mood.BurnsGas);
    }

    function test_GivenTheTokenRevertsWith20Kilobytes() external {
        _expectCredit(MockToken.Mood.RevertsBig);
    }

    function test_GivenTheTokenReturnsNothing() external {
        token.setMood(other, MockToken.Mood.ReturnsNothing);
        _confirm(orders, reports);
        vm.assertEq(token.balanceOf(other), AMOUNT);
        vm.assertEq(escrow.creditOf(other), 0);
    }

    function test_GivenThePayeeIsRefusedTwice() external {
        token.setMood(supplier, MockToken.Mood.Refuses);
        _confirm(orders, reports);
        vm.assertEq(escrow.creditOf(supplier), 2 * AMOUNT);
        vm.assertEq(token.balanceOf(other), AMOUNT);
    }

    // ---- gas

    function test_RevertWhen_TooLittleGasIsLeftForAPush() external {
        Certificate memory certificate = _certify(orders, reports);
        bytes memory call = abi.encodeCall(IOrderDelivery.confirm, (certificate, orders, reports));
        bool success;
        bytes memory result;
        // As much gas as brings it to the first push, and no more.
        for (uint256 gas = 100_000; bytes4(result) != IOrderBook.PushGas.selector; gas += 2_000) {
            (success, result) = address(escrow).call{gas: gas}(call);
            vm.assertFalse(success, "paid with too little gas");
        }
        uint256 needed = (escrow.PUSH_GAS() * 64) / 63 + 5_000; // what a push itself costs, too
        uint256 left = this.gasLeftOf(result);
        vm.assertLt(left, needed);
        vm.assertEq(result, abi.encodeWithSelector(IOrderBook.PushGas.selector, left, needed));
        vm.assertEq(escrow.orderOf(escrow.orderId(_firstTerms())).delivered, 0);
    }

    /// @dev Whatever gas a sender brings: the call fails as a whole, or everybody is really paid.
    function testFuzz_WhenTheGasIsStarved(uint256 gas) external {
        gas = bound(gas, 40_000, 600_000);
        Certificate memory certificate = _certify(orders, reports);
        bytes memory call = abi.encodeCall(IOrderDelivery.confirm, (certificate, orders, reports));
        (bool success, ) = address(escrow).call{gas: gas}(call);
        vm.assertEq(token.balanceOf(supplier), success ? 2 * AMOUNT : 0);
        vm.assertEq(token.balanceOf(other), success ? AMOUNT : 0);
        vm.assertEq(escrow.creditOf(supplier) + escrow.creditOf(other), 0);
    }

    function testFuzz_WhenTheGasIsStarved_OfARefund(uint256 gas) external {
        gas = bound(gas, 21_000, 250_000);
        OrderTerms memory terms = _firstTerms();
        vm.warp(EXPIRY + GRACE);
        uint256 before = token.balanceOf(buyer);
        (bool success, ) = address(escrow).call{gas: gas}(abi.encodeCall(IOrderClosing.refund, (terms)));
        vm.assertEq(token.balanceOf(buyer) - before, success ? TOTAL : 0);
        vm.assertEq(escrow.creditOf(buyer), 0);
    }

    // ---- re-entry

    function test_WhenTheTokenReEntersConfirm() external {
        _expectRefusedWithin(abi.encodeCall(IOrderDelivery.confirm, (_certify(orders, reports), orders, reports)));
    }

    function test_WhenTheTokenReEntersRefund() external {
        _expectRefusedWithin(abi.encodeCall(IOrderClosing.refund, (_firstTerms())));
    }

    function test_WhenTheTokenReEntersSettle() external {
        _expectRefusedWithin(abi.encodeCall(IOrderClosing.settle, (_firstTerms(), _noClaims())));
    }

    function test_WhenTheTokenReEntersWithdraw() external {
        _expectRefusedWithin(abi.encodeCall(IOrderFunding.withdraw, (1, other)));
    }

    function test_WhenTheTokenReEntersCreateOrder() external {
        _expectRefusedWithin(abi.encodeCall(IOrderFunding.createOrder, (_firstTerms())));
    }

    function test_WhenATokenReEntersAtFunding() external {
        token.setHook(address(escrow), abi.encodeCall(IOrderClosing.refund, (_firstTerms())));
        OrderTerms memory terms = _termsOf(_line(5, 50));
        vm.recordLogs();
        _create(terms);
        _expectGuard(vm.getRecordedLogs(), 1);
    }

    function test_WhenATokenReEntersAtAWithdrawal() external {
        token.setMood(supplier, MockToken.Mood.Refuses);
        _confirm(orders, reports);
        token.setHook(address(escrow), abi.encodeCall(IOrderFunding.withdraw, (AMOUNT, other)));
        vm.recordLogs();
        vm.prank(supplier);
        escrow.withdraw(2 * AMOUNT, buyer);
        _expectGuard(vm.getRecordedLogs(), 1);
        vm.assertEq(escrow.creditOf(supplier), 0);
        vm.assertEq(token.balanceOf(address(escrow)), 3 * (TOTAL - AMOUNT));
    }

    // ---- words

    /// @dev The reason's two figures.
    function gasLeftOf(bytes calldata reason) external pure returns (uint256 left) {
        (left, ) = abi.decode(reason[4:], (uint256, uint256));
    }

    function _firstTerms() private view returns (OrderTerms memory terms) {
        terms = _terms();
        terms.conditions = 0;
    }

    function _expectCredit(MockToken.Mood mood) private {
        token.setMood(other, mood);
        vm.expectEmit(address(escrow));
        emit IOrderBook.PaymentCredited(other, AMOUNT);
        _confirm(orders, reports);
        vm.assertEq(escrow.creditOf(other), AMOUNT);
        vm.assertEq(token.balanceOf(other), 0);
        vm.assertEq(token.balanceOf(supplier), 2 * AMOUNT);
        vm.assertEq(token.balanceOf(address(escrow)), 3 * (TOTAL - AMOUNT) + AMOUNT);

        token.setMood(other, MockToken.Mood.Fair);
        vm.prank(other);
        escrow.withdraw(AMOUNT, other);
        vm.assertEq(token.balanceOf(other), AMOUNT);
    }

    function _expectRefusedWithin(bytes memory call) private {
        token.setHook(address(escrow), call);
        vm.recordLogs();
        _confirm(orders, reports);
        _expectGuard(vm.getRecordedLogs(), 3);
        vm.assertEq(token.balanceOf(supplier), 2 * AMOUNT);
        vm.assertEq(token.balanceOf(other), AMOUNT);
        vm.assertEq(token.balanceOf(address(escrow)), 3 * (TOTAL - AMOUNT));
    }

    /// @dev So many inner calls there were, each refused by the guard.
    function _expectGuard(Vm.Log[] memory logs, uint256 calls) private pure {
        uint256 count;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != MockToken.HookCalled.selector) continue;
            (bool success, bytes memory result) = abi.decode(logs[i].data, (bool, bytes));
            vm.assertFalse(success, "the inner call went through");
            vm.assertEq(
                bytes32(bytes4(result)),
                bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
            );
            ++count;
        }
        vm.assertEq(count, calls);
    }
}
