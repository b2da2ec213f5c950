// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IDeviceRegistry} from "./IDeviceRegistry.sol";
import {IOrganisationRegistry} from "./IOrganisationRegistry.sol";

/// @title DeviceRegistry
/// @notice The manual is IDeviceRegistry.
contract DeviceRegistry is IDeviceRegistry {
    /// @dev Size of the field of secp256k1 (SEC 2, 2.4.1); the curve is y^2 = x^3 + 7.
    uint256 private constant SECP256K1_P = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEFFFFFC2F;

    /// @inheritdoc IDeviceRegistry
    IOrganisationRegistry public immutable organisations;

    mapping(bytes32 device => Device) private _devices;

    constructor(IOrganisationRegistry organisations_) {
        organisations = organisations_;
    }

    /// @inheritdoc IDeviceRegistry
    function enrol(
        Curve curve,
        bytes32 x,
        bytes32 y,
        uint40 validFrom,
        uint40 validUntil,
        bytes32 site
    ) external returns (bytes32 device) {
        uint64 owner = organisations.activeOrganisationOf(msg.sender, 0);
        require(owner != 0, DeviceCallerNotOwner(msg.sender, 0));
        require(validFrom < validUntil, DeviceValidity(validFrom, validUntil));
        device = thumbprint(curve, x, y);
        require(_devices[device].owner == 0, DeviceExists(device, _devices[device].owner));
        _devices[device] = Device({
            owner: owner,
            curve: curve,
            validFrom: validFrom,
            validUntil: validUntil,
            revokedAt: 0,
            site: site
        });
        emit DeviceEnrolled(device, owner, curve, x, y, validFrom, validUntil, site);
    }

    /// @inheritdoc IDeviceRegistry
    function revoke(bytes32 device) external {
        Device storage entry = _devices[device];
        require(entry.owner != 0 && entry.revokedAt == 0, DeviceNotLive(device));
        uint64 owner = entry.owner;
        require(organisations.activeOrganisationOf(msg.sender, 0) == owner, DeviceCallerNotOwner(msg.sender, owner));
        entry.revokedAt = uint40(block.timestamp);
        emit DeviceRevoked(device, owner);
    }

    /// @inheritdoc IDeviceRegistry
    function deviceOf(bytes32 device) external view returns (Device memory) {
        return _devices[device];
    }

    /// @inheritdoc IDeviceRegistry
    function thumbprint(Curve curve, bytes32 x, bytes32 y) public pure returns (bytes32) {
        require(_isPoint(curve, x, y), DeviceKey(curve, x, y));
        string memory crv = curve == Curve.P256 ? "P-256" : "secp256k1";
        return
            sha256(
                abi.encodePacked(
                    '{"crv":"',
                    crv,
                    '","kty":"EC","x":"',
                    Base64.encodeURL(abi.encode(x)),
                    '","y":"',
                    Base64.encodeURL(abi.encode(y)),
                    '"}'
                )
            );
    }

    /// @dev A coordinate of zero is refused although P-256 has such a point: nobody has its private key by accident.
    function _isPoint(Curve curve, bytes32 x, bytes32 y) private pure returns (bool) {
        if (x == 0 || y == 0) return false;
        if (curve == Curve.P256) return P256.isValidPublicKey(x, y);
        uint256 x_ = uint256(x);
        uint256 y_ = uint256(y);
        return
            curve == Curve.Secp256k1 &&
            x_ < SECP256K1_P &&
            y_ < SECP256K1_P &&
            mulmod(y_, y_, SECP256K1_P) == addmod(mulmod(mulmod(x_, x_, SECP256K1_P), x_, SECP256K1_P), 7, SECP256K1_P);
    }
}
