// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Test double: a token that anybody mints and whose `transfer` misbehaves towards chosen receivers, down to the
/// bytes that it returns. What it does when it is fair is what an ERC-20 does.
contract MockToken {
    enum Mood {
        Fair,
        Refuses, // reverts
        ReturnsFalse, // moves nothing, returns false
        ReturnsNothing, // moves, returns no data
        ReturnsGarbage, // moves nothing, returns a word that is no bool
        ReturnsShort, // moves nothing, returns one byte
        BurnsGas, // spends all it gets
        RevertsBig // reverts with 20,000 bytes
    }

    event Transfer(address indexed from, address indexed to, uint256 amount);
    event HookCalled(bool success, bytes result);

    error Refused();

    mapping(address account => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;
    mapping(address receiver => Mood) private _moods;
    bool private _gives = true;
    address private _hook;
    bytes private _hookData;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function burn(address from, uint256 amount) external {
        balanceOf[from] -= amount;
        emit Transfer(from, address(0), amount);
    }

    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (!_gives) return false;
        if (allowance[from][msg.sender] != type(uint256).max) allowance[from][msg.sender] -= amount;
        _move(from, to, amount);
        return true;
    }

    function setMood(address receiver, Mood mood) external {
        _moods[receiver] = mood;
    }

    /// @dev Whether `transferFrom` works or returns false.
    function setGives(bool gives) external {
        _gives = gives;
    }

    /// @dev Calls `target` with `data` whenever it moves something: how a hostile token re-enters.
    function setHook(address target, bytes calldata data) external {
        (_hook, _hookData) = (target, data);
    }

    /// @dev `transfer`, with the bytes that it returns in our hands.
    fallback(bytes calldata data) external returns (bytes memory) {
        if (bytes4(data[:4]) != bytes4(keccak256("transfer(address,uint256)"))) revert Refused();
        (address to, uint256 amount) = abi.decode(data[4:], (address, uint256));
        Mood mood = _moods[to];
        if (mood == Mood.Refuses) revert Refused();
        if (mood == Mood.ReturnsFalse) return abi.encode(false);
        if (mood == Mood.ReturnsGarbage) return abi.encode(2);
        if (mood == Mood.ReturnsShort) return hex"01";
        if (mood == Mood.RevertsBig) revert(string(new bytes(20_000)));
        while (mood == Mood.BurnsGas) {}
        _move(msg.sender, to, amount);
        if (mood == Mood.ReturnsNothing) return "";
        return abi.encode(true);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        emit Transfer(from, to, amount);
        if (_hook == address(0)) return;
        (bool success, bytes memory result) = _hook.call(_hookData);
        emit HookCalled(success, result);
    }
}
