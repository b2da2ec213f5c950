// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Certificate} from "../../contracts/oracle/DeliveryReport.sol";
import {OrderBook} from "../../contracts/settlement/OrderBook.sol";
import {OrderClosing} from "../../contracts/settlement/OrderClosing.sol";
import {OrderDelivery} from "../../contracts/settlement/OrderDelivery.sol";
import {OrderDisputes} from "../../contracts/settlement/OrderDisputes.sol";
import {ClaimList, Line, Lot, Money, Order} from "../../contracts/settlement/OrderState.sol";
import {POINT_BYTES, valueAt} from "../../contracts/settlement/Schedule.sol";

/// @dev A price schedule, and how much of its line is worth money.
struct Priced {
    bytes schedule;
    uint256 good;
}

/// @dev What the chain keeps of an order of one line. Of lots it is number 0.
struct State {
    Order order;
    Line line;
    Money money;
    ClaimList claims;
    Lot lot;
}

/// @dev An order in any state, what happens to it, and who may be paid for it.
struct Trial {
    bytes32 order; // its id
    State state;
    bytes action; // a call of this contract
    address[] payees;
}

/// @dev What became of it.
struct Outcome {
    bool done;
    State state;
    uint256[] paid; // to each of the payees
}

/// @dev The arithmetic of the escrow in states that a test gives it: thousands of cases in a few calls, and states that
/// nobody lives to see. It calls itself, so where it is buyer and arbiter it needs no signature.
contract Arithmetic is OrderDelivery, OrderClosing, OrderDisputes {
    constructor(IERC20 token, address authority) OrderBook(token, authority) {}

    /// @dev Values of schedules, each of one line.
    function valuesOf(Priced[] calldata all) external pure returns (uint256[] memory values) {
        values = new uint256[](all.length);
        for (uint256 i; i < all.length; ++i) {
            values[i] = valueAt(all[i].schedule, all[i].schedule.length / POINT_BYTES, 0, all[i].good);
        }
    }

    /// @dev Puts each order into its state, does what happens, and tells what became of it.
    function tryAll(Trial[] calldata trials) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](trials.length);
        for (uint256 i; i < trials.length; ++i) outcomes[i] = _try(trials[i]);
    }

    function _try(Trial calldata trial) private returns (Outcome memory outcome) {
        bytes32 id = trial.order;
        _set(id, trial.state);
        uint256[] memory before = _balances(trial.payees);
        // solhint-disable-next-line avoid-low-level-calls
        (outcome.done, ) = address(this).call(trial.action);
        outcome.paid = _balances(trial.payees);
        for (uint256 i; i < before.length; ++i) outcome.paid[i] -= before[i];
        outcome.state = State(_orders[id], _lines[id][0], _money[id], _claimLists[id], _lots[id][0]);
    }

    function _set(bytes32 id, State calldata state) private {
        _orders[id] = state.order;
        _lines[id][0] = state.line;
        _money[id] = state.money;
        _claimLists[id] = state.claims;
        _lots[id][0] = state.lot;
    }

    function _balances(address[] calldata accounts) private view returns (uint256[] memory balances) {
        balances = new uint256[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) balances[i] = _token.balanceOf(accounts[i]);
    }

    /// @dev Who signed is another test's matter.
    function _checkCertificate(Certificate calldata, bytes32, bytes32) internal view override {}
}
