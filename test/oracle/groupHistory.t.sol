// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GROUP_BELOW, GROUP_CLOSED, IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {Vm} from "../support/Test.sol";
import {GroupTest} from "./GroupTest.sol";

/// @dev Random histories of a group beside a model of it: lists, bits and times are the same after every step, a step is
/// refused when the model refuses it, and events alone give the list.
contract GroupHistoryTest is GroupTest {
    uint256 private constant STEPS = 40;
    uint256 private constant ORGANISATIONS = 9; // of five the group has a member to begin with
    uint256 private constant GRACE = 5 days;

    // The model: who is in the list is `list`; a relayer and its second account are of one organisation.
    mapping(address member => bool) private _retired;
    mapping(address member => uint256) private _from;
    uint256 private _restored;
    bool private _below;
    bool private _closed;
    // By organisation; asking for the address of a key each time would take most of the test's time.
    address[] private _accounts;
    address[] private _seconds;

    function setUp() public override {
        super.setUp();
        for (uint256 i = MEMBERS; i < ORGANISATIONS; ++i) _found(i);
        for (uint256 i; i < ORGANISATIONS; ++i) {
            _accounts.push(_relayer(i));
            _seconds.push(_joinSecond(i));
        }
    }

    function testFuzz_AHistory(uint256 seed) external {
        vm.recordLogs();
        address[] memory registered = list;
        for (uint256 i; i < STEPS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            _step(seed % 10, seed >> 64);
            _compare();
        }
        vm.assertEq(_replay(registered), _packed());
    }

    // ---- steps

    function _step(uint256 action, uint256 random) private {
        uint256 index = random % ORGANISATIONS;
        address member = (random >> 32) % 2 == 0 ? _accounts[index] : _seconds[index];
        if (action < 2) return _stepRetire(random % (list.length + 1));
        if (action < 5) return _stepPropose(index, member);
        if (action < 7) return _stepEnact(index, member);
        if (action == 7) return vm.warp(block.timestamp + (random % 8 days));
        if (action == 8) return _stepCancel(member);
        _stepClose();
    }

    function _stepRetire(uint256 index) private {
        bool refused = index == list.length || _retired[list[index]];
        if (_refusedAs(refused, GUARDIAN, abi.encodeCall(IQuorum.retireMember, (group, _packed(), index)))) return;
        _retired[list[index]] = true;
        if (_live() < THRESHOLD) _below = true;
    }

    function _stepPropose(uint256 index, address member) private {
        bytes memory call = abi.encodeCall(IQuorum.proposeMember, (group, _packed(), member));
        if (_refusedAs(!_mayJoin(index, member), RELAYER_ADMIN, call)) return;
        _from[member] = block.timestamp + ADD_DELAY;
    }

    function _stepEnact(uint256 index, address member) private {
        bool refused = _from[member] == 0 || block.timestamp < _from[member] || !_mayJoin(index, member);
        if (_refusedAs(refused, STRANGER, abi.encodeCall(IQuorum.enactMember, (group, _packed(), member)))) return;
        list.push(member);
        _from[member] = 0;
        if (_below && _live() >= THRESHOLD) (_below, _restored) = (false, block.timestamp);
    }

    function _stepCancel(address member) private {
        bytes memory call = abi.encodeCall(IQuorum.cancelMember, (group, member));
        if (_refusedAs(_from[member] == 0, GUARDIAN, call)) return;
        _from[member] = 0;
    }

    function _stepClose() private {
        bytes memory close = abi.encodeCall(IQuorum.closeGroup, (group));
        bytes memory reopen = abi.encodeCall(IQuorum.reopenGroup, (group));
        _refusedAs(false, GUARDIAN, _closed ? reopen : close);
        _closed = !_closed;
    }

    function _refusedAs(bool refused, address caller, bytes memory data) private returns (bool) {
        vm.prank(caller);
        (bool done, ) = address(groups).call(data);
        vm.assertEq(done, !refused);
        return refused;
    }

    // ---- the model's words

    function _live() private view returns (uint256 live) {
        for (uint256 i; i < list.length; ++i) if (!_retired[list[i]]) ++live;
    }

    function _mayJoin(uint256 index, address member) private view returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == member) return false;
            if (!_retired[list[i]] && (list[i] == _accounts[index] || list[i] == _seconds[index])) return false;
        }
        return true;
    }

    function _compare() private view {
        uint256 bits;
        for (uint256 i; i < list.length; ++i) if (_retired[list[i]]) bits |= 1 << i;
        _assertGroup(bits, _restored, (_below ? GROUP_BELOW : 0) | (_closed ? GROUP_CLOSED : 0));
        for (uint256 i; i < ORGANISATIONS; ++i) {
            vm.assertEq(groups.proposalOf(group, _accounts[i]), _from[_accounts[i]]);
            vm.assertEq(groups.proposalOf(group, _seconds[i]), _from[_seconds[i]]);
        }
        uint256 base = NOW + GRACE;
        uint256 from = base;
        if (_below) from = base + 30 days;
        else if (_restored != 0 && _restored + GRACE > base + 30 days) from = base + 30 days;
        else if (_restored + GRACE > base) from = _restored + GRACE;
        vm.assertEq(groups.refundFrom(group, NOW, GRACE), from);
    }

    /// @dev The list from what was registered and what MemberAdded said.
    function _replay(address[] memory registered) private returns (bytes memory members) {
        members = _pack(registered);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IQuorum.MemberAdded.selector) continue;
            members = bytes.concat(members, bytes20(address(uint160(uint256(logs[i].topics[2])))));
            (bytes memory whole, ) = abi.decode(logs[i].data, (bytes, bool));
            vm.assertEq(whole, members);
        }
    }
}
