// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {OrganisationKinds} from "../../contracts/identity/OrganisationKinds.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Model} from "./Model.sol";
import {Ring} from "./Scene.sol";

/// @dev Relayer groups change: members come after their delay and go at once, groups are closed and opened again, and the
/// authority closes the escrow to every role.
abstract contract Grouping is Model {
    uint256 private _newcomers;
    bool private _paused;

    function changeGroup(uint256 seed) external action(seed) {
        Ring storage ring = rings[_pick(RINGS)];
        uint256 way = _pick(7);
        if (_paused && _chance(2)) _pause(false);
        else if (way == 0) _propose(ring);
        else if (way == 1) _enact(ring);
        else if (way == 2 || way == 6) _cancelMember(ring);
        else if (way == 3) _retire(ring);
        else if (way == 4) _closeOrReopen(ring);
        else _pause(!_paused);
    }

    /// @dev Waits for an announced member, who joins.
    function enact(uint256 seed) external action(seed) {
        Ring storage ring = rings[_pick(RINGS)];
        if (ring.candidate != address(0) && block.timestamp < ring.from && _chance(4)) vm.warp(ring.from);
        _enact(ring);
    }

    /// @dev Closes or opens the escrow to all roles; it stops no action of any other handler.
    function _pause(bool paused) private {
        manager.setTargetClosed(address(escrow), paused);
        _paused = paused;
        ++calls;
    }

    function _propose(Ring storage ring) private {
        string memory name = "newcomer";
        address member = vm.addr(_key(name, ++_newcomers));
        keys[member] = _key(name, _newcomers);
        everyone.push(member);
        registry.register(OrganisationKinds.RELAYER_OPERATOR, bytes32(0), member);
        bytes memory data = abi.encodeCall(IQuorum.proposeMember, (ring.id, ring.members, member));
        if (_isRefused(data)) return;
        _must(address(this), data);
        (ring.candidate, ring.from) = (member, block.timestamp + 7 days);
    }

    function _enact(Ring storage ring) private {
        if (ring.candidate == address(0)) return;
        bytes memory data = abi.encodeCall(IQuorum.enactMember, (ring.id, ring.members, ring.candidate));
        if (block.timestamp < ring.from) {
            _mustNot("26: joined too early", outsider, data, IQuorum.QuorumTooEarly.selector);
            return;
        }
        _must(outsider, data);
        ring.members = bytes.concat(ring.members, bytes20(ring.candidate));
        if (ring.below && _live(ring) >= ring.threshold) (ring.below, ring.restored) = (false, block.timestamp);
        ring.candidate = address(0);
    }

    function _cancelMember(Ring storage ring) private {
        if (ring.candidate == address(0)) return;
        bytes memory data = abi.encodeCall(IQuorum.cancelMember, (ring.id, ring.candidate));
        if (_isRefused(data)) return;
        _must(address(this), data);
        ring.candidate = address(0);
    }

    /// @dev By the guardian, or by the member itself, whom no pause hinders.
    function _retire(Ring storage ring) private {
        if (_live(ring) < ring.threshold && !_chance(4)) return;
        uint256 index = _pick(ring.members.length / 20);
        bytes memory data = abi.encodeCall(IQuorum.retireMember, (ring.id, ring.members, index));
        address member = _memberAt(ring.members, index);
        if ((ring.retired >> index) & 1 == 1) {
            _mustNot("26: retired twice", member, data, IQuorum.QuorumMemberRetired.selector);
            return;
        }
        if (!_paused)
            _mustNot("24: an outsider retires", outsider, data, IAccessManaged.AccessManagedUnauthorized.selector);
        _must(_paused || _chance(2) ? member : address(this), data);
        ring.retired |= 1 << index;
        if (_live(ring) < ring.threshold) ring.below = true;
    }

    function _closeOrReopen(Ring storage ring) private {
        bytes memory data =
            ring.closed
                ? abi.encodeCall(IQuorum.reopenGroup, (ring.id))
                : abi.encodeCall(IQuorum.closeGroup, (ring.id));
        if (_isRefused(data)) return;
        _must(address(this), data);
        ring.closed = !ring.closed;
    }

    /// @dev While the escrow is closed to roles, none acts; and an outsider never does.
    function _isRefused(bytes memory data) private returns (bool) {
        bytes4 refused = IAccessManaged.AccessManagedUnauthorized.selector;
        _mustNot("24: an outsider in a role", outsider, data, refused);
        if (_paused) _mustNot("21: a role acts in a pause", address(this), data, refused);
        return _paused;
    }
}
