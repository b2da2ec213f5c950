// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The cheatcodes that our Solidity tests use
/// @notice Hardhat's test runner answers them at a fixed address. The npm package of forge-std is incomplete, so the
/// few lines that we need of it are here: `Vm` is the interface, `Test` the base of every test.
interface Vm {
    /// @notice A log as getRecordedLogs returns it.
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    // The chain.
    function warp(uint256 timestamp) external;
    function roll(uint256 number) external;
    function chainId(uint256 id) external;
    function load(address account, bytes32 slot) external view returns (bytes32);
    function store(address account, bytes32 slot, bytes32 value) external;
    function etch(address account, bytes calldata code) external;
    function deal(address account, uint256 balance) external;

    // Who calls.
    function prank(address caller) external;
    function startPrank(address caller) external;
    function stopPrank() external;

    // What the next call does.
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data, address emitter) external;
    function expectCall(address callee, bytes calldata data) external;
    function expectCall(address callee, bytes calldata data, uint64 count) external;
    function mockCall(address callee, bytes calldata data, bytes calldata returned) external;
    function mockCallRevert(address callee, bytes calldata data, bytes calldata revertData) external;
    function clearMockedCalls() external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);

    // Keys.
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function signP256(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
    function publicKeyP256(uint256 privateKey) external pure returns (uint256 x, uint256 y);

    // Fuzzing.
    function assume(bool condition) external pure;
    function label(address account, string calldata name) external;

    // Artifacts.
    function getCode(string calldata artifact) external view returns (bytes memory creationCode);

    // Text.
    function toString(bytes calldata value) external pure returns (string memory);

    // Assertions.
    function assertTrue(bool condition) external pure;
    function assertTrue(bool condition, string calldata message) external pure;
    function assertFalse(bool condition) external pure;
    function assertFalse(bool condition, string calldata message) external pure;
    function assertEq(bool left, bool right) external pure;
    function assertEq(bool left, bool right, string calldata message) external pure;
    function assertEq(uint256 left, uint256 right) external pure;
    function assertEq(uint256 left, uint256 right, string calldata message) external pure;
    function assertEq(address left, address right) external pure;
    function assertEq(address left, address right, string calldata message) external pure;
    function assertEq(bytes32 left, bytes32 right) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata message) external pure;
    function assertEq(bytes calldata left, bytes calldata right) external pure;
    function assertEq(string calldata left, string calldata right) external pure;
    function assertNotEq(uint256 left, uint256 right) external pure;
    function assertNotEq(bytes32 left, bytes32 right) external pure;
    function assertLt(uint256 left, uint256 right) external pure;
    function assertLe(uint256 left, uint256 right) external pure;
    function assertLe(uint256 left, uint256 right, string calldata message) external pure;
    function assertGt(uint256 left, uint256 right) external pure;
    function assertGe(uint256 left, uint256 right) external pure;
    function assertGe(uint256 left, uint256 right, string calldata message) external pure;
}

/// @title Base of every Solidity test
/// @notice Assertions are cheatcodes: `vm.assertEq(left, right)`.
abstract contract Test {
    /// @notice The functions of a contract that an invariant run calls.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    // The address at which the runner answers: the low bits of keccak256("hevm cheat code").
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    bool public constant IS_TEST = true;

    address[] private _targets;
    FuzzSelector[] private _selectors;

    /// @notice What an invariant run calls; empty: everything that setUp deployed.
    function targetContracts() public view returns (address[] memory) {
        return _targets;
    }

    /// @notice The functions that an invariant run calls; empty: all of the targets'.
    function targetSelectors() public view returns (FuzzSelector[] memory) {
        return _selectors;
    }

    function targetContract(address target) internal {
        _targets.push(target);
    }

    function targetSelector(FuzzSelector memory selector) internal {
        _selectors.push(selector);
    }

    /// @dev `value` when it lies between `min` and `max`, else a number between them that depends on it.
    function bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        require(min <= max, "bound: min above max");
        if (value >= min && value <= max) return value;
        uint256 size = max - min + 1; // zero when the range is all of uint256, but then every value lies within
        return min + (value % size);
    }
}
