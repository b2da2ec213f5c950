// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {Certificate, DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {AXIS_END, MAX_CLAIMS, claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {Assignment, IOrderClaims} from "../../contracts/settlement/IOrderClaims.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {Funding, FundingSource, IOrderCreation} from "../../contracts/settlement/IOrderFunding.sol";
import {IOrderFunding, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {DeliveryTerms, OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {hashAssignment, hashCancellation, hashConditionsAgain, hashWithdrawal} from "../base/ActionHashes.sol";
import {packOrder} from "../base/PackedOrders.sol";
import {Wallet} from "../support/Wallet.sol";
import {AttackBase} from "./attacks/AttackBase.sol";

// What cost others money, and what stands against it here. Published findings about escrows, bridges and oracles:
//
// pitfalls
// ├── 1 a receiver that refuses money holds up everybody's
// ├── 2 a token or payee that re-enters is served twice
// ├── 3 what is paid is bounded by the call, not in all
// ├── 4 a signature in another form counts again
// ├── 5 what was signed for one chain or contract counts on another
// ├── 6 what one smart wallet signed counts for another of the same owner
// ├── 7 reports come late or out of order
// ├── 8 keys of a quorum are stolen
// │   └── a bound on what a group pays a day: not here; an order bounds what it can lose, inspection delays it
// ├── 9 nobody's signature, or one signer's twice, makes a quorum
// ├── 10 somebody else uses the permit first
// ├── 11 terms change before the money moves, or one unit more than expected blocks it
// ├── 12 a submitter lets a deadline pass
// ├── 13 small parts round penalties away
// ├── 14 a dispute that nobody decides
// ├── 15 a claim is sold twice, or after it was paid
// ├── 16 who administers can take or stop money
// ├── 17 a token that moves less than it says, or only seems to
// │   └── fees on transfer, rebasing: not here; the currency is chosen when the escrow is deployed and moves what it says
// └── 18 one bad item reverts a batch; more of it in attacks/batches.t.sol
contract PitfallsTest is AttackBase {
    uint256 private constant HALF = TOTAL / 2;

    // The order of secp256k1.
    uint256 private constant CURVE = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function test_1_WhenAReceiverRefusesMoney() external {
        _begin(0, _line(ORDERED, TOTAL));
        token.setMood(supplier, MockToken.Mood.Refuses);
        token.setMood(buyer, MockToken.Mood.BurnsGas);
        _confirm(terms, _report(0, ORDERED / 2));
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(escrow.creditOf(supplier), HALF);
        vm.assertEq(escrow.creditOf(buyer), TOTAL - HALF);
        vm.prank(supplier);
        escrow.withdraw(HALF, other);
        vm.assertEq(token.balanceOf(other), HALF);
    }

    /// @dev Into the one function that has no lock, with money that is on its way out.
    function test_2_WhenATokenReEntersTheFunctionWithoutALock() external {
        Wallet account = new Wallet(address(token)); // the token's hook makes it act
        token.mint(address(account), TOTAL);
        vm.startPrank(address(account));
        token.approve(address(escrow), TOTAL);
        escrow.deposit(TOTAL);
        OrderTerms memory own = _terms(); // the batch names no buyer: it is who calls
        bytes memory call = abi.encodeCall(IOrderFunding.createOrdersFromBalance, (packOrder(own)));
        token.setHook(address(account), abi.encodeCall(Wallet.execute, (address(escrow), call)));
        vm.expectEmit(address(token));
        emit MockToken.HookCalled(false, abi.encodeWithSignature("Error(string)", "the call failed"));
        escrow.withdraw(TOTAL, other);
        vm.stopPrank();
        vm.assertEq(token.balanceOf(other), TOTAL);
        _assertHolds(0);
    }

    function test_3_WhenDeliveriesAddUpToMoreThanWasOrdered() external {
        _begin(0, _line(ORDERED, TOTAL));
        _confirm(terms, _report(0, 600));
        _confirm(terms, _report(0, 600));
        _confirm(terms, _report(600, 2_000));
        _confirm(terms, _report(ORDERED, 3_000));
        vm.assertEq(token.balanceOf(supplier), TOTAL);
        _assertHolds(0);
    }

    /// @dev The other quorum's signatures are as good, and count nothing twice; the mirrored one counts not at all.
    function test_4_WhenASignatureComesInAnotherForm() external {
        _begin(0, _line(ORDERED, TOTAL));
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (_only(terms), _only(_report(0, 1)));
        Certificate memory certificate = _certify(orders, reports);
        escrow.confirm(certificate, orders, reports);
        _sign(certificate, _digest(_domain(block.chainid, address(escrow)), certificate, orders, reports), 28);
        escrow.confirm(certificate, orders, reports);
        _assertMoney(order, TOTAL / ORDERED, TOTAL / ORDERED);

        bytes32 hash = hashWithdrawal(buyer, 1, other, 0, FOREVER);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf("buyer"), _actionDigest(hash));
        Approval[] memory mirrored = _only(Approval(buyer, abi.encodePacked(r, CURVE - uint256(s), v ^ 7)));
        _deposit(1);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, buyer));
        escrow.withdrawFor(buyer, 1, other, FOREVER, mirrored);
        escrow.withdrawFor(buyer, 1, other, FOREVER, _only(_approval("buyer", hash)));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, buyer));
        escrow.withdrawFor(buyer, 1, other, FOREVER, _only(_approval("buyer", hash)));
    }

    function test_5_WhenSignaturesAreOfAnotherChainOrContract() external {
        _begin(0, _line(ORDERED, TOTAL));
        ISupplierEscrow second = _deploy(IERC20(address(token)), manager, registry);
        bytes32 hash = hashCancellation(order, 0, 0, FOREVER);
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, buyer));
        escrow.cancel(terms, 0, 0, claims, FOREVER, _signedIn(_domain(block.chainid, address(second)), hash));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, buyer));
        escrow.cancel(terms, 0, 0, claims, FOREVER, _signedIn(_domain(block.chainid + 1, address(escrow)), hash));
        escrow.cancel(terms, 0, 0, claims, FOREVER, _signedIn(_domain(block.chainid, address(escrow)), hash));
    }

    function test_6_WhenAnotherWalletOfTheOwnerSigned() external {
        address second = address(new Wallet(_account("wallet owner")));
        token.mint(second, 10);
        vm.startPrank(second);
        token.approve(address(escrow), 10);
        escrow.deposit(10);
        vm.stopPrank();
        bytes32 hash = hashWithdrawal(address(wallet), 10, other, 0, FOREVER);
        Approval[] memory approvals = _only(Approval(second, _signedBy("wallet owner", hash)));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, second));
        escrow.withdrawFor(second, 10, other, FOREVER, approvals);
    }

    function test_7_WhenReportsComeLateOrOutOfOrder() external {
        _begin(0, _line(ORDERED, TOTAL));
        (DeliveryTerms[] memory orders, DeliveryReport[] memory older) = (_only(terms), _only(_report(0, 100)));
        Certificate memory certificate = _certify(orders, older);
        _confirm(terms, _report(0, 200));
        escrow.confirm(certificate, orders, older);
        _expectSkip(terms, _report(300, 400), SkipReason.StaleFrom);
        vm.assertEq(escrow.orderOf(order).delivered, 200);
        DeliveryReport[] memory next = _only(_report(200, 300));
        certificate = _certify(orders, next);
        vm.warp(START + quorum.MAX_AGE() + 1);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumExpired.selector, START, block.timestamp));
        escrow.confirm(certificate, orders, next);
    }

    function test_8_WhenAKeyOfTheQuorumIsStolen() external {
        _begin(0, _line(ORDERED, TOTAL));
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (_only(terms), _only(_report(0, ORDERED)));
        Certificate memory certificate = _certify(orders, reports);
        quorum.retireMember(group, certificate.members, 0);
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumTooFew.selector, THRESHOLD - 1, THRESHOLD));
        escrow.confirm(certificate, orders, reports);
    }

    function test_9_WhenSignaturesAreNobodysOrOneSignersTwice() external {
        _begin(0, _line(ORDERED, TOTAL));
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (_only(terms), _only(_report(0, ORDERED)));
        Certificate memory certificate = _certify(orders, reports);
        certificate.signatures[1] = certificate.signatures[0];
        (address first, address second) = (vm.addr(_key("relayer", 0)), vm.addr(_key("relayer", 1)));
        vm.expectRevert(abi.encodeWithSelector(IQuorum.QuorumSignature.selector, second, first));
        escrow.confirm(certificate, orders, reports);

        OrderTerms memory nobodys = terms;
        nobodys.buyer = address(0);
        Funding memory funding = _funding(FundingSource.Allowance);
        funding.approvals = _only(Approval(address(0), new bytes(65)));
        vm.expectRevert(abi.encodeWithSelector(IOrderBook.ConsentMissing.selector, address(0)));
        escrow.openOrder(nobodys, conditions, funding);
    }

    /// @dev The token refuses the permit, as one that was used; the allowance that it gave is there.
    function test_10_WhenThePermitWasUsed() external {
        terms = _terms();
        TokenSignature memory permit;
        vm.prank(buyer);
        escrow.createOrderWithPermit(terms, permit);
        _assertHolds(TOTAL);
    }

    function test_11_WhenTermsChangeOrAUnitTooMuchComes() external {
        _begin(0, _line(ORDERED, TOTAL));
        token.mint(address(escrow), 1);
        OrderTerms memory cheaper = terms;
        cheaper.lines = _line(ORDERED, TOTAL - 1);
        vm.assertNotEq(escrow.orderId(cheaper), order);
        vm.expectRevert();
        escrow.refund(cheaper);
        _confirm(terms, _report(0, ORDERED));
        _settle(terms);
        vm.assertEq(_status(order), uint256(Status.Closed));
        _assertHolds(1);
    }

    function test_12_WhenASubmitterLetsADeadlinePass() external {
        _begin(0, _line(ORDERED, TOTAL));
        vm.warp(EXPIRY + GRACE - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IOrderClosing.OrderRefundTooEarly.selector, block.timestamp, EXPIRY + GRACE)
        );
        escrow.refund(terms);
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (
            _only(terms),
            _only(_reportOf(0, 0, 0, ORDERED, 0, EXPIRY))
        );
        Certificate memory certificate = _certify(orders, reports);
        vm.prank(other); // who is nobody
        escrow.confirm(certificate, orders, reports);
        vm.assertEq(token.balanceOf(supplier), TOTAL);
    }

    /// @dev Fifty parts, each a day late, cost the supplier what one delivery of all would.
    function test_13_WhenADeliveryComesInSmallParts() external {
        _begin(_penalty(10_000, 20), _line(50, 7_777));
        for (uint256 i; i < 50; ++i) _confirm(terms, _report(0, i, i + 1, i + 1));
        uint256 inParts = escrow.orderOf(order).earned;
        conditions.sheet = keccak256("another sheet");
        terms.conditions = hashConditionsAgain(conditions);
        order = _open(terms, conditions);
        _confirm(terms, _report(0, 0, 50, 50));
        vm.assertEq(inParts, escrow.orderOf(order).earned);
        vm.assertEq(inParts, (uint256(7_777) * 99) / 100);
    }

    function test_14_WhenNobodyDecidesADispute() external {
        _begin(OPTION_INSPECTION, _line(ORDERED, TOTAL));
        _confirm(terms, _report(0, ORDERED));
        _inspect(terms, 0, ORDERED);
        _dispute(terms, 0);
        vm.warp(START + ARBITRATION);
        _resolve(terms, 0);
        _settle(terms);
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(supplier), (TOTAL * SPLIT) / 1e6);
        _assertHolds(0);
    }

    function test_15_WhenAClaimIsSoldTwiceOrAfterItWasPaid() external {
        _begin(0, _line(ORDERED, TOTAL));
        token.mint(owner, 2_000);
        vm.prank(owner);
        token.approve(address(escrow), 2_000);
        Assignment memory sale = Assignment({claim: 0, amount: 1_000, maxStart: 0, to: owner, slots: 1, price: 900});
        bytes32 hash = hashAssignment(order, 0, sale, FOREVER);
        Approval[] memory approvals = _both(_approval("supplier", hash), _approval("owner", hash));
        escrow.assign(terms, conditions, sale, 0, claims, FOREVER, approvals);
        claims = _list(claim(1_000, owner, 1, 1), claim(AXIS_END, supplier, MAX_CLAIMS - 1, 2));
        vm.expectRevert(abi.encodeWithSelector(IOrderClaims.ClaimUnknown.selector, order, 0));
        escrow.assign(terms, conditions, sale, 0, claims, FOREVER, approvals);
        _confirmWith(terms, _report(0, 1), claims);
        vm.assertEq(token.balanceOf(owner), 1_100 + TOTAL / ORDERED);

        (sale.claim, sale.price) = (2, 0);
        _takeOffTheOwner();
        _confirmWith(terms, _report(1, 2), claims);
        vm.expectRevert(abi.encodeWithSelector(IOrderClaims.ClaimInterval.selector, 2_000, 3_000, 0, TOTAL));
        vm.prank(supplier);
        escrow.assign(terms, conditions, sale, 0, claims, FOREVER, _noApprovals());
    }

    function test_16_WhenTheAdministratorsTurnHostile() external {
        _begin(OPTION_INSPECTION, _line(ORDERED, TOTAL));
        quorum.closeGroup(group);
        manager.setTargetClosed(address(escrow), true);
        _confirm(terms, _report(0, ORDERED / 2));
        _inspect(terms, 0, 0);
        vm.assertEq(token.balanceOf(supplier), HALF);
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.assertEq(token.balanceOf(buyer), AMPLE - HALF);
    }

    function test_17_WhenTheTokenAnswersAnythingAndMovesNothing() external {
        ISupplierEscrow naive = _deploy(IERC20(address(new PhantomToken())), manager, registry);
        TokenSignature memory authorization;
        vm.expectRevert(IOrderCreation.TokenWithoutAuthorizations.selector);
        naive.depositWithAuthorization(other, AMPLE, bytes32(0), authorization);
        vm.assertEq(naive.creditOf(other), 0);
    }

    function test_18_WhenOneItemOfABatchIsBad() external {
        _begin(0, bytes.concat(_line(ORDERED, TOTAL), _line(5, 50)));
        DeliveryReport[] memory reports = new DeliveryReport[](4);
        reports[0] = _report(0, 7, 9, 0); // builds on nothing
        reports[1] = _report(9, 0, 1, 0); // of no line
        reports[2] = _reportOf(0, 1, 0, 5, 0, EXPIRY + 1); // too late
        reports[3] = _report(1, 0, 5, 0);
        _confirm(_only(terms), reports);
        vm.assertEq(token.balanceOf(supplier), 50);
    }

    // ---- words

    function _deposit(uint256 amount) private {
        vm.prank(buyer);
        escrow.deposit(amount);
    }

    function _signedIn(bytes32 domain, bytes32 hash) private view returns (Approval[] memory) {
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, hash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf("buyer"), digest);
        (uint8 v2, bytes32 r2, bytes32 s2) = vm.sign(_keyOf("supplier"), digest);
        return _both(Approval(buyer, abi.encodePacked(r, s, v)), Approval(supplier, abi.encodePacked(r2, s2, v2)));
    }
}

/// @dev A token, as WETH9 is one, that takes any call for something else.
contract PhantomToken {
    fallback() external {}
}
