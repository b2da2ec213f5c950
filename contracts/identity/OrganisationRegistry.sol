// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IOrganisationRegistry} from "./IOrganisationRegistry.sol";

/// @title OrganisationRegistry
/// @notice The manual is IOrganisationRegistry.
contract OrganisationRegistry is IOrganisationRegistry, AccessManaged, EIP712, Nonces {
    /// @dev What an account says about itself. It counts while its generation is the organisation's.
    struct Membership {
        // slot 0
        uint64 organisation;
        uint32 generation;
    }

    bytes32 private constant JOIN_TYPEHASH = keccak256(
        "JoinOrganisation(uint64 organisation,address account,uint256 nonce,uint256 deadline)"
    );

    uint64 private _count;
    mapping(uint64 organisation => Organisation) private _organisations;
    mapping(address account => Membership) private _memberships;

    constructor(address authority) AccessManaged(authority) EIP712("FactoryChain Organisations", "1") {}

    // ---- Registrar and recoverer ----

    /// @inheritdoc IOrganisationRegistry
    function register(uint32 kinds, bytes32 profile, address account) external restricted returns (uint64 id) {
        _requireFree(account);
        id = ++_count;
        _organisations[id] = Organisation({
            status: Status.Active,
            kinds: kinds,
            accounts: 0,
            generation: 0,
            profile: profile
        });
        emit OrganisationRegistered(id, kinds, profile);
        _add(id, account);
    }

    /// @inheritdoc IOrganisationRegistry
    function setStatus(uint64 id, Status status) external restricted {
        Organisation storage entry = _existing(id);
        Status present = entry.status;
        require(status != Status.None && status != present, OrganisationStatus(status, present));
        entry.status = status;
        emit OrganisationStatusChanged(id, status);
    }

    /// @inheritdoc IOrganisationRegistry
    function setKinds(uint64 id, uint32 kinds) external restricted {
        _existing(id).kinds = kinds;
        emit OrganisationKindsChanged(id, kinds);
    }

    /// @inheritdoc IOrganisationRegistry
    function recoverAccount(uint64 id, address account) external restricted {
        Organisation storage entry = _existing(id);
        if (organisationOf(account) != id) _requireFree(account);
        uint32 generation = ++entry.generation;
        entry.accounts = 0;
        emit AccountsReplaced(id, generation);
        _add(id, account);
    }

    // ---- Members ----

    /// @inheritdoc IOrganisationRegistry
    function setProfile(bytes32 profile) external {
        uint64 id = _callersOrganisation();
        _organisations[id].profile = profile;
        emit OrganisationProfileChanged(id, profile);
    }

    /// @inheritdoc IOrganisationRegistry
    function addAccount(address account, uint256 deadline, bytes calldata consent) external {
        uint64 id = _callersOrganisation();
        _requireFree(account);
        require(block.timestamp <= deadline, OrganisationConsent(account, deadline));
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(JOIN_TYPEHASH, id, account, _useNonce(account), deadline))
        );
        require(
            SignatureChecker.isValidSignatureNowCalldata(account, digest, consent),
            OrganisationConsent(account, deadline)
        );
        _add(id, account);
    }

    /// @inheritdoc IOrganisationRegistry
    function removeAccount(address account) external {
        uint64 id = _callersOrganisation();
        uint64 owner = organisationOf(account);
        require(owner == id, OrganisationAccountForeign(account, owner));
        Organisation storage entry = _organisations[id];
        require(entry.accounts > 1, OrganisationLastAccount(id));
        --entry.accounts;
        delete _memberships[account];
        emit AccountRemoved(id, account);
    }

    // ---- Reading ----

    /// @inheritdoc IOrganisationRegistry
    function organisationOf(address account) public view returns (uint64 id) {
        Membership memory membership = _memberships[account];
        if (membership.generation == _organisations[membership.organisation].generation) id = membership.organisation;
    }

    /// @inheritdoc IOrganisationRegistry
    function activeOrganisationOf(address account, uint32 kinds) public view returns (uint64 id) {
        Membership memory membership = _memberships[account];
        Organisation storage entry = _organisations[membership.organisation];
        bool counts = membership.generation == entry.generation && entry.status == Status.Active;
        if (counts && entry.kinds & kinds == kinds) id = membership.organisation;
    }

    /// @inheritdoc IOrganisationRegistry
    function organisation(uint64 id) external view returns (Organisation memory) {
        return _organisations[id];
    }

    /// @inheritdoc IOrganisationRegistry
    function organisationCount() external view returns (uint64) {
        return _count;
    }

    /// @inheritdoc IOrganisationRegistry
    function nonces(address account) public view override(IOrganisationRegistry, Nonces) returns (uint256) {
        return super.nonces(account);
    }

    // ---- Internal ----

    function _add(uint64 id, address account) private {
        Organisation storage entry = _organisations[id];
        ++entry.accounts;
        _memberships[account] = Membership({organisation: id, generation: entry.generation});
        emit AccountAdded(id, account);
    }

    function _callersOrganisation() private view returns (uint64 id) {
        id = activeOrganisationOf(msg.sender, 0);
        require(id != 0, OrganisationCallerNotMember(msg.sender));
    }

    function _existing(uint64 id) private view returns (Organisation storage entry) {
        entry = _organisations[id];
        require(entry.status != Status.None, OrganisationUnknown(id));
    }

    function _requireFree(address account) private view {
        require(account != address(0), OrganisationAccountZero());
        uint64 owner = organisationOf(account);
        require(owner == 0, OrganisationAccountTaken(account, owner));
    }
}
