// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "./IQuorum.sol";

/// @title State of the relayer groups, and what others ask it
/// @dev It comes before all other state, so contracts that share their storage by delegatecall inherit it alike.
abstract contract GroupBook is AccessManaged {
    uint256 internal constant LONGEST_WAIT = 30 days;
    uint256 internal constant CERTIFICATE_AGE = 300;

    mapping(uint256 group => IQuorum.Group) internal _groups;
    mapping(uint256 group => mapping(address member => uint40 from)) internal _proposals;
    uint40 internal _lastGroup;

    constructor(address authority) AccessManaged(authority) {}

    // ---- for orders

    /// @dev Reverts unless new orders may name the group.
    function _checkGroup(uint256 group) internal view {
        IQuorum.Group storage state = _groups[group];
        if (state.threshold == 0) revert IQuorum.QuorumUnknownGroup(uint40(group));
        if (state.flags & GROUP_CLOSED != 0) revert IQuorum.QuorumGroupClosed(uint40(group));
    }

    /// @dev From when on an order of the group is refunded: after expiry and grace; while the group is below its
    /// threshold, LONGEST_WAIT later; once it came back, not before another grace, in which what it could not confirm can
    /// be confirmed, and at most LONGEST_WAIT later. All in seconds.
    function _refundFrom(uint256 group, uint256 expiry, uint256 grace) internal view returns (uint256) {
        IQuorum.Group storage state = _groups[group];
        (uint256 restored, uint256 flags) = (state.restored, state.flags);
        uint256 from = expiry + grace;
        if (flags & GROUP_BELOW != 0) return from + LONGEST_WAIT;
        if (restored == 0) return from;
        return Math.max(from, Math.min(restored + grace, from + LONGEST_WAIT));
    }

    /// @dev How many of the group's members must sign and which of them are retired; reverts unless `members` is the
    /// hash of its list. It looks at no flag: a group that takes no new orders confirms the open ones.
    function _quorumOf(uint40 group, bytes32 members) internal view returns (uint256 threshold, uint256 retired) {
        IQuorum.Group storage state = _groups[group];
        uint168 known;
        (known, threshold, retired) = (state.members, state.threshold, state.retired);
        if (threshold == 0 || known != _cut(members)) revert IQuorum.QuorumUnknownGroup(group);
    }

    /// @dev Whether the group has too few live members to confirm anything.
    function _isBelow(uint256 group) internal view returns (bool) {
        return _groups[group].flags & GROUP_BELOW != 0;
    }

    /// @dev What the group's slot keeps of its members' hash. Another list for a registered one costs 2^168 hashes; two
    /// lists with one value cost 2^84, and RELAYER_ADMIN would have to register or announce one of them.
    function _cut(bytes32 members) internal pure returns (uint168) {
        return uint168(uint256(members));
    }
}
