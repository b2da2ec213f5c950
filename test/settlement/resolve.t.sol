// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {CALL, Line, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION} from "../../contracts/settlement/OrderTerms.sol";
import {ActionTest} from "./ActionTest.sol";

contract ResolveTest is ActionTest {
    uint256 private constant ACTED = START + 2 days; // when the lot was rejected or disputed

    function setUp() public override {
        super.setUp();
        _begin(OPTION_INSPECTION | _retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 7);
    }

    // ---- refused

    function test_RevertGiven_TheOrderIsClosed() external {
        _end();
        vm.warp(START + INSPECTION);
        _expectNotOpen(Status.Closed);
        _resolve(0);
    }

    function test_RevertWhen_TheConditionsAreNotThoseOfTheTerms() external {
        vm.warp(START + INSPECTION);
        conditions.defaultSplit = uint32(MILLION);
        _expectOtherConditions();
        _resolve(0);
    }

    function test_RevertWhen_TheTermsAreNotInForce() external {
        _makeStale();
        vm.warp(START + INSPECTION);
        _expectStaleTerms();
        _resolve(0);
    }

    function test_RevertGiven_TheLotIsUnknownOrDecided() external {
        vm.warp(START + INSPECTION);
        _expectOther(1, LotStatus.None);
        _resolve(1);
        _expectOther(CALL, LotStatus.None);
        _resolve(CALL);
        _resolve(0);
        _expectOther(0, LotStatus.None);
        _resolve(0);
    }

    function test_RevertWhen_TheBuyerStillHasTime() external {
        _expectTime(0, START + INSPECTION);
        vm.warp(START + INSPECTION);
        _resolve(0);
    }

    function test_RevertWhen_ThePayeesStillHaveTime() external {
        _rejectLater(150);
        _expectTime(0, ACTED + ANSWER);
        vm.warp(ACTED + ANSWER);
        _resolve(0);
    }

    function test_RevertWhen_TheArbiterStillHasTime() external {
        _reject(0, 150);
        vm.warp(ACTED);
        _disputeIt(0);
        _expectTime(0, ACTED + ARBITRATION);
        vm.warp(ACTED + ARBITRATION);
        _resolve(0);
    }

    // ---- silence

    function test_GivenTheBuyerWasSilent() external {
        vm.warp(START + INSPECTION);
        uint256 earned = _worth(_good(400, 7));
        _expectDecided(0, LotStatus.Pending, MILLION, earned);
        vm.prank(other);
        _resolve(0);
        _assertMoney(order, earned, earned - _held(earned));
        vm.assertEq(token.balanceOf(supplier), earned - _held(earned));
        vm.assertEq(_seq(), 0);
    }

    function test_GivenThePayeesWereSilentAboutGoods() external {
        _rejectLater(150);
        uint256 earned = _worth(_good(250, 5));
        vm.warp(ACTED + ANSWER);
        _expectDecided(0, LotStatus.Rejected, 0, 0);
        _resolve(0);
        _assertMoney(order, earned, earned - _held(earned));
        _assertLine(terms, 0, Line(400, 7, 150, 400, uint64(_good(250, 5))));
    }

    /// @dev 150 were rejected: 1150 come in all, 1000 are paid.
    function test_GivenAReplacementIsDelivered() external {
        _rejectLater(150);
        vm.warp(ACTED + ANSWER);
        _resolve(0);
        _deliver(0, 400, 2_000, 7);
        vm.assertEq(escrow.lineOf(terms, 0).delivered, ORDERED + 150);
        _reject(1, 0);
        uint256 good = _good(250, 5) + _good(750, 0);
        _assertLine(terms, 0, Line(1_150, 7, 150, 1_150, uint64(good)));
        _assertMoney(order, _worth(good), _worth(good) - _held(_worth(good)));
    }

    function test_GivenThePayeesWereSilentAboutTheRetention() external {
        _reject(0, 0);
        vm.prank(buyer);
        _callRetention(77, _noApprovals());
        _expectTime(CALL, START + ANSWER);
        vm.warp(START + ANSWER);
        _expectDecided(CALL, LotStatus.Rejected, 0, 77);
        _resolve(CALL);
        vm.assertEq(escrow.moneyOf(order).forfeited, 77);
    }

    function test_GivenTheArbiterWasSilent() external {
        _rejectLater(150);
        _disputeIt(0);
        vm.warp(ACTED + ARBITRATION);
        uint256 good = _good(250, 5) + (_good(150, 2) * SPLIT) / MILLION;
        _expectDecided(0, LotStatus.Disputed, SPLIT, _worth(good) - _worth(_good(250, 5)));
        _resolve(0);
        _assertLine(terms, 0, Line(400, 7, 0, 400, uint64(good)));
        _assertMoney(order, _worth(good), _worth(good) - _held(_worth(good)));
    }

    function test_GivenTheListOfClaimsIsStale() external {
        _give(0, owner, 1_000, 1);
        vm.warp(START + INSPECTION);
        uint256 earned = _worth(_good(400, 7));
        escrow.resolve(terms, conditions, 0, _noClaims());
        _assertMoney(order, earned, 0);
        _settleAll();
        vm.assertEq(token.balanceOf(owner), 1_000);
        vm.assertEq(token.balanceOf(supplier), earned - _held(earned) - 1_000);
    }

    function test_GivenTheOrderEndedMeanwhile() external {
        _reject(0, 0);
        vm.warp(EXPIRY + GRACE - 1);
        _confirm(terms, _reportOf(0, 0, 400, 500, 7, EXPIRY));
        vm.warp(EXPIRY + GRACE);
        escrow.refund(terms);
        vm.warp(EXPIRY + GRACE + INSPECTION);
        _resolve(1);
        vm.assertEq(_status(order), uint256(Status.Ended));
        vm.warp(RETENTION_UNTIL);
        _settleAll();
        vm.assertEq(_status(order), uint256(Status.Closed));
        vm.assertEq(token.balanceOf(supplier), _worth(_good(500, 7)));
        vm.assertEq(token.balanceOf(address(escrow)), 0);
    }

    // ---- words

    function _rejectLater(uint256 quantity) private {
        vm.warp(ACTED);
        _reject(0, quantity);
    }

    function _held(uint256 earned) private pure returns (uint256) {
        return (earned * RETENTION + MILLION - 1) / MILLION;
    }

    /// @dev Refused until the last second before `ends`.
    function _expectTime(uint32 lot, uint256 ends) private {
        vm.warp(ends - 1);
        vm.expectRevert(abi.encodeWithSelector(IOrderDisputes.LotTooEarly.selector, order, lot, ends, ends - 1));
        _resolve(lot);
    }

    function _expectDecided(uint32 lot, LotStatus before, uint256 share, uint256 amount) private {
        vm.expectEmit(address(escrow));
        emit IOrderDisputes.LotDecided(order, lot, before, share, amount);
    }
}
