// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Role ids of the one AccessManager
/// @notice Who holds a role, and with which delay, is wired when the system is deployed (`deploy/modules/`);
/// `docs/security.md` says what each could do at worst. No role can move escrowed or held money, and none stands
/// between a user and an exit. Role 0 is ADMIN_ROLE: it grants the others.
library Roles {
    /// @notice Admits and suspends organisations, states what kinds they are.
    uint64 internal constant REGISTRAR = 1;

    /// @notice Registers relayer groups and announces further members, who wait seven days whatever this role's delay
    /// is; an order pins its group, so a new group touches no open order.
    uint64 internal constant RELAYER_ADMIN = 2;

    /// @notice Issues currency against money received.
    uint64 internal constant ISSUER = 3;

    /// @notice Cancels what another role has scheduled and not yet executed, the ADMIN_ROLE included. Retires relayers,
    /// cancels announced ones, and closes relayer groups to new orders; it adds none. Held without a delay.
    uint64 internal constant GUARDIAN = 4;

    /// @notice Gives an organisation that lost its accounts a new one. Always held with a delay.
    uint64 internal constant RECOVERER = 5;

    /// @notice Held by nobody. It marks what the ADMIN_ROLE does in the AccessManager itself, so that the GUARDIAN can
    /// cancel it: an AccessManager has no other way to give the ADMIN_ROLE a guardian.
    uint64 internal constant ADMINISTRATION = 6;
}
