// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IERC3009} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {AXIS_END} from "./Claim.sol";
import {IOrderCreation, TokenSignature} from "./IOrderFunding.sol";
import {OrderBook} from "./OrderBook.sol";
import {Status} from "./OrderState.sol";
import {OrderWord, loadWord, storeWord} from "./OrderWord.sol";
import {Clauses, hashAgreement, hashTerms} from "./OrderTerms.sol";
import {POINT_BYTES, lineAt, lineCount} from "./Schedule.sol";

/// @title What every way to open an order does: check the terms, book the order, take the money
abstract contract OrderCreation is IOrderCreation, OrderBook {
    using SafeERC20 for IERC20;

    uint256 private constant MAX_LINES = 4_096;
    uint256 private constant MAX_UNIT_DAYS = 1 << 44;

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
        _checkDates(clauses);
        if (supplier == address(0) || supplier == address(this)) revert OrderPayee(supplier);
        total = _checkLines(schedules, clauses.capDays());
        _checkGroup(clauses.group());
        order = _hashTypedDataV4(hashTerms(supplier, clauses, lines, hashAgreement(buyer, conditions)));
        OrderWord word = loadWord(_orders[order]);
        if (!word.isNone()) revert OrderExists(order);

        storeWord(_orders[order], word.withStatus(Status.Open));
        emit OrderCreated(order, buyer, supplier, clauses, conditions, lines);
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

    function _checkDates(Clauses clauses) private view {
        (uint256 due, uint256 expiry, uint256 grace) = (clauses.due(), clauses.expiry(), clauses.grace());
        if (due < block.timestamp || expiry < due || grace > MAX_WINDOW) {
            revert OrderDates(due, expiry, grace, block.timestamp);
        }
    }

    /// @dev The order's total, if its lines are whole and within the bounds that the state's widths rest on.
    function _checkLines(bytes calldata schedules, uint256 capDays) private pure returns (uint256 total) {
        uint256 count = lineCount(schedules);
        if (count == 0 || count > MAX_LINES || schedules.length != count * POINT_BYTES) {
            revert OrderLines(count, schedules.length);
        }
        uint256 most = capDays == 0 ? type(uint40).max : MAX_UNIT_DAYS / capDays;
        unchecked {
            for (uint256 i; i < count; ++i) {
                (uint256 ordered, uint256 money) = lineAt(schedules, i);
                // One comparison for both bounds: zero less one is above everything.
                if (ordered - 1 >= most) _refuseLine(i, ordered, capDays, schedules.length);
                total += money; // 4,096 times 56 bits make 68
            }
        }
        if (total == 0 || total >= AXIS_END) revert OrderTotal(total);
    }

    function _refuseLine(uint256 index, uint256 ordered, uint256 capDays, uint256 length) private pure {
        if (ordered == 0) revert OrderLines(index, length);
        revert OrderLateness(index, ordered * capDays);
    }
}
