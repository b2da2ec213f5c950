// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CurrencyToken} from "../../contracts/value/CurrencyToken.sol";

/// @dev Test double: the currency, which refuses to move money from its escrow to whom it likes.
contract RefusingCurrency is CurrencyToken {
    address private _escrow;
    mapping(address account => bool) public refuses;

    error Refused(address account);

    constructor(address authority) CurrencyToken(authority, "FactoryChain KRW", "KRW", 0) {}

    function setEscrow(address escrow) external {
        _escrow = escrow;
    }

    function setRefuses(address account, bool refuses_) external {
        refuses[account] = refuses_;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == _escrow && refuses[to]) revert Refused(to);
        super._update(from, to, amount);
    }
}
