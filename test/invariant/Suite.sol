// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {ISupplierEscrow} from "../../contracts/settlement/ISupplierEscrow.sol";
import {Order, Status} from "../../contracts/settlement/OrderState.sol";
import {Test} from "../support/Test.sol";
import {Handler} from "./Handler.sol";
import {Ghost} from "./Model.sol";

/// @dev What all invariants need: the handler, and what it acted on.
abstract contract Suite is Test {
    Handler internal handler;
    ISupplierEscrow internal escrow;
    IQuorum internal quorum;
    MockToken internal token;

    function setUp() public {
        handler = _newHandler();
        handler.setUp();
        (escrow, quorum, token) = handler.parts();
        targetContract(address(handler));
        targetSelector(FuzzSelector({addr: address(handler), selectors: handler.actionSelectors()}));
    }

    function _newHandler() internal virtual returns (Handler);

    function _order(uint256 index) internal view returns (Ghost memory ghost, Order memory order) {
        ghost = handler.ghostAt(index);
        order = escrow.orderOf(ghost.id);
    }

    function _isLive(Order memory order) internal pure returns (bool) {
        return order.status == Status.Open || order.status == Status.Ended;
    }

    /// @dev Whether a function succeeded in the latest action.
    function _did(bytes4 verb) internal view returns (bool) {
        return _times(verb) != 0;
    }

    function _times(bytes4 verb) internal view returns (uint256 times) {
        bytes4[] memory verbs = handler.latestVerbs();
        for (uint256 i; i < verbs.length; ++i) if (verbs[i] == verb) ++times;
    }

    function _belongings(address account) internal view returns (uint256) {
        return token.balanceOf(account) + escrow.creditOf(account);
    }
}
