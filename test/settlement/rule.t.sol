// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {CALL, Line, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

contract RuleTest is ActionTest {
    uint256 private constant DISPUTED = START + 3 days;
    uint256 private constant ENDS = DISPUTED + ARBITRATION;
    uint256 private immutable ACCEPTED = _good(250, 5); // of 400 with 7 unit-days; 150 with 2 are disputed
    uint256 private immutable CONTESTED = _good(150, 2);

    function setUp() public override {
        super.setUp();
        _begin(OPTION_INSPECTION);
        _deliver(0, 0, 400, 7);
        _reject(0, 150);
        vm.warp(DISPUTED);
        _disputeIt(0);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        _expectNotOpen(Status.Closed);
        _ruleIt(1);
    }

    function test_RevertWhen_TheConditionsAreNotThoseOfTheTerms() external {
        conditions.arbiter = other;
        _expectOtherConditions();
        vm.prank(other);
        _rule(0, 1, _noApprovals());
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        _expectStaleTerms();
        _ruleIt(1);
    }

    function test_RevertWhen_TheDeadlineIsOver() external {
        deadline = uint40(DISPUTED - 1);
        _expectOver();
        _ruleIt(1);
        deadline = uint40(DISPUTED);
        _ruleIt(1);
    }

    function test_RevertGiven_TheLotIsUnknownOrNotDisputed() external {
        _deliver(0, 400, 500, 7);
        _expectLot(1, LotStatus.Pending);
        _reject(1, 1);
        _expectLot(1, LotStatus.Rejected);
        _expectLot(2, LotStatus.None);
        _expectLot(CALL, LotStatus.None);
        _ruleIt(1);
        _expectLot(0, LotStatus.None);
    }

    function test_RevertWhen_TheArbitrationWindowIsOver() external {
        vm.warp(ENDS);
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotTooLate.selector, order, 0, ENDS, ENDS));
        _ruleIt(1);
        vm.warp(ENDS - 1);
        _ruleIt(1);
    }

    function test_RevertWhen_TheShareIsAbove100Percent() external {
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotShare.selector, MILLION + 1));
        _ruleIt(MILLION + 1);
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotShare.selector, type(uint32).max));
        _ruleIt(type(uint32).max);
    }

    function test_RevertWhen_TheArbiterNeitherCallsNorSigned() external {
        _expectNoConsent(_noApprovals());
        _expectNoConsent(_both(_approval("buyer", _ruling(0, 1)), _approval("supplier", _ruling(0, 1))));
        _expectNoConsent(_forged("buyer", arbiter, _ruling(0, 1)));
        _expectNoConsent(_approve("arbiter", _ruling(0, 2)));
        _expectNoConsent(_approve("arbiter", _ruling(1, 1)));
        Approval[] memory signed = _approve("arbiter", _ruling(0, 1));
        deadline += 1;
        _expectNoConsent(signed);
        vm.prank(buyer);
        _expectNoConsent(_noApprovals());
    }

    // ---- ruled

    function test_WhenTheArbiterCalls() external {
        // 149,990,000 millionths x 333,333 ppm = 49,996,616.67
        uint256 good = ACCEPTED + 49_996_616;
        _expectDecided(333_333, _worth(good) - _worth(ACCEPTED));
        _ruleIt(333_333);
        _assertMoney(order, _worth(good), _worth(good));
        vm.assertEq(token.balanceOf(supplier), _worth(good));
        _lotIs(0, 0, 0, 0, LotStatus.None);
        _assertLine(terms, 0, Line(400, 7, 0, 400, uint64(good)));
        vm.assertEq(_seq(), 2, "a ruling voids nothing");
    }

    function test_WhenTheArbiterSigned() external {
        Approval[] memory signed = _approve("arbiter", _ruling(0, 500_000));
        vm.prank(other);
        _rule(0, 500_000, signed);
        uint256 good = ACCEPTED + CONTESTED / 2;
        vm.assertEq(token.balanceOf(supplier), _worth(good));
        _expectOther(0, LotStatus.None);
        _rule(0, 500_000, signed);
    }

    function test_WhenNothingIsGranted() external {
        _expectDecided(0, 0);
        _ruleIt(0);
        _assertMoney(order, _worth(ACCEPTED), _worth(ACCEPTED));
        _assertLine(terms, 0, Line(400, 7, 0, 400, uint64(ACCEPTED)));
    }

    function test_WhenAllIsGranted() external {
        uint256 good = _good(400, 7);
        _expectDecided(MILLION, _worth(good) - _worth(ACCEPTED));
        _ruleIt(MILLION);
        _assertMoney(order, _worth(good), _worth(good));
    }

    function test_WhenItIsRuledThereIsNoRoomForAReplacement() external {
        _ruleIt(0);
        _deliver(0, 400, ORDERED + 150, 7);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, ORDERED);
    }

    // ---- words

    function _ruleIt(uint256 share) private {
        vm.prank(arbiter);
        _rule(0, uint32(share), _noApprovals());
    }

    function _expectLot(uint32 lot, LotStatus status) private {
        _expectOther(lot, status);
        vm.prank(arbiter);
        _rule(lot, 1, _noApprovals());
    }

    function _expectDecided(uint256 share, uint256 earned) private {
        vm.expectEmit(address(escrow));
        emit IOrderDisputes.LotDecided(order, 0, LotStatus.Disputed, share, earned);
    }

    function _expectNoConsent(Approval[] memory approvals) private {
        _expectConsent(arbiter);
        _rule(0, 1, approvals);
    }
}
