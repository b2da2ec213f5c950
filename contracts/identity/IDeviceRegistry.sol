// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrganisationRegistry} from "./IOrganisationRegistry.sol";

/// @title Devices that see deliveries
/// @notice A device is its public key: its id is the RFC 7638 SHA-256 thumbprint of the JWK. The owner's organisation
/// enrols it; whoever is to be believed about a delivery is decided by who owns the device.
interface IDeviceRegistry {
    /// @notice Curve of the device's key.
    enum Curve {
        None,
        P256,
        Secp256k1
    }

    /// @notice A device.
    struct Device {
        // slot 0
        uint64 owner; // organisation
        Curve curve;
        uint40 validFrom; // seconds since 1970
        uint40 validUntil; // seconds since 1970, the first at which it is not valid any more
        uint40 revokedAt; // seconds since 1970; zero: not revoked
        // slot 1
        bytes32 site; // salted hash of where it stands
    }

    /// @notice A device was enrolled. Its public key is in the log, so verifiers need no other source.
    event DeviceEnrolled(
        bytes32 indexed device,
        uint64 indexed owner,
        Curve curve,
        bytes32 x,
        bytes32 y,
        uint40 validFrom,
        uint40 validUntil,
        bytes32 site
    );

    /// @notice A device was revoked, for good.
    event DeviceRevoked(bytes32 indexed device, uint64 indexed owner);

    /// @notice The caller belongs to no active organisation, or not to the device's owner.
    error DeviceCallerNotOwner(address caller, uint64 owner);

    /// @notice A key is enrolled once and for ever.
    error DeviceExists(bytes32 device, uint64 owner);

    /// @notice No such device, or revoked already.
    error DeviceNotLive(bytes32 device);

    /// @notice The curve must be P256 or Secp256k1, the coordinates a point on it and none of them zero.
    error DeviceKey(Curve curve, bytes32 x, bytes32 y);

    /// @notice A device must be valid from a time before `validUntil`.
    error DeviceValidity(uint40 validFrom, uint40 validUntil);

    /// @notice Enrols a device for the caller's organisation. Whoever enrols a key first owns it for ever, so keep a
    /// new device's key to yourself until it is enrolled.
    /// @param x coordinates of the public key, big-endian
    /// @param validFrom its events count from this time, in seconds since 1970; may be past
    /// @param validUntil the first time at which they do not count any more
    /// @param site salted hash of where it stands; zero: not said
    /// @return device its id
    function enrol(
        Curve curve,
        bytes32 x,
        bytes32 y,
        uint40 validFrom,
        uint40 validUntil,
        bytes32 site
    ) external returns (bytes32 device);

    /// @notice Revokes a device of the caller's organisation at once.
    function revoke(bytes32 device) external;

    /// @notice A device's state; all zero for an unknown id.
    function deviceOf(bytes32 device) external view returns (Device memory);

    /// @notice The RFC 7638 thumbprint of a public key: SHA-256 of {"crv":..,"kty":"EC","x":..,"y":..}.
    /// Reverts with DeviceKey for what is no public key.
    function thumbprint(Curve curve, bytes32 x, bytes32 y) external pure returns (bytes32);

    /// @notice Whose accounts may enrol and revoke; it never changes.
    function organisations() external view returns (IOrganisationRegistry);
}
