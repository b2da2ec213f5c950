// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {Agreeing} from "./Agreeing.sol";
import {Buying} from "./Buying.sol";
import {Delivering} from "./Delivering.sol";
import {Disputing} from "./Disputing.sol";
import {Financing} from "./Financing.sol";
import {Grouping} from "./Grouping.sol";
import {Passing} from "./Passing.sol";
import {Reach} from "./Reach.sol";

/// @dev All that anybody can do. Each action takes one seed, and everything random follows from it.
abstract contract Handler is Buying, Delivering, Disputing, Financing, Grouping, Passing, Agreeing, Reach {
    function parts() external view returns (ISupplierEscrow, IQuorum, MockToken) {
        return (escrow, quorum, token);
    }

    /// @dev What an invariant run calls.
    function actionSelectors() external pure returns (bytes4[] memory selectors) {
        bytes4[23] memory all = [
            Buying.openPlain.selector,
            Buying.openSpecial.selector,
            Buying.openFromBalance.selector,
            Buying.deposit.selector,
            Delivering.deliver.selector,
            Delivering.deliverWith.selector,
            Delivering.replay.selector,
            Delivering.forge.selector,
            Disputing.inspect.selector,
            Disputing.callRetention.selector,
            Disputing.dispute.selector,
            Disputing.rule.selector,
            Disputing.resolve.selector,
            Financing.give.selector,
            Financing.sell.selector,
            Grouping.changeGroup.selector,
            Grouping.enact.selector,
            Passing.settle.selector,
            Passing.refund.selector,
            Passing.withdraw.selector,
            Passing.changeMood.selector,
            Passing.disturb.selector,
            Passing.wait.selector
        ];
        bytes4[3] memory more = [Agreeing.cancel.selector, Agreeing.amend.selector, Agreeing.creditNote.selector];
        selectors = new bytes4[](all.length + more.length);
        for (uint256 i; i < all.length; ++i) selectors[i] = all[i];
        for (uint256 i; i < more.length; ++i) selectors[all.length + i] = more[i];
    }

    /// @dev By time and by what anybody may send, every order closes, and every credit is withdrawn.
    function windDown() external action(0) {
        vm.warp(block.timestamp + 400 days);
        for (uint256 i; i < ghosts.length; ++i) {
            if (ghosts[i].status == Status.Closed) continue;
            _touch(i);
            for (uint256 j; j < ghosts[i].lots.length; ++j) {
                if (ghosts[i].lots[j].status != LotStatus.None) _resolve(i, j);
            }
            if (ghosts[i].status == Status.Open) _refund(i);
            if (ghosts[i].status != Status.Closed) _settle(i, false);
        }
        for (uint256 i; i < everyone.length; ++i) {
            uint256 credit = escrow.creditOf(everyone[i]);
            if (credit != 0) _withdraw(everyone[i], credit, currency.refuses(everyone[i]) ? sink : everyone[i]);
        }
    }
}
