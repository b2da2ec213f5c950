// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Organisations of the consortium and their accounts
/// @notice An account belongs to one organisation at most. Names stay off the chain: the profile is a salted hash.
interface IOrganisationRegistry {
    /// @notice Whether an organisation takes part.
    enum Status {
        None, // never registered
        Active,
        Suspended // its accounts count for nothing until it is active again
    }

    /// @notice An organisation.
    struct Organisation {
        // slot 0
        Status status;
        uint32 kinds; // KIND_ bits of OrganisationKinds
        uint32 accounts; // how many it has
        // slot 1
        bytes32 profile; // salted hash of its profile document
    }

    event OrganisationRegistered(uint64 indexed organisation, uint32 kinds, bytes32 profile);
    event OrganisationStatusChanged(uint64 indexed organisation, Status status);
    event OrganisationKindsChanged(uint64 indexed organisation, uint32 kinds);
    event OrganisationProfileChanged(uint64 indexed organisation, bytes32 profile);
    event AccountAdded(uint64 indexed organisation, address indexed account);
    event AccountRemoved(uint64 indexed organisation, address indexed account);

    /// @notice No organisation has this id.
    error OrganisationUnknown(uint64 organisation);

    /// @notice The caller belongs to no active organisation.
    error OrganisationCallerNotMember(address caller);

    /// @notice The account belongs to an organisation already.
    error OrganisationAccountTaken(address account, uint64 organisation);

    /// @notice The account does not belong to the caller's organisation.
    error OrganisationAccountForeign(address account, uint64 organisation);

    /// @notice An organisation keeps at least one account.
    error OrganisationLastAccount(uint64 organisation);

    /// @notice The new account has not signed that it joins, or the signature is older than its deadline.
    error OrganisationConsent(address account, uint256 deadline);

    /// @notice Registers an organisation with its first account. Only the role REGISTRAR.
    /// @param kinds KIND_ bits
    /// @param profile salted hash of the profile document
    /// @return organisation its id, counted from 1
    function register(uint32 kinds, bytes32 profile, address account) external returns (uint64 organisation);

    /// @notice Suspends an organisation or makes it active again. Only the role REGISTRAR.
    function setStatus(uint64 organisation, Status status) external;

    /// @notice States what kinds an organisation is of. Only the role REGISTRAR.
    function setKinds(uint64 organisation, uint32 kinds) external;

    /// @notice Adds an account for an organisation that lost its own. Only the role REGISTRAR; wired with a delay.
    function recoverAccount(uint64 organisation, address account) external;

    /// @notice Replaces the profile hash of the caller's organisation.
    function setProfile(bytes32 profile) external;

    /// @notice Adds an account to the caller's organisation.
    /// @param consent EIP-712 signature of the account over JoinOrganisation(uint64 organisation,address account,uint256 deadline)
    function addAccount(address account, uint256 deadline, bytes calldata consent) external;

    /// @notice Removes an account from the caller's organisation, the caller's own included.
    function removeAccount(address account) external;

    /// @notice The organisation of an account, active or not; zero for none.
    function organisationOf(address account) external view returns (uint64 organisation);

    /// @notice The active organisation of an account, if it is of all these kinds; zero otherwise.
    function activeOrganisationOf(address account, uint32 kinds) external view returns (uint64 organisation);

    /// @notice An organisation's state; all zero for an unknown id.
    function organisation(uint64 id) external view returns (Organisation memory);
}
