// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";

/// @title Relayer groups and what k of their n members signed
/// @notice A group's members belong to distinct organisations of kind relayer operator. The chain keeps one slot a
/// group; the members themselves travel in calldata.
interface IQuorum {
    /// @notice A relayer group.
    struct Group {
        // slot 0
        uint168 members; // low bits of keccak-256 over the packed member addresses
        uint8 threshold; // k: signatures that a batch needs
        uint32 retired; // bit i: member i signs no more
        uint40 restored; // when the group last came back to k live members; zero: it never fell below
    }

    /// @notice A group was registered; it never changes but by retirement.
    event GroupRegistered(uint40 indexed group, uint8 threshold, address[] members);

    /// @notice A group has 1 to 32 members and a threshold from 1 to their number.
    error QuorumSize(uint256 members, uint256 threshold);

    /// @notice A member's account belongs to no active organisation that is a relayer operator.
    error QuorumMemberNotRelayer(address member);

    /// @notice Two members belong to one organisation.
    error QuorumOrganisationTwice(uint256 organisation);

    /// @notice The group is not registered, or has other members.
    error QuorumUnknownGroup(uint40 group);

    /// @notice Fewer live members signed than the group's threshold.
    error QuorumTooFew(uint256 signatures, uint256 threshold);

    /// @notice Each bit of the bitmap stands for one member and one signature.
    error QuorumBitmap(uint32 signers, uint256 signatures, uint256 members);

    /// @notice The signature is not that of the member whose turn it is.
    error QuorumSignature(address expected, address recovered);

    /// @notice A certificate lives from the time of the block at which it was judged until `MAX_AGE` seconds later.
    error QuorumExpired(uint256 blockTime, uint256 now_);

    /// @notice Registers a group. Only the role RELAYER_ADMIN.
    /// @param members accounts of distinct organisations, each a relayer operator
    /// @param threshold how many of them must sign, k
    /// @return group its id, counted from 1
    function registerGroup(address[] calldata members, uint8 threshold) external returns (uint40 group);

    /// @notice The group's slot; all zero for an unknown id.
    function groupOf(uint40 group) external view returns (Group memory);

    /// @notice Seconds after its block at which a certificate dies: one held back is worth nothing soon.
    function MAX_AGE() external view returns (uint256);

    /// @notice Seconds by which an event's time may be ahead of the block at which relayers judge it. They keep it, the
    /// contract does not see events.
    function SKEW() external view returns (uint256);

    /// @notice Where the members' organisations are registered; it never changes.
    function organisations() external view returns (IOrganisationRegistry);
}
