// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IOrderViews} from "../../contracts/settlement/IOrderBook.sol";
import {CALL, ClaimList, Line, Lot, LotStatus, Money, Order} from "../../contracts/settlement/OrderState.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {lineCount, schedulesOf} from "../../contracts/settlement/Schedule.sol";

/// @dev A lot that is not decided, and its number.
struct NumberedLot {
    uint32 number;
    Lot lot;
}

/// @dev All that the chain keeps of an order.
struct OrderFigures {
    Order order;
    Money money;
    ClaimList claims;
    Line[] lines;
    NumberedLot[] lots;
}

/// @dev Reads in one call what a replay compares after each step.
contract Figures {
    function read(
        IOrderViews escrow,
        address[] calldata accounts,
        bytes32[] calldata ids,
        OrderTerms[] calldata terms
    ) external view returns (uint256[] memory balances, uint256[] memory credits, OrderFigures[] memory orders) {
        IERC20 token = escrow.token();
        balances = new uint256[](accounts.length);
        credits = new uint256[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            balances[i] = token.balanceOf(accounts[i]);
            credits[i] = escrow.creditOf(accounts[i]);
        }
        orders = new OrderFigures[](ids.length);
        for (uint256 i; i < ids.length; ++i) {
            orders[i] = _read(escrow, ids[i], terms[i]);
        }
    }

    function _read(
        IOrderViews escrow,
        bytes32 id,
        OrderTerms calldata terms
    ) private view returns (OrderFigures memory figures) {
        figures.order = escrow.orderOf(id);
        figures.money = escrow.moneyOf(id);
        figures.claims = escrow.claimsOf(id);
        uint256 count = lineCount(schedulesOf(terms.clauses, terms.lines), terms.clauses.points());
        figures.lines = new Line[](count);
        for (uint256 i; i < count; ++i) figures.lines[i] = escrow.lineOf(terms, uint16(i));
        figures.lots = _lots(escrow, id, figures.money.nextLot);
    }

    function _lots(IOrderViews escrow, bytes32 id, uint256 opened) private view returns (NumberedLot[] memory lots) {
        lots = new NumberedLot[](opened + 1);
        uint256 count;
        for (uint256 i; i <= opened; ++i) {
            uint32 number = i == opened ? CALL : uint32(i);
            Lot memory lot = escrow.lotOf(id, number);
            if (lot.status != LotStatus.None) lots[count++] = NumberedLot(number, lot);
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(lots, count) // what was decided is left out
        }
    }
}
