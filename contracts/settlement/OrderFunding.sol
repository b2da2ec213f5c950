// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Approval, WITHDRAWAL_TYPEHASH} from "./Consent.sol";
import {IOrderFunding, TokenSignature} from "./IOrderFunding.sol";
import {OrderCreation} from "./OrderCreation.sol";
import {OrderTerms} from "./OrderTerms.sol";

/// @title Opening plain orders, and the buyers' balances
/// @dev The manual is IOrderFunding.
abstract contract OrderFunding is IOrderFunding, OrderCreation {
    using SafeERC20 for IERC20;

    // ---- orders

    /// @inheritdoc IOrderFunding
    function createOrder(OrderTerms calldata terms) external nonReentrant returns (bytes32 order) {
        if (msg.sender != terms.buyer) revert OrderCallerNotBuyer(msg.sender, terms.buyer);
        uint256 total;
        (order, total) = _openPlain(terms);
        _take(terms.buyer, total);
    }

    /// @inheritdoc IOrderFunding
    function createOrderWithPermit(
        OrderTerms calldata terms,
        TokenSignature calldata permit
    ) external nonReentrant returns (bytes32 order) {
        if (msg.sender != terms.buyer) revert OrderCallerNotBuyer(msg.sender, terms.buyer);
        uint256 total;
        (order, total) = _openPlain(terms);
        _permit(terms.buyer, total, permit);
        _take(terms.buyer, total);
    }

    /// @inheritdoc IOrderFunding
    function createOrderWithAuthorization(
        OrderTerms calldata terms,
        TokenSignature calldata authorization
    ) external nonReentrant returns (bytes32 order) {
        uint256 total;
        (order, total) = _openPlain(terms);
        _receive(terms.buyer, total, order, authorization);
    }

    /// @inheritdoc IOrderFunding
    /// @dev Calls no other contract, so it needs no lock.
    function createOrdersFromBalance(bytes calldata orders) external {
        _spend(msg.sender, _openBatch(msg.sender, orders));
    }

    // ---- balances

    /// @inheritdoc IOrderFunding
    function deposit(uint256 amount) external nonReentrant {
        _deposit(msg.sender, amount);
        _take(msg.sender, amount);
    }

    /// @inheritdoc IOrderFunding
    function depositWithAuthorization(
        address account,
        uint256 amount,
        bytes32 salt,
        TokenSignature calldata authorization
    ) external nonReentrant {
        _deposit(account, amount);
        _receive(account, amount, depositNonce(salt), authorization);
    }

    /// @inheritdoc IOrderFunding
    function withdraw(uint256 amount, address to) external nonReentrant {
        _withdraw(msg.sender, amount, to);
    }

    /// @inheritdoc IOrderFunding
    function withdrawFor(
        address account,
        uint256 amount,
        address to,
        uint40 deadline,
        Approval[] calldata approvals
    ) external nonReentrant {
        _checkDeadline(deadline);
        uint256 nonce = _useNonce(account);
        _requireConsent(
            account,
            keccak256(abi.encode(WITHDRAWAL_TYPEHASH, account, amount, to, nonce, deadline)),
            approvals
        );
        _withdraw(account, amount, to);
    }

    /// @inheritdoc IOrderFunding
    function depositNonce(bytes32 salt) public pure returns (bytes32) {
        return keccak256(abi.encode("FactoryChain deposit", salt));
    }

    // ---- internal

    function _openPlain(OrderTerms calldata terms) private returns (bytes32 order, uint256 total) {
        if (!terms.clauses.isPlain()) revert OrderNotPlain(terms.clauses);
        bytes calldata lines = terms.lines;
        return _open(terms.buyer, terms.supplier, terms.clauses, terms.conditions, lines, lines);
    }

    /// @dev Reentrancy cannot spend what has not come yet: every function that pays is locked until this transaction's
    /// call is over, and creation from the balance reverts with it.
    function _deposit(address account, uint256 amount) private {
        if (amount == 0) revert DepositZero();
        _credits[account] += amount;
        emit Deposited(account, amount);
    }

    function _withdraw(address account, uint256 amount, address to) private {
        uint256 credit = _credits[account];
        if (amount == 0 || amount > credit) revert CreditTooSmall(credit, amount);
        if (to == address(0) || to == address(this)) revert CreditReceiver(to);

        _credits[account] = credit - amount;
        emit CreditWithdrawn(account, to, amount);

        _token.safeTransfer(to, amount);
    }
}
