// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {CurrencyToken} from "../../contracts/value/CurrencyToken.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @dev An escrow that pays in the real currency token, and the words for permits and authorizations. The buyer has
/// money and gave no allowance.
abstract contract CurrencyBase is SettlementBase {
    CurrencyToken internal currency;

    function setUp() public virtual override {
        super.setUp();
        vm.prank(buyer);
        currency.approve(address(escrow), 0);
    }

    /// @dev `token` is the currency too: of what MockToken has, tests call what every ERC-20 has.
    function _currency() internal override returns (MockToken) {
        currency = new CurrencyToken(address(manager), "FactoryChain KRW", "KRW", 0);
        return MockToken(address(currency));
    }

    /// @dev An EIP-2612 permit for the escrow: of the buyer, signed by an account that has a name.
    function _permit(
        string memory signer,
        uint256 amount,
        uint256 deadline
    ) internal view returns (TokenSignature memory) {
        bytes32 kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 nonce = currency.nonces(buyer);
        bytes32 permit = keccak256(abi.encode(kind, buyer, address(escrow), amount, nonce, deadline));
        return _signForToken(signer, permit, 0, deadline);
    }

    /// @dev An ERC-3009 authorization for the escrow: of the buyer, signed by an account that has a name, good from START
    /// until a second before `validBefore`.
    function _authorization(
        string memory signer,
        uint256 amount,
        bytes32 nonce,
        uint256 validBefore
    ) internal view returns (TokenSignature memory) {
        bytes32 kind = keccak256(
            "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
        );
        bytes32 authorization = keccak256(
            abi.encode(kind, buyer, address(escrow), amount, START - 1, validBefore, nonce)
        );
        return _signForToken(signer, authorization, START - 1, validBefore);
    }

    /// @dev The buyer's, of an authorization.
    function _cancellation(bytes32 nonce) internal view returns (TokenSignature memory) {
        bytes32 kind = keccak256("CancelAuthorization(address authorizer,bytes32 nonce)");
        return _signForToken("buyer", keccak256(abi.encode(kind, buyer, nonce)), 0, 0);
    }

    function _signForToken(
        string memory signer,
        bytes32 structHash,
        uint256 validAfter,
        uint256 validBefore
    ) private view returns (TokenSignature memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("FactoryChain KRW"),
                keccak256("1"),
                block.chainid,
                address(currency)
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keyOf(signer), digest);
        return TokenSignature({validAfter: validAfter, validBefore: validBefore, v: v, r: r, s: s});
    }
}
