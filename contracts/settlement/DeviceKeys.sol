// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {DeviceSignature} from "./Consent.sol";

/// @dev Whether a device's key is among those of a root: a leaf is keccak256(bytes.concat(keccak256(abi.encode(x, y)))),
/// pairs are sorted, as OpenZeppelin's merkle-tree library makes them. One device: its leaf is the root.
function isDeviceOf(bytes32 root, DeviceSignature calldata device) pure returns (bool) {
    bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(device.x, device.y))));
    return MerkleProof.verifyCalldata(device.proof, root, leaf);
}

/// @dev Whether the device signed a digest. A high s is refused on both curves.
function hasDeviceSigned(DeviceSignature calldata device, bytes32 digest, bool p256) view returns (bool) {
    if (p256) return P256.verifyNative(digest, device.r, device.s, device.x, device.y);
    address key = address(uint160(uint256(keccak256(abi.encode(device.x, device.y)))));
    (address signer, ECDSA.RecoverError problem, ) = ECDSA.tryRecover(digest, device.r, device.s);
    return problem == ECDSA.RecoverError.NoError && signer == key;
}

/// @dev Whether this chain verifies P-256 signatures (EIP-7951), by a signature made for this: of
/// sha256("FactoryChain P-256 probe") by the private key 1, whose public key is the curve's generator.
function chainHasP256() view returns (bool) {
    bytes memory input = abi.encode(
        sha256("FactoryChain P-256 probe"),
        bytes32(0xb64df36d8f0d73a9b166c8975ec9928770d5518fec6b4b6ec4b86d05de1a49cd),
        bytes32(0x3b7683fb859b3c1ad951d6a1c0140a9ad9ac6047403cbec63cd73ff0aa2f304c),
        bytes32(0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296),
        bytes32(0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)
    );
    // solhint-disable-next-line avoid-low-level-calls
    (bool success, bytes memory result) = address(0x100).staticcall(input);
    return success && result.length == 32 && abi.decode(result, (uint256)) == 1;
}
