// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {AXIS_END, MAX_CLAIMS, hashClaims} from "../../contracts/settlement/Claim.sol";
import {Line, Money, Order, Status} from "../../contracts/settlement/OrderState.sol";
import {Ghost} from "./Model.sol";
import {Journal} from "./Journal.sol";
import {MILLION, ceilDiv, worthOf} from "./Schedules.sol";
import {Suite} from "./Suite.sol";

/// @dev The invariants about money. The numbers are those of README.md.
abstract contract MoneyInvariants is Suite {
    function invariant_01_TheEscrowHoldsWhatItOwes() public view {
        uint256 owed;
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            if (_isLive(order)) owed += ghost.funded - order.paid - escrow.moneyOf(ghost.id).refunded;
        }
        address[] memory accounts = handler.everybody();
        for (uint256 i; i < accounts.length; ++i) owed += escrow.creditOf(accounts[i]);
        vm.assertEq(token.balanceOf(address(escrow)), owed);
    }

    function invariant_02_OfEachOrderFundedIsPaidReturnedAndHeld() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            Journal.Account memory account = handler.accountOf(ghost.id);
            uint256 held = _isLive(order) ? ghost.funded - order.paid - escrow.moneyOf(ghost.id).refunded : 0;
            vm.assertEq(account.funded, order.paid + account.returned + held);
        }
    }

    function invariant_03_NothingIsMadeOrLost() public view {
        address[] memory accounts = handler.everybody();
        uint256 sum = token.balanceOf(address(escrow));
        for (uint256 i; i < accounts.length; ++i) sum += token.balanceOf(accounts[i]);
        vm.assertEq(sum, IERC20(address(token)).totalSupply());
    }

    function invariant_04_NeverPaidMoreThanIsPayable() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            vm.assertEq(order.paid, ghost.paid, "paid");
            if (_isLive(order)) vm.assertLe(order.paid + handler.heldOf(i), order.earned, "held");
            else vm.assertEq(order.paid + (ghost.cancelled ? 0 : ghost.forfeited), order.earned, "closed");
        }
    }

    function invariant_05_EarnedIsTheValueOfWhatIsGood() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            vm.assertEq(order.earned, ghost.earned, "as decided");
            if (ghost.cancelled) continue;
            uint256 worth;
            uint256 most;
            for (uint16 j; j < ghost.lines.length; ++j) {
                Line memory line = escrow.lineOf(ghost.terms, j);
                worth += worthOf(ghost.terms.clauses, ghost.terms.lines, j, line.good);
                uint256 kept = uint256(line.delivered - line.rejected) * MILLION;
                most += worthOf(ghost.terms.clauses, ghost.terms.lines, j, kept);
            }
            vm.assertEq(order.earned, worth, "value");
            vm.assertLe(order.earned, most, "never more than was delivered");
        }
    }

    function invariant_08_ClaimsDivideTheAxis() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            uint256 count = ghost.claims.length;
            vm.assertEq(count != 0, order.flags & 2 != 0, "assigned");
            if (count == 0) continue;
            vm.assertEq(uint256(escrow.claimsOf(ghost.id).hash), uint256(hashClaims(ghost.claims)), "the list");
            vm.assertEq(uint256(escrow.claimsOf(ghost.id).nextId), ghost.nextClaim, "ids");
            vm.assertLe(count, MAX_CLAIMS, "number");
            uint256 slots;
            uint256 end = order.paid;
            for (uint256 j; j < count; ++j) {
                vm.assertTrue(ghost.claims[j].claimEnd() > end, "each has something unpaid");
                vm.assertTrue(ghost.claims[j].claimSlots() != 0, "each has a slot");
                end = ghost.claims[j].claimEnd();
                slots += ghost.claims[j].claimSlots();
            }
            vm.assertEq(slots, MAX_CLAIMS, "slots");
            vm.assertEq(end, AXIS_END, "the remainder has no end");
            vm.assertEq(ghost.claims[count - 1].claimOwner(), ghost.terms.supplier, "the remainder is the supplier's");
        }
    }

    function invariant_14_EverybodyHasWhatTheRulesGive() public view {
        address[] memory accounts = handler.everybody();
        for (uint256 i; i < accounts.length; ++i) {
            vm.assertEq(_belongings(accounts[i]), handler.belongings(accounts[i]));
        }
    }

    function invariant_15_TheRetentionIsHeldUntilItsDate() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            Money memory money = escrow.moneyOf(ghost.id);
            vm.assertEq(uint256(money.forfeited), ghost.forfeited, "forfeited");
            if (ghost.cancelled) continue;
            uint256 kept = ceilDiv(uint256(order.earned) * ghost.terms.clauses.retention(), MILLION);
            vm.assertLe(money.forfeited, kept, "no more than is retained");
            if (block.timestamp >= ghost.terms.clauses.retentionUntil()) continue;
            vm.assertLe(order.paid + kept, order.earned, "retained");
        }
    }

    function invariant_22_ANonceIsUsedOnce() public view {
        address[] memory accounts = handler.everybody();
        for (uint256 i; i < accounts.length; ++i) {
            vm.assertEq(escrow.nonces(accounts[i]), handler.noncesUsed(accounts[i]));
        }
    }

    function invariant_23_CreditIsWhatCameAndCouldNotBePushed() public view {
        address[] memory accounts = handler.everybody();
        for (uint256 i; i < accounts.length; ++i) {
            vm.assertEq(escrow.creditOf(accounts[i]), handler.creditByEvents(accounts[i]));
        }
    }

    function invariant_24_StrangersAndJudgesGainNothing() public view {
        (address outsider, address arbiter) = handler.strangers();
        vm.assertEq(_belongings(outsider), 0, "outsider");
        vm.assertEq(_belongings(arbiter), 0, "arbiter");
        vm.assertEq(_belongings(address(handler)), 0, "administrator");
        for (uint256 i; i < 2; ++i) {
            bytes memory members = handler.ringAt(i).members;
            for (uint256 j = 20; j <= members.length; j += 20) {
                uint256 word;
                assembly {
                    word := mload(add(members, j)) // it ends with the member
                }
                vm.assertEq(_belongings(address(uint160(word))), 0, "relayer");
            }
        }
    }

    function invariant_25_TheEventsSayWhatTheEscrowKeeps() public view {
        for (uint256 i; i < handler.orderCount(); ++i) {
            (Ghost memory ghost, Order memory order) = _order(i);
            Journal.Account memory account = handler.accountOf(ghost.id);
            vm.assertEq(uint256(account.status), uint256(order.status), "status");
            vm.assertEq(account.total, ghost.funded, "total");
            vm.assertEq(account.earned, order.earned, "earned");
            vm.assertEq(account.paid, order.paid, "paid");
        }
    }
}
