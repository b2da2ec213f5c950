// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {hashWithdrawal} from "../base/ActionHashes.sol";
import {SettlementBase} from "../base/SettlementBase.sol";

contract WithdrawForTest is SettlementBase {
    uint256 private constant BALANCE = 500;
    uint40 private constant DEADLINE = uint40(START);

    function setUp() public override {
        super.setUp();
        vm.prank(buyer);
        escrow.deposit(BALANCE);
        token.mint(address(wallet), BALANCE);
        vm.startPrank(_account("wallet owner"));
        wallet.execute(address(token), abi.encodeCall(token.approve, (address(escrow), BALANCE)));
        wallet.execute(address(escrow), abi.encodeCall(escrow.deposit, (BALANCE)));
        vm.stopPrank();
    }

    function test_RevertWhen_TheDeadlineIsPast() external {
        Approval[] memory approvals = _signed("buyer", 1, other, 0, DEADLINE);
        vm.warp(START + 1);
        bytes memory over = abi.encodeWithSelector(IOrderBook.DeadlineOver.selector, START, START + 1);
        _expectRevert(1, other, DEADLINE, approvals, over);
        vm.prank(buyer);
        vm.expectRevert(over);
        escrow.withdrawFor(buyer, 1, other, DEADLINE, _noApprovals());
    }

    function test_RevertWhen_ThereIsNoSignature() external {
        _expectNoConsent(1, other, DEADLINE, _noApprovals());
    }

    function test_RevertWhen_AnotherAccountSigned() external {
        _expectNoConsent(1, other, DEADLINE, _signed("other", 1, other, 0, DEADLINE));
        Approval[] memory forged = _signed("other", 1, other, 0, DEADLINE);
        forged[0].account = buyer;
        _expectNoConsent(1, other, DEADLINE, forged);
        forged[0].signature = "";
        _expectNoConsent(1, other, DEADLINE, forged);
    }

    function test_RevertWhen_AnythingIsNotWhatTheAccountSigned() external {
        Approval[] memory approvals = _signed("buyer", 1, other, 0, DEADLINE);
        _expectNoConsent(2, other, DEADLINE, approvals);
        _expectNoConsent(1, supplier, DEADLINE, approvals);
        _expectNoConsent(1, other, DEADLINE + 1, approvals);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, address(wallet)));
        escrow.withdrawFor(address(wallet), 1, other, DEADLINE, approvals);
    }

    function test_RevertWhen_TheSignatureIsReplayed() external {
        Approval[] memory approvals = _signed("buyer", 1, other, 0, DEADLINE);
        escrow.withdrawFor(buyer, 1, other, DEADLINE, approvals);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, buyer));
        escrow.withdrawFor(buyer, 1, other, DEADLINE, approvals);
        vm.assertEq(token.balanceOf(other), 1);
    }

    function test_RevertWhen_TheSignatureIsOfALaterNonce() external {
        _expectNoConsent(1, other, DEADLINE, _signed("buyer", 1, other, 1, DEADLINE));
    }

    function test_RevertWhen_TheAmountIsZeroOrAboveTheBalance() external {
        bytes4 tooSmall = IOrderFunding.CreditTooSmall.selector;
        uint256[3] memory amounts = [uint256(0), BALANCE + 1, type(uint256).max];
        for (uint256 i; i < amounts.length; ++i) {
            Approval[] memory approvals = _signed("buyer", amounts[i], other, 0, DEADLINE);
            bytes memory reason = abi.encodeWithSelector(tooSmall, BALANCE, amounts[i]);
            _expectRevert(amounts[i], other, DEADLINE, approvals, reason);
        }
    }

    function test_RevertWhen_TheReceiverIsZeroOrTheEscrow() external {
        address[2] memory receivers = [address(0), address(escrow)];
        for (uint256 i; i < receivers.length; ++i) {
            Approval[] memory approvals = _signed("buyer", 1, receivers[i], 0, DEADLINE);
            bytes memory reason = abi.encodeWithSelector(IOrderFunding.CreditReceiver.selector, receivers[i]);
            _expectRevert(1, receivers[i], DEADLINE, approvals, reason);
        }
    }

    function test_WhenTheAccountItselfCalls() external {
        vm.prank(buyer);
        escrow.withdrawFor(buyer, BALANCE, other, DEADLINE, _noApprovals());
        vm.assertEq(token.balanceOf(other), BALANCE);
        vm.assertEq(escrow.nonces(buyer), 1);
    }

    function test_GivenTheAccountIsAWallet() external {
        bytes32 withdrawal = hashWithdrawal(address(wallet), BALANCE, other, 0, DEADLINE);
        Approval[] memory forged = _only(Approval(address(wallet), _signedBy("other", withdrawal)));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, address(wallet)));
        escrow.withdrawFor(address(wallet), BALANCE, other, DEADLINE, forged);

        escrow.withdrawFor(address(wallet), BALANCE, other, DEADLINE, _only(_walletApproval(withdrawal)));
        vm.assertEq(token.balanceOf(other), BALANCE);
        vm.assertEq(escrow.creditOf(address(wallet)), 0);
    }

    function test_WhenAllIsInOrder() external {
        Approval[] memory first = _signed("buyer", 1, other, 0, DEADLINE);
        vm.expectEmit(address(escrow));
        emit IOrderFunding.CreditWithdrawn(buyer, other, 1);
        vm.prank(supplier);
        escrow.withdrawFor(buyer, 1, other, DEADLINE, first);
        vm.assertEq(escrow.nonces(buyer), 1);
        escrow.withdrawFor(buyer, BALANCE - 1, other, DEADLINE, _signed("buyer", BALANCE - 1, other, 1, DEADLINE));
        vm.assertEq(token.balanceOf(other), BALANCE);
        vm.assertEq(escrow.creditOf(buyer), 0);
        vm.assertEq(escrow.nonces(buyer), 2);
        vm.assertEq(escrow.creditOf(address(wallet)), BALANCE);
    }

    /// @dev A withdrawal of the buyer's, signed by an account that has a name.
    function _signed(
        string memory signer,
        uint256 amount,
        address to,
        uint256 nonce,
        uint40 deadline
    ) private view returns (Approval[] memory) {
        return _only(_approval(signer, hashWithdrawal(buyer, amount, to, nonce, deadline)));
    }

    function _expectNoConsent(uint256 amount, address to, uint40 deadline, Approval[] memory approvals) private {
        bytes memory missing = abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, buyer);
        _expectRevert(amount, to, deadline, approvals, missing);
    }

    function _expectRevert(
        uint256 amount,
        address to,
        uint40 deadline,
        Approval[] memory approvals,
        bytes memory reason
    ) private {
        vm.expectRevert(reason);
        escrow.withdrawFor(buyer, amount, to, deadline, approvals);
        vm.assertEq(escrow.creditOf(buyer), BALANCE);
        vm.assertEq(escrow.nonces(buyer), 0);
    }
}
