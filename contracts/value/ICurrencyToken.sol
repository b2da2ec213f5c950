// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";

/// @title Money of one currency, issued against money in a bank
/// @notice One token is one minor unit of an ISO 4217 currency: `symbol` is the currency's code, `decimals` its minor
/// unit (the won has none). It moves by transfer, by allowance, by permit (EIP-2612) and by authorization (ERC-3009).
/// There is no freeze, no blacklist, no forced transfer: the issuer can make money, nobody can take it.
interface ICurrencyToken is IERC20Metadata, IERC20Permit, IERC3009, IERC3009Cancel {
    /// @notice Money was issued. ERC-20's Transfer from the zero address comes with it.
    event Issued(address indexed issuer, address indexed to, uint256 amount);

    /// @notice A holder gave money up. ERC-20's Transfer to the zero address comes with it.
    event Burned(address indexed holder, uint256 amount);

    /// @notice A currency's code is three capital letters.
    error CurrencyCode(string code);

    /// @notice ISO 4217 knows minor units of 0 to 4 decimals.
    error CurrencyMinorUnit(uint8 decimals);

    /// @notice Issues money. Only the role ISSUER.
    /// @param amount minor units
    function mint(address to, uint256 amount) external;

    /// @notice Gives up money of the caller's own.
    /// @param amount minor units
    function burn(uint256 amount) external;
}
