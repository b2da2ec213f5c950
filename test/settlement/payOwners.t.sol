// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {AXIS_END, Claim, MAX_CLAIMS, claim} from "../../contracts/settlement/Claim.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {Payment, paymentTo} from "../../contracts/settlement/Payment.sol";
import {ActionTest} from "./ActionTest.sol";

contract PayOwnersTest is ActionTest {
    uint256 private constant PAID = 400_001; // for 400 units

    function setUp() public override {
        super.setUp();
        _begin(0);
        _give(0, owner, 100_000, 2);
        _give(2, owner, 100_000, 1);
        _give(4, bank, 500_000, 3);
        _listIsPresent();
    }

    // ---- who is paid

    function test_WhenTheListComesWithTheReport() external {
        Payment[] memory payments = new Payment[](3);
        (payments[0], payments[1]) = (paymentTo(owner, 100_000), paymentTo(owner, 100_000));
        payments[2] = paymentTo(bank, PAID - 200_000);
        vm.expectEmit(address(escrow));
        emit IOrderBook.OrderPaid(order, payments);
        vm.expectCall(address(token), abi.encodeWithSignature("transfer(address,uint256)", owner, 100_000), 2);
        _deliverWith(0, 0, 400, 0);
        _assertPaid(200_000, PAID - 200_000, 0);
    }

    function test_WhenItPaysPartOfAClaim() external {
        _deliverWith(0, 0, 50, 0);
        _assertPaid(50_000, 0, 0);
        _listIsPresent();
        _deliverWith(0, 50, 60, 0);
        _assertPaid(60_000, 0, 0);
        _listIsPresent();
    }

    function test_WhenItPaysClaimsWhole() external {
        _deliverWith(0, 0, 100, 0);
        delete claims;
        claims.push(claim(200_000, owner, 1, 3));
        claims.push(claim(700_000, bank, 3, 5));
        claims.push(claim(AXIS_END, supplier, 12, 6));
        _listIsPresent();
        _deliverWith(0, 100, 300, 0);
        _takeOff(1);
        vm.assertEq(claims[1].claimSlots(), 13);
        _listIsPresent();
        _assertPaid(200_000, 100_000, 0);
    }

    function test_WhenItReachesTheRemainder() external {
        _deliverWith(0, 0, 800, 0);
        _assertPaid(200_000, 500_000, 100_002);
    }

    function test_GivenEverythingIsPaid() external {
        _deliverWith(0, 0, ORDERED, 0);
        _assertPaid(200_000, 500_000, TOTAL - 700_000);
        delete claims;
        claims.push(claim(AXIS_END, supplier, MAX_CLAIMS, 6));
        _listIsPresent();
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    // ---- what the remainder bears

    function test_WhenThereArePenaltyAndRetention() external {
        _beginRetained();
        _deliverWith(0, 0, ORDERED, 1_000);
        // 1,000,003 less 0.5% penalty is 995,002; 5% of it, 49,751, are held back.
        _assertMoney(order, 995_002, 945_251);
        _assertPaid(200_000, 500_000, 245_251);
        vm.warp(RETENTION_UNTIL);
        _takeOff(3);
        _settleAll();
        _assertPaid(200_000, 500_000, 295_002);
        vm.assertEq(token.balanceOf(buyer), AMPLE - TOTAL - 995_002, "and the order of setUp");
    }

    function test_WhenTheyReachBelowTheRemainder() external {
        _beginRetained();
        _give(6, other, 300_003, 1); // all that is left of the total
        _deliverWith(0, 0, ORDERED, 20_000);
        // Full penalty leaves 900,002, the retention 855,001 of it.
        _assertPaid(200_000, 500_000, 0);
        vm.assertEq(token.balanceOf(other), 155_001);
        _takeOff(3);
        _listIsPresent();
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        vm.assertEq(token.balanceOf(other), 200_002);
        _assertPaid(200_000, 500_000, 0);
    }

    // ---- stale lists

    function test_WhenTheListIsMissing() external {
        _deliver(0, 0, 400, 0);
        _assertMoney(order, PAID, 0);
        _assertPaid(0, 0, 0);
        _settleAll();
        _assertMoney(order, PAID, PAID);
        _assertPaid(200_000, PAID - 200_000, 0);
    }

    function test_WhenTheListIsStale() external {
        Claim[] memory present = claims;
        _forge();
        _deliverWith(0, 0, 400, 0);
        _assertMoney(order, PAID, 0);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.OrderClaimsStale.selector, order));
        _settleAll();
        claims = present;
        _deliverWith(0, 400, 401, 0);
        _assertPaid(200_000, 201_001, 0);
    }

    function test_RevertWhen_NothingIsPayable() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderNothingToSettle.selector, order));
        _settleAll();
        _deliverWith(0, 0, 100, 0);
        _takeOff(1);
        vm.expectRevert(abi.encodeWithSelector(IOrderClosing.OrderNothingToSettle.selector, order));
        _settleAll();
    }

    function test_GivenAnOwnerCannotBePaid() external {
        token.setMood(owner, MockToken.Mood.BurnsGas);
        _deliverWith(0, 0, 400, 0);
        vm.assertEq(escrow.creditOf(owner), 200_000);
        vm.assertEq(token.balanceOf(bank), PAID - 200_000);
        _assertMoney(order, PAID, PAID);
    }

    // ---- words

    /// @dev The same claims of an order with retention.
    function _beginRetained() private {
        delete claims;
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _give(0, owner, 100_000, 2);
        _give(2, owner, 100_000, 1);
        _give(4, bank, 500_000, 3);
    }

    /// @dev A list in which the supplier has a claim of the owner.
    function _forge() private {
        claims[0] = claim(100_000, supplier, 2, 1);
    }

    function _assertPaid(uint256 toOwner, uint256 toBank, uint256 toSupplier) private view {
        vm.assertEq(token.balanceOf(owner), toOwner, "owner");
        vm.assertEq(token.balanceOf(bank), toBank, "bank");
        vm.assertEq(token.balanceOf(supplier), toSupplier, "supplier");
    }
}
