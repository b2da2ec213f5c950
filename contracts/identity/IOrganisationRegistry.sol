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
        uint32 generation; // how often all its accounts were replaced
        // slot 1
        bytes32 profile; // salted hash of its profile document
    }

    /// @notice An organisation was registered; AccountAdded follows with its first account.
    event OrganisationRegistered(uint64 indexed organisation, uint32 kinds, bytes32 profile);

    /// @notice An organisation was suspended, or made active again.
    event OrganisationStatusChanged(uint64 indexed organisation, Status status);

    /// @notice An organisation is of these kinds now, and of no other.
    event OrganisationKindsChanged(uint64 indexed organisation, uint32 kinds);

    /// @notice An organisation's profile has this salted hash now.
    event OrganisationProfileChanged(uint64 indexed organisation, bytes32 profile);

    /// @notice An account belongs to the organisation from now on.
    event AccountAdded(uint64 indexed organisation, address indexed account);

    /// @notice An account belongs to no organisation from now on.
    event AccountRemoved(uint64 indexed organisation, address indexed account);

    /// @notice All accounts that the organisation had were removed at once, without an AccountRemoved for each.
    /// AccountAdded follows with its new and only one.
    event AccountsReplaced(uint64 indexed organisation, uint32 generation);

    /// @notice No organisation has this id.
    error OrganisationUnknown(uint64 organisation);

    /// @notice The status must be Active or Suspended, and another than the present one.
    error OrganisationStatus(Status got, Status present);

    /// @notice The caller belongs to no active organisation.
    error OrganisationCallerNotMember(address caller);

    /// @notice The zero address is no account.
    error OrganisationAccountZero();

    /// @notice The account belongs to an organisation already.
    error OrganisationAccountTaken(address account, uint64 organisation);

    /// @notice The account belongs to another organisation than the caller's, or to none (zero).
    error OrganisationAccountForeign(address account, uint64 organisation);

    /// @notice An organisation keeps at least one account.
    error OrganisationLastAccount(uint64 organisation);

    /// @notice The new account has not signed that it joins this organisation with its present nonce, or the signature
    /// is older than its deadline.
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

    /// @notice Makes `account` the only one of an organisation that lost its own, or lost them to a thief: all that it
    /// had before count for nothing. Only the role RECOVERER, which is held with a delay; the GUARDIAN can cancel.
    /// @param account one of the organisation's own, or of none
    function recoverAccount(uint64 organisation, address account) external;

    /// @notice Replaces the profile hash of the caller's organisation.
    function setProfile(bytes32 profile) external;

    /// @notice Adds an account to the caller's organisation.
    /// @param deadline the last time, in seconds since 1970, at which the consent counts
    /// @param consent EIP-712 signature of the account over
    /// JoinOrganisation(uint64 organisation,address account,uint256 nonce,uint256 deadline), nonce = nonces(account),
    /// domain name "FactoryChain Organisations", version "1"; an ERC-1271 contract may be the account
    function addAccount(address account, uint256 deadline, bytes calldata consent) external;

    /// @notice Removes an account from the caller's organisation, the caller's own included.
    function removeAccount(address account) external;

    /// @notice The organisation of an account, active or not; zero for none.
    function organisationOf(address account) external view returns (uint64 organisation);

    /// @notice The active organisation of an account, if it is of all these kinds; zero otherwise.
    /// @param kinds KIND_ bits; zero asks for none in particular
    function activeOrganisationOf(address account, uint32 kinds) external view returns (uint64 organisation);

    /// @notice An organisation's state; all zero for an unknown id.
    function organisation(uint64 id) external view returns (Organisation memory);

    /// @notice How many organisations there are; it is the highest id.
    function organisationCount() external view returns (uint64);

    /// @notice What the account's next consent must name, so that none counts twice.
    function nonces(address account) external view returns (uint256);
}
