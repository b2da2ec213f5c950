// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AXIS_END, Claim, claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {CALL, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

contract DisputeTest is ActionTest {
    uint256 private constant REJECTED = START + 1 days;
    uint256 private constant ENDS = REJECTED + ANSWER;

    function setUp() public override {
        super.setUp();
        _begin(OPTION_INSPECTION | _retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 7);
        vm.warp(REJECTED);
        _reject(0, 150);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        _expectNotOpen(Status.Closed);
        _disputeIt(0);
    }

    function test_RevertWhen_TheConditionsAreNotThoseOfTheTerms() external {
        conditions.answer += 1;
        _expectOtherConditions();
        _disputeIt(0);
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _disputeIt(0);
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(REJECTED - 1);
        _expectOver();
        _disputeIt(0);
        deadline = uint40(REJECTED);
        _disputeIt(0);
    }

    function test_RevertGiven_TheLotIsUnknownNotRejectedOrDisputedAlready() external {
        _expectOther(1, LotStatus.None);
        _disputeIt(1);
        _expectOther(CALL, LotStatus.None);
        _disputeIt(CALL);
        _deliver(0, 400, 500, 7);
        _expectOther(1, LotStatus.Pending);
        _disputeIt(1);
        _disputeIt(0);
        _expectOther(0, LotStatus.Disputed);
        _disputeIt(0);
    }

    function test_RevertWhen_TheAnswerWindowIsOver() external {
        vm.warp(ENDS);
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotTooLate.selector, order, 0, ENDS, ENDS));
        _disputeIt(0);
        vm.warp(ENDS - 1);
        _disputeIt(0);
    }

    function test_RevertWhen_ThePartyIsNeitherSupplierNorOwner() external {
        claims.push(claim(1_000, owner, 1, 1));
        claims.push(claim(AXIS_END, supplier, 15, 2));
        _expectParty(owner);
        _disputeBy(owner); // of a list that was never the order's
        _expectParty(buyer);
        _disputeBy(buyer);
        _expectParty(address(0));
        _disputeBy(address(0));
    }

    function test_RevertWhen_AnOwnerGivesAStaleList() external {
        _give(0, owner, 1_000, 1);
        Claim[] memory old = claims;
        _give(2, bank, 1_000, 1);
        claims = old;
        _expectParty(owner);
        _disputeBy(owner);
    }

    function test_RevertWhen_TheOwnersClaimIsPaid() external {
        _give(0, owner, 1_000, 1);
        _give(2, bank, 700_000, 1);
        _deliver(0, 400, 500, 7);
        _reject(1, 0);
        _takeOff(1);
        _listIsPresent();
        _expectParty(owner);
        _disputeBy(owner);
        _disputeBy(bank);
    }

    function test_RevertWhen_ThePartyNeitherCallsNorSigned() external {
        _expectNoConsent(_noApprovals());
        _expectNoConsent(_approve("buyer", _contest(0)));
        _expectNoConsent(_forged("buyer", supplier, _contest(0)));
        _expectNoConsent(_approve("supplier", _contest(1)));
        Approval[] memory signed = _approve("supplier", _contest(0));
        deadline += 1;
        _expectNoConsent(signed);
    }

    // ---- disputed

    function test_WhenTheSupplierDisputes() external {
        vm.warp(REJECTED + 2 days);
        _expectDisputed(0, supplier);
        _disputeIt(0);
        _lotIs(0, 150, 2, REJECTED + 2 days, LotStatus.Disputed);
        vm.assertEq(_seq(), 2);
    }

    function test_WhenTheSupplierSigned() external {
        Approval[] memory signed = _approve("supplier", _contest(0));
        _expectDisputed(0, supplier);
        vm.prank(other);
        _dispute(0, supplier, signed);
        _expectOther(0, LotStatus.Disputed);
        _dispute(0, supplier, signed);
    }

    function test_WhenAnOwnerDisputes() external {
        _give(0, owner, 500_000, 1);
        _give(2, bank, 100_000, 1);
        _expectDisputed(0, bank);
        _disputeBy(bank);
        _lotIs(0, 150, 2, REJECTED, LotStatus.Disputed);
    }

    function test_WhenAnOwnerSigned() external {
        _give(0, owner, 500_000, 1);
        Approval[] memory signed = _approve("owner", _contest(0));
        _expectDisputed(0, owner);
        _dispute(0, owner, signed);
        _lotIs(0, 150, 2, REJECTED, LotStatus.Disputed);
    }

    function test_WhenAnOwnerDisputesTheCallOnTheRetention() external {
        _give(0, owner, 500_000, 1);
        vm.prank(buyer);
        _callRetention(100, _noApprovals());
        _expectDisputed(CALL, owner);
        vm.prank(owner);
        _dispute(CALL, owner, _noApprovals());
        _lotIs(CALL, 100, 0, REJECTED, LotStatus.Disputed);
    }

    // ---- words

    function _disputeBy(address party) private {
        vm.prank(party);
        _dispute(0, party, _noApprovals());
    }

    function _expectDisputed(uint32 lot, address party) private {
        vm.expectEmit(address(escrow));
        emit IOrderDisputes.LotDisputed(order, lot, party, EVIDENCE);
    }

    function _expectParty(address party) private {
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotParty.selector, party));
    }

    function _expectNoConsent(Approval[] memory approvals) private {
        _expectConsent(supplier);
        _dispute(0, supplier, approvals);
    }
}
