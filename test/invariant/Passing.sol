// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim} from "../../contracts/settlement/Claim.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {Status} from "../../contracts/settlement/OrderState.sol";
import {hashWithdrawal} from "../base/ActionHashes.sol";
import {Ghost, Model} from "./Model.sol";
import {RefusingCurrency} from "./RefusingCurrency.sol";

/// @dev Time passes, the token refuses, orders are settled and refunded, and credit is withdrawn.
abstract contract Passing is Model {
    // ---- actions

    function settle(uint256 seed) external action(seed) {
        (bool found, uint256 index) = _liveOne();
        if (found) _settle(index, _chance(8));
    }

    function refund(uint256 seed) external action(seed) {
        (bool found, uint256 index) = _liveOne();
        if (!found) return;
        Ghost storage ghost = ghosts[index];
        uint256 from = _refundTime(
            ghost.terms.clauses.group(),
            ghost.terms.clauses.expiry(),
            ghost.terms.clauses.grace()
        );
        if (block.timestamp < from && from < block.timestamp + 10 days && _chance(3)) vm.warp(from - _pick(2));
        _refund(index);
    }

    function withdraw(uint256 seed) external action(seed) {
        uint256 first = _pick(everyone.length);
        for (uint256 i; i < everyone.length; ++i) {
            address account = everyone[(first + i) % everyone.length];
            uint256 credit = escrow.creditOf(account);
            if (credit == 0) continue;
            _withdraw(account, _chance(8) ? credit + 1 : 1 + _pick(credit), _chance(3) ? sink : account);
            return;
        }
    }

    function changeMood(uint256 seed) external action(seed) {
        address account = everyone[_pick(everyone.length)];
        if (account == outsider || account == sink) return;
        currency.setRefuses(account, !currency.refuses(account));
        ++calls;
    }

    /// @dev A closed order stays as it is, whatever anybody tries.
    function disturb(uint256 seed) external action(seed) {
        if (ghosts.length == 0) return;
        uint256 index = _pick(ghosts.length);
        Ghost storage ghost = ghosts[index];
        if (ghost.status != Status.Closed) return;
        _touch(index);
        bytes4 refused = IOrderBook.OrderNotOpen.selector;
        bytes memory data = abi.encodeCall(IOrderClosing.settle, (ghost.terms, _list(ghost)));
        _mustNot("10: settled when closed", outsider, data, refused);
        data = abi.encodeCall(IOrderClosing.refund, (ghost.terms));
        _mustNot("10: refunded when closed", outsider, data, refused);
        for (uint256 i; i < ghost.lots.length; ++i) {
            data = abi.encodeCall(
                IOrderDisputes.resolve,
                (ghost.terms, ghost.conditions, ghost.lots[i].number, _list(ghost))
            );
            _mustNot("10: resolved when closed", outsider, data, refused);
        }
    }

    function wait(uint256 seed) external action(seed) {
        vm.warp(block.timestamp + _pick(_chance(2) ? 600 : 2 days));
        ++calls;
    }

    // ---- what they make of the order

    function _settle(uint256 index, bool stale) internal {
        Ghost storage ghost = ghosts[index];
        bool assigned = ghost.assigned;
        Claim[] memory list = _list(ghost);
        if (stale && assigned) list = new Claim[](0);
        bytes memory data = abi.encodeCall(IOrderClosing.settle, (ghost.terms, list));
        if (stale && assigned) {
            _mustNot("8: settled with another list", outsider, data, IOrderBook.OrderClaimsStale.selector);
            return;
        }
        bool pays = ghost.earned - _held(ghost) > ghost.paid;
        if (!pays && !_isOver(ghost)) {
            _mustNot("11: settled nothing", outsider, data, IOrderClosing.OrderNothingToSettle.selector);
            return;
        }
        _must(outsider, data);
        _pay(ghost);
        if (_isOver(ghost)) _close(ghost);
    }

    function _refund(uint256 index) internal {
        Ghost storage ghost = ghosts[index];
        bytes memory data = abi.encodeCall(IOrderClosing.refund, (ghost.terms));
        uint256 from = _refundTime(
            ghost.terms.clauses.group(),
            ghost.terms.clauses.expiry(),
            ghost.terms.clauses.grace()
        );
        if (ghost.status == Status.Ended) {
            _mustNot("11: ended twice", outsider, data, IOrderClosing.OrderEndedAlready.selector);
        } else if (block.timestamp < from) {
            _mustNot("19: refunded too early", outsider, data, IOrderClosing.OrderRefundTooEarly.selector);
        } else {
            _must(outsider, data);
            _end(ghost);
        }
    }

    function _withdraw(address account, uint256 amount, address to) internal {
        bool own = _chance(2);
        bytes memory data = abi.encodeCall(IOrderFunding.withdraw, (amount, to));
        if (!own) {
            Approval[] memory approvals = new Approval[](1);
            bytes32 withdrawal = hashWithdrawal(account, amount, to, noncesUsed[account], FOREVER);
            approvals[0] = Approval(account, _signOf(account, withdrawal));
            data = abi.encodeCall(IOrderFunding.withdrawFor, (account, amount, to, FOREVER, approvals));
        }
        address sender = own ? account : outsider;
        if (amount > escrow.creditOf(account)) {
            _mustNot("23: more than the credit", sender, data, IOrderFunding.CreditTooSmall.selector);
        } else if (currency.refuses(to)) {
            _mustNot("23: the token refused", sender, data, RefusingCurrency.Refused.selector);
        } else {
            _must(sender, data);
            _gives(account, amount);
            _gets(to, amount);
            if (own) return;
            ++noncesUsed[account];
            _mustNot("22: a signature twice", sender, data, IOrderBook.ConsentMissing.selector);
        }
    }
}
