// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {OrganisationKinds} from "../identity/OrganisationKinds.sol";
import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "./IQuorum.sol";
import {memberAt, memberCount} from "./PackedMembers.sol";

/// @title Who may sign: relayer groups and how they change
/// @dev All state of Quorum is here, and none is written by the constructor but the authority: contracts that share
/// their storage by delegatecall can all inherit it.
abstract contract RelayerGroups is IQuorum, AccessManaged {
    // ---- constants

    /// @inheritdoc IQuorum
    uint256 public constant ADD_DELAY = 7 days;

    /// @inheritdoc IQuorum
    uint256 public constant MAX_WAIT = 30 days;

    /// @dev Bits of Group.retired.
    uint256 private constant MAX_MEMBERS = 32;

    /// @inheritdoc IQuorum
    IOrganisationRegistry public immutable organisations;

    // ---- storage

    mapping(uint256 group => Group) private _groups;
    mapping(uint256 group => mapping(address member => uint40 from)) private _proposals;
    uint40 private _lastGroup;

    constructor(address authority, IOrganisationRegistry registry) AccessManaged(authority) {
        organisations = registry;
    }

    // ---- registration

    /// @inheritdoc IQuorum
    function registerGroup(address[] calldata members, uint8 threshold) external restricted returns (uint40 group) {
        if (members.length > MAX_MEMBERS || threshold == 0 || threshold > members.length) {
            revert QuorumSize(members.length, threshold);
        }
        bytes32 id = _checkMembers(members);

        group = ++_lastGroup;
        _groups[group] = Group({members: _cut(id), threshold: threshold, retired: 0, restored: 0, flags: 0});
        emit GroupRegistered(group, threshold, members);
    }

    // ---- members

    /// @inheritdoc IQuorum
    function retireMember(uint40 group, bytes calldata members, uint256 index) external {
        Group memory state = _checkList(group, members);
        uint256 count = memberCount(members);
        if (index >= count) revert QuorumMemberIndex(index, count);
        address member = memberAt(members, index);
        if (msg.sender != member) _checkCanCall(msg.sender, msg.data);
        if ((state.retired >> index) & 1 == 1) revert QuorumMemberRetired(member);

        state.retired |= uint32(1 << index);
        bool below = _countLive(count, state.retired) < state.threshold;
        if (below) state.flags |= GROUP_BELOW;
        _groups[group] = state;
        emit MemberRetired(group, member, below);
    }

    /// @inheritdoc IQuorum
    function proposeMember(uint40 group, bytes calldata members, address member) external restricted {
        _checkCandidate(_checkList(group, members), members, member);

        uint40 from = uint40(block.timestamp + ADD_DELAY);
        _proposals[group][member] = from;
        emit MemberProposed(group, member, from);
    }

    /// @inheritdoc IQuorum
    function enactMember(uint40 group, bytes calldata members, address member) external {
        uint256 from = _checkProposal(group, member);
        if (block.timestamp < from) revert QuorumTooEarly(block.timestamp, from);
        Group memory state = _checkList(group, members);
        _checkCandidate(state, members, member);

        bytes memory list = bytes.concat(members, bytes20(member));
        state.members = _cut(keccak256(list));
        bool below = _countLive(memberCount(members) + 1, state.retired) < state.threshold;
        if (!below && state.flags & GROUP_BELOW != 0) {
            state.flags &= ~GROUP_BELOW;
            state.restored = uint40(block.timestamp);
        }
        _groups[group] = state;
        delete _proposals[group][member];
        emit MemberAdded(group, member, list, below);
    }

    /// @inheritdoc IQuorum
    function cancelMember(uint40 group, address member) external restricted {
        _checkProposal(group, member);

        delete _proposals[group][member];
        emit MemberProposalCancelled(group, member);
    }

    // ---- new orders

    /// @inheritdoc IQuorum
    function closeGroup(uint40 group) external restricted {
        Group storage state = _groups[group];
        if (state.threshold == 0) revert QuorumUnknownGroup(group);
        if (state.flags & GROUP_CLOSED != 0) revert QuorumGroupClosed(group);

        state.flags |= GROUP_CLOSED;
        emit GroupClosed(group);
    }

    /// @inheritdoc IQuorum
    function reopenGroup(uint40 group) external restricted {
        Group storage state = _groups[group];
        if (state.threshold == 0) revert QuorumUnknownGroup(group);
        if (state.flags & GROUP_CLOSED == 0) revert QuorumGroupNotClosed(group);

        state.flags &= ~GROUP_CLOSED;
        emit GroupReopened(group);
    }

    // ---- views

    /// @inheritdoc IQuorum
    function groupOf(uint40 group) external view returns (Group memory) {
        return _groups[group];
    }

    /// @inheritdoc IQuorum
    function proposalOf(uint40 group, address member) external view returns (uint40 from) {
        return _proposals[group][member];
    }

    // ---- internal, for orders

    /// @dev Reverts unless new orders may name the group.
    function _checkGroup(uint256 group) internal view {
        Group storage state = _groups[group];
        if (state.threshold == 0) revert QuorumUnknownGroup(uint40(group));
        if (state.flags & GROUP_CLOSED != 0) revert QuorumGroupClosed(uint40(group));
    }

    /// @dev From when on an order of the group is refunded: after expiry and grace; while the group is below its
    /// threshold, `MAX_WAIT` later; once it came back, not before another grace, in which what it could not confirm can
    /// be confirmed, and at most `MAX_WAIT` later. All in seconds.
    function _refundFrom(uint256 group, uint256 expiry, uint256 grace) internal view returns (uint256) {
        Group storage state = _groups[group];
        (uint256 restored, uint256 flags) = (state.restored, state.flags);
        uint256 from = expiry + grace;
        if (flags & GROUP_BELOW != 0) return from + MAX_WAIT;
        if (restored == 0) return from;
        return Math.max(from, Math.min(restored + grace, from + MAX_WAIT));
    }

    /// @dev How many of the group's members must sign and which of them are retired; reverts unless `members` is the
    /// hash of its list. It looks at no flag: a group that takes no new orders confirms the open ones.
    function _quorumOf(uint40 group, bytes32 members) internal view returns (uint256 threshold, uint256 retired) {
        Group storage state = _groups[group];
        uint168 known;
        (known, threshold, retired) = (state.members, state.threshold, state.retired);
        if (threshold == 0 || known != _cut(members)) revert QuorumUnknownGroup(group);
    }

    // ---- checks

    /// @dev The group's state, given its list.
    function _checkList(uint40 group, bytes calldata members) private view returns (Group memory state) {
        state = _groups[group];
        if (state.threshold == 0 || state.members != _cut(keccak256(members))) revert QuorumUnknownGroup(group);
    }

    /// @dev When an announced account can become a member.
    function _checkProposal(uint40 group, address member) private view returns (uint256 from) {
        from = _proposals[group][member];
        if (from == 0) revert QuorumNotProposed(group, member);
    }

    /// @dev Reverts unless the account may join: a relayer operator's, of an organisation without a live member, in a
    /// group that has room. Where a live member's account left its organisation, nobody can tell whose vote it is.
    function _checkCandidate(Group memory state, bytes calldata members, address member) private view {
        uint256 count = memberCount(members);
        if (count == MAX_MEMBERS) revert QuorumSize(count + 1, state.threshold);
        uint64 joining = _organisationOf(member);
        for (uint256 i; i < count; ++i) {
            address present = memberAt(members, i);
            if (present == member) revert QuorumMemberAlready(member);
            if ((state.retired >> i) & 1 == 1) continue;
            uint64 organisation = organisations.organisationOf(present);
            if (organisation == 0) revert QuorumMemberLeft(present);
            if (organisation == joining) revert QuorumOrganisationTwice(organisation);
        }
    }

    /// @dev The hash of the members, who must be relayer operators of distinct organisations: else one organisation
    /// could be a quorum.
    function _checkMembers(address[] calldata members) private view returns (bytes32) {
        uint64[] memory seen = new uint64[](members.length);
        bytes memory packed;
        for (uint256 i; i < members.length; ++i) {
            uint64 organisation = _organisationOf(members[i]);
            for (uint256 j; j < i; ++j) {
                if (seen[j] == organisation) revert QuorumOrganisationTwice(organisation);
            }
            seen[i] = organisation;
            packed = bytes.concat(packed, bytes20(members[i]));
        }
        return keccak256(packed);
    }

    /// @dev The active relayer operator that an account belongs to.
    function _organisationOf(address member) private view returns (uint64 organisation) {
        organisation = organisations.activeOrganisationOf(member, OrganisationKinds.RELAYER_OPERATOR);
        if (organisation == 0) revert QuorumMemberNotRelayer(member);
    }

    // ---- reads

    function _countLive(uint256 count, uint256 retired) private pure returns (uint256) {
        for (; retired != 0; retired >>= 1) count -= retired & 1;
        return count;
    }

    /// @dev What the group's slot keeps of its members' hash. Another list for a registered one costs 2^168 hashes; two
    /// lists with one value cost 2^84, and RELAYER_ADMIN would have to register or announce one of them.
    function _cut(bytes32 members) private pure returns (uint168) {
        return uint168(uint256(members));
    }
}
