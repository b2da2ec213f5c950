// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Role ids of the one AccessManager
/// @notice Who holds a role, and with which delay, is wired when the system is deployed (`deploy/modules/`).
/// No role can move escrowed or held money, and none stands between a user and an exit.
library Roles {
    /// @notice Admits and suspends organisations, states what kinds they are.
    uint64 internal constant REGISTRAR = 1;

    /// @notice Registers relayer groups; an order pins its group, so a new group touches no open order.
    uint64 internal constant RELAYER_ADMIN = 2;

    /// @notice Issues currency against money received.
    uint64 internal constant ISSUER = 3;

    /// @notice Cancels what another role has scheduled and not yet executed.
    uint64 internal constant GUARDIAN = 4;
}
