// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handler} from "./Handler.sol";
import {LifeInvariants} from "./LifeInvariants.sol";
import {MoneyInvariants} from "./MoneyInvariants.sol";

/// @dev The runner knows contracts of test files only.
contract EscrowHandler is Handler {}

/// @dev All invariants after each action of random sequences, and the end of each sequence: nobody is ever stuck.
contract EscrowInvariantTest is MoneyInvariants, LifeInvariants {
    uint256 private constant STEPS_BETWEEN_ENDS = 10;
    uint256 private constant SEQUENCES = 10;
    uint256 private constant STEPS = 250;

    /// @dev What this changes is forgotten, so the sequence goes on.
    function invariant_27_NobodyIsEverStuck() external {
        if (handler.actions() % STEPS_BETWEEN_ENDS == STEPS_BETWEEN_ENDS - 1) _windDown();
    }

    /// @dev The runner calls it at the end of each sequence, whichever invariant it was for.
    function afterInvariant() external {
        _checkAll();
        _windDown();
    }

    function _newHandler() internal override returns (Handler) {
        return new EscrowHandler();
    }

    // ---- the suite itself

    /// @dev The handler's actions in fixed random orders: each function of the escrow succeeds, each refusal that the handler
    /// knows is met, and most actions do something. A suite that does nothing would find nothing.
    function test_EveryActionSucceeds() external {
        bytes4[] memory verbs = handler.verbSelectors();
        bytes4[] memory errors = handler.errorSelectors();
        uint256[] memory successes = new uint256[](verbs.length);
        uint256[] memory refusals = new uint256[](errors.length);
        uint256 idle;
        for (uint256 i; i < SEQUENCES; ++i) {
            if (i != 0) setUp();
            idle += _play(i);
            for (uint256 j; j < verbs.length; ++j) successes[j] += handler.successes(verbs[j]);
            for (uint256 j; j < errors.length; ++j) refusals[j] += handler.refusals(errors[j]);
            _checkAll();
            _windDown();
        }
        for (uint256 j; j < verbs.length; ++j) {
            vm.assertGe(
                successes[j],
                1,
                string.concat("a function never succeeds: ", vm.toString(bytes.concat(verbs[j])))
            );
        }
        for (uint256 j; j < errors.length; ++j) {
            vm.assertGe(refusals[j], 1, string.concat("an error is never met: ", vm.toString(bytes.concat(errors[j]))));
        }
        vm.assertLe(idle, (SEQUENCES * STEPS) / 2, "too many actions do nothing");
    }

    /// @return idle actions in which nothing succeeded and nothing was refused
    function _play(uint256 sequence) private returns (uint256 idle) {
        bytes4[] memory selectors = handler.actionSelectors();
        for (uint256 i; i < STEPS; ++i) {
            uint256 before = handler.calls();
            uint256 seed = uint256(keccak256(abi.encode("a fixed sequence", sequence, i)));
            _act(selectors[seed % selectors.length], seed);
            if (handler.calls() == before) ++idle;
        }
    }

    function _act(bytes4 selector, uint256 seed) private {
        (bool success, bytes memory result) = address(handler).call(abi.encodeWithSelector(selector, seed));
        if (success) return;
        assembly {
            revert(add(result, 32), mload(result))
        }
    }

    function _windDown() private {
        handler.windDown();
        vm.assertEq(token.balanceOf(address(escrow)), 0, "27: something is stuck");
        _checkAll();
    }

    function _checkAll() private view {
        invariant_01_TheEscrowHoldsWhatItOwes();
        invariant_02_OfEachOrderFundedIsPaidReturnedAndHeld();
        invariant_03_NothingIsMadeOrLost();
        invariant_04_NeverPaidMoreThanIsPayable();
        invariant_05_EarnedIsTheValueOfWhatIsGood();
        invariant_06_LinesAreWhatReportsAndDecisionsMade();
        invariant_07_LinesStayWithinTheirBounds();
        invariant_08_ClaimsDivideTheAxis();
        invariant_09_TotalsNeverFall();
        invariant_10_AClosedOrderNeverChanges();
        invariant_11_OrdersGoNoForbiddenWay();
        invariant_12_LotsGoNoForbiddenWayAndAreDecidedOnce();
        invariant_13_TheSequenceCountsWhatVoidsSignatures();
        invariant_14_EverybodyHasWhatTheRulesGive();
        invariant_15_TheRetentionIsHeldUntilItsDate();
        invariant_16_LatenessAndPenaltyHaveTheirCap();
        invariant_17_OnlyAQuorumDelivers();
        invariant_18_OnlyAnAmendmentChangesTermsAndGroup();
        invariant_19_NoRefundBeforeItsTime();
        invariant_20_EachDeliveryIsInOneLot();
        invariant_21_AClosedGroupTakesNoOrder();
        invariant_22_ANonceIsUsedOnce();
        invariant_23_CreditIsWhatCameAndCouldNotBePushed();
        invariant_24_StrangersAndJudgesGainNothing();
        invariant_25_TheEventsSayWhatTheEscrowKeeps();
        invariant_26_GroupsChangeByTheirRules();
    }
}
