// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ICurrencyToken} from "./ICurrencyToken.sol";

/// @title CurrencyToken
/// @notice The manual is ICurrencyToken.
contract CurrencyToken is ICurrencyToken, ERC20Permit, ERC3009, AccessManaged {
    uint8 private immutable _decimals;

    /// @param name also the name in the EIP-712 domain of permits and authorizations, whose version is "1"
    /// @param code ISO 4217, such as KRW
    /// @param minorUnit decimals of the currency
    constructor(
        address authority,
        string memory name,
        string memory code,
        uint8 minorUnit
    ) ERC20(name, code) ERC20Permit(name) AccessManaged(authority) {
        require(_isCode(bytes(code)), CurrencyCode(code));
        require(minorUnit <= 4, CurrencyMinorUnit(minorUnit));
        _decimals = minorUnit;
    }

    /// @inheritdoc ICurrencyToken
    function mint(address to, uint256 amount) external restricted {
        _mint(to, amount);
        emit Issued(msg.sender, to, amount);
    }

    /// @inheritdoc ICurrencyToken
    function burn(uint256 amount) external {
        _burn(msg.sender, amount);
        emit Burned(msg.sender, amount);
    }

    /// @inheritdoc IERC20Metadata
    function decimals() public view override(ERC20, IERC20Metadata) returns (uint8) {
        return _decimals;
    }

    /// @inheritdoc IERC20Permit
    function nonces(address owner) public view override(ERC20Permit, IERC20Permit) returns (uint256) {
        return super.nonces(owner);
    }

    function _isCode(bytes memory code) private pure returns (bool) {
        if (code.length != 3) return false;
        for (uint256 i = 0; i < 3; ++i) {
            if (code[i] < "A" || code[i] > "Z") return false;
        }
        return true;
    }
}
