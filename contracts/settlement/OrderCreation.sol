// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {AXIS_END} from "./Claim.sol";
import {IOrderCreation, TokenSignature} from "./IOrderFunding.sol";
import {batchOrderAt} from "./OrderBatch.sol";
import {OrderBook} from "./OrderBook.sol";
import {Order, Status} from "./OrderState.sol";
import {OrderWord, loadWord, storeWord} from "./OrderWord.sol";
import {Clauses, digestTerms, hashAgreement} from "./OrderTerms.sol";
import {MAX_UNIT_DAYS, POINT_BYTES, lineAt, lineCount} from "./Schedule.sol";

/// @title What every way to open an order does: check the terms, book the order, take the money
abstract contract OrderCreation is IOrderCreation, OrderBook {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_LINES = 4_096;

    /// @dev Whether the token knows ERC-3009. One that does not, but answers any call (as WETH9), would seem to have paid.
    bool private immutable _authorizes;

    constructor() {
        // solhint-disable-next-line avoid-low-level-calls
        (bool success, bytes memory answer) = address(_token).staticcall{gas: 100_000}(
            abi.encodeCall(IERC3009.authorizationState, (address(0), bytes32(0)))
        );
        _authorizes = success && answer.length == 32;
    }

    // ---- effects

    /// @dev Books a new order. `schedules` are the lines without what options put in front of them.
    function _open(
        address buyer,
        address supplier,
        Clauses clauses,
        bytes32 conditions,
        bytes calldata lines,
        bytes calldata schedules
    ) internal returns (bytes32 order, uint256 total) {
        total = _checkTerms(supplier, clauses, schedules);
        _checkGroup(clauses.group());
        order = digestTerms(_domainSeparatorV4(), supplier, clauses, lines, hashAgreement(buyer, conditions));
        _book(order);
        emit OrderCreated(order, buyer, supplier, clauses, conditions, lines);
    }

    /// @dev Books new plain orders of one buyer, which come packed, and returns what they cost together.
    function _openBatch(address buyer, bytes calldata orders) internal returns (uint256 total) {
        bytes32 domain = _domainSeparatorV4();
        uint256 group = type(uint256).max; // of the order before; of none yet
        uint256 next;
        do {
            address supplier;
            Clauses clauses;
            bytes32 conditions;
            bytes calldata lines;
            (supplier, clauses, conditions, lines, next) = batchOrderAt(orders, next);
            if (!clauses.isPlain()) revert OrderNotPlain(clauses);
            uint256 named = clauses.group();
            if (named != group) _checkGroup(group = named);
            unchecked {
                total += _checkTerms(supplier, clauses, lines); // calldata holds fewer than 2^64 orders below 2^56
            }
            _book(digestTerms(domain, supplier, clauses, lines, hashAgreement(buyer, conditions)));
        } while (next != orders.length);
        emit OrdersCreated(buyer, orders);
    }

    function _book(bytes32 order) private {
        Order storage state = _orders[order];
        OrderWord word = loadWord(state);
        if (!word.isNone()) revert OrderExists(order);
        storeWord(state, word.withStatus(Status.Open));
    }

    /// @dev Takes from a balance.
    function _spend(address account, uint256 amount) internal {
        uint256 balance = _credits[account];
        if (amount > balance) revert BalanceTooSmall(balance, amount);
        unchecked {
            _credits[account] = balance - amount;
        }
    }

    // ---- interactions

    function _take(address buyer, uint256 amount) internal {
        _token.safeTransferFrom(buyer, address(this), amount);
    }

    /// @dev Whether the permit works, or the allowance that it gave when somebody else used it, is found out by who takes
    /// the money.
    function _permit(address buyer, uint256 amount, TokenSignature calldata permit) internal {
        (uint8 v, bytes32 r, bytes32 s) = (permit.v, permit.r, permit.s);
        // solhint-disable-next-line no-empty-blocks
        try IERC20Permit(address(_token)).permit(buyer, address(this), amount, permit.validBefore, v, r, s) {} catch {}
    }

    function _receive(address buyer, uint256 amount, bytes32 nonce, TokenSignature calldata signature) internal {
        if (!_authorizes) revert TokenWithoutAuthorizations();
        IERC3009(address(_token)).receiveWithAuthorization(
            buyer,
            address(this),
            amount,
            signature.validAfter,
            signature.validBefore,
            nonce,
            signature.v,
            signature.r,
            signature.s
        );
    }

    // ---- checks

    /// @dev The total of an order whose terms are whole. Each condition has an `if` of its own: joined by `||` they cost 20
    /// gas more each.
    function _checkTerms(address supplier, Clauses clauses, bytes calldata schedules) private view returns (uint256) {
        (uint256 due, uint256 expiry) = (clauses.due(), clauses.expiry());
        if (due < block.timestamp) _refuseDates(clauses);
        if (expiry < due) _refuseDates(clauses);
        if (clauses.grace() > MAX_WINDOW) _refuseDates(clauses);
        if (supplier == address(0)) revert OrderPayee(supplier);
        if (supplier == address(this)) revert OrderPayee(supplier);
        return _checkLines(schedules, clauses.capDays());
    }

    /// @dev The order's total, if its lines are whole and within the bounds that the state's widths rest on.
    function _checkLines(bytes calldata schedules, uint256 capDays) private pure returns (uint256 total) {
        uint256 count = lineCount(schedules);
        uint256 most = capDays == 0 ? type(uint40).max : MAX_UNIT_DAYS / capDays;
        // Three times one comparison stands for two bounds: zero less one is above everything.
        unchecked {
            if (count - 1 >= MAX_LINES) revert OrderLines(count, schedules.length);
            if (count * POINT_BYTES != schedules.length) revert OrderLines(count, schedules.length);
            for (uint256 i; i < count; ++i) {
                (uint256 ordered, uint256 money) = lineAt(schedules, i);
                if (ordered - 1 >= most) _refuseLine(i, ordered, capDays, schedules.length);
                total += money; // 4,096 times 56 bits make 68
            }
            if (total - 1 >= AXIS_END - 1) revert OrderTotal(total);
        }
    }

    function _refuseDates(Clauses clauses) private view {
        revert OrderDates(clauses.due(), clauses.expiry(), clauses.grace(), block.timestamp);
    }

    function _refuseLine(uint256 index, uint256 ordered, uint256 capDays, uint256 length) private pure {
        if (ordered == 0) revert OrderLines(index, length);
        revert OrderLateness(index, ordered * capDays);
    }
}
