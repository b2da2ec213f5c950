// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";

// ---- flags of a group

// Fewer live members than its threshold: nothing is confirmed, and refunds of its orders wait.
uint8 constant GROUP_BELOW = 1;

// No new orders. Orders that are open go on as before.
uint8 constant GROUP_CLOSED = 2;

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
        uint40 restored; // when the group last came back to k live members; zero: it never did
        uint8 flags; // GROUP_BELOW, GROUP_CLOSED
    }

    /// @notice A group was registered. Its list grows by MemberAdded, at the end, and by nothing else.
    event GroupRegistered(uint40 indexed group, uint8 threshold, address[] members);

    /// @notice A member signs no more, for ever. It keeps its place in the list.
    /// @param below whether fewer members than the threshold are left
    event MemberRetired(uint40 indexed group, address indexed member, bool below);

    /// @notice An account may become a member from then on, in seconds since 1970, unless the GUARDIAN cancels. A
    /// second one for the same account replaces the first.
    event MemberProposed(uint40 indexed group, address indexed member, uint40 from);

    /// @notice An announced account does not become a member.
    event MemberProposalCancelled(uint40 indexed group, address indexed member);

    /// @notice An announced account is the last member of the list from now on; its proposal is used up.
    /// @param members the whole list, packed as certificates carry it
    /// @param below whether there are still fewer live members than the threshold
    event MemberAdded(uint40 indexed group, address indexed member, bytes members, bool below);

    /// @notice No new order may name the group.
    event GroupClosed(uint40 indexed group);

    /// @notice New orders may name the group again.
    event GroupReopened(uint40 indexed group);

    /// @notice A group has 1 to 32 members and a threshold from 1 to their number.
    error QuorumSize(uint256 members, uint256 threshold);

    /// @notice A member's account belongs to no active organisation that is a relayer operator.
    error QuorumMemberNotRelayer(address member);

    /// @notice Two members belong to one organisation.
    error QuorumOrganisationTwice(uint256 organisation);

    /// @notice The group is not registered, or has other members.
    error QuorumUnknownGroup(uint40 group);

    /// @notice No member has this index.
    error QuorumMemberIndex(uint256 index, uint256 members);

    /// @notice The member was retired before.
    error QuorumMemberRetired(address member);

    /// @notice The account is, or was, a member already; a retired one does not come back.
    error QuorumMemberAlready(address member);

    /// @notice A live member's account belongs to no organisation any more. It has to be retired before another account
    /// joins: its former organisation could be in the group twice.
    error QuorumMemberLeft(address member);

    /// @notice The account was not announced as a member of this group.
    error QuorumNotProposed(uint40 group, address member);

    /// @notice The announced time has not come.
    error QuorumTooEarly(uint256 now_, uint256 from);

    /// @notice The group takes no new orders.
    error QuorumGroupClosed(uint40 group);

    /// @notice The group takes new orders already.
    error QuorumGroupNotClosed(uint40 group);

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

    /// @notice Retires a member at once and for ever: its signature counts no more. The threshold stays; if fewer live
    /// members are left, nothing is confirmed and refunds wait, at most `MAX_WAIT`. Only the role GUARDIAN, or the
    /// member itself.
    /// @param members the group's list, packed
    /// @param index the member's place in it, from 0
    function retireMember(uint40 group, bytes calldata members, uint256 index) external;

    /// @notice Announces a member, who can join after `ADD_DELAY`; announcing it again begins anew. It must be an
    /// account of an active relayer operator of which the group has no live member. An organisation whose member was
    /// retired may come back with another account: so it replaces a lost key. Only the role RELAYER_ADMIN.
    /// @param members the group's list, packed
    function proposeMember(uint40 group, bytes calldata members, address member) external;

    /// @notice Appends an announced account to the list when its time has come. Anyone; what `proposeMember` asks for
    /// must hold still.
    /// @param members the group's list, packed, without the new member
    function enactMember(uint40 group, bytes calldata members, address member) external;

    /// @notice Cancels an announced member. Only the role GUARDIAN.
    function cancelMember(uint40 group, address member) external;

    /// @notice Refuses new orders that name the group; it touches no open one. Only the role GUARDIAN.
    function closeGroup(uint40 group) external;

    /// @notice Takes new orders that name the group again. Only the role GUARDIAN.
    function reopenGroup(uint40 group) external;

    /// @notice The group's slot; all zero for an unknown id.
    function groupOf(uint40 group) external view returns (Group memory);

    /// @notice When an announced account can become a member, in seconds since 1970; zero: it is not announced.
    function proposalOf(uint40 group, address member) external view returns (uint40 from);

    /// @notice Seconds for which a new member is announced before it can sign, whatever delay the role that announces
    /// it has.
    function ADD_DELAY() external view returns (uint256);

    /// @notice The longest time in seconds by which a group without enough live members can hold up a refund.
    function MAX_WAIT() external view returns (uint256);

    /// @notice Seconds after its block at which a certificate dies: one held back is worth nothing soon.
    function MAX_AGE() external view returns (uint256);

    /// @notice Seconds by which an event's time may be ahead of the block at which relayers judge it. They keep it, the
    /// contract does not see events.
    function SKEW() external view returns (uint256);

    /// @notice Where the members' organisations are registered; it never changes.
    function organisations() external view returns (IOrganisationRegistry);
}
