// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev Test double: a token that anybody mints and that misbehaves towards chosen receivers.
contract MockToken is ERC20 {
    enum Mood {
        Fair,
        Refuses, // reverts
        ReturnsFalse, // moves nothing, returns false
        ReturnsNothing, // moves, returns no data
        ReturnsGarbage, // moves nothing, returns a word that is no bool
        BurnsGas, // spends all it gets
        ReturnsBomb // reverts with as much data as its gas buys
    }

    mapping(address receiver => Mood) private _moods;
    address private _hook;
    bytes private _hookData;

    constructor() ERC20("Mock won", "KRW") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function setMood(address receiver, Mood mood) external {
        _moods[receiver] = mood;
    }

    /// @dev Calls `target` with `data` on every transfer: how a hostile token re-enters. A failed call is no concern.
    function setHook(address target, bytes calldata data) external {
        (_hook, _hookData) = (target, data);
    }

    function decimals() public pure override returns (uint8) {
        return 0;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        Mood mood = _moods[to];
        require(mood != Mood.Refuses, "refused");
        if (mood == Mood.ReturnsFalse) return false;
        if (mood == Mood.BurnsGas) while (true) {}
        if (mood == Mood.ReturnsBomb) revert(string(new bytes(20_000)));
        if (mood == Mood.ReturnsGarbage) _return(abi.encode(2));
        super.transfer(to, amount);
        if (mood == Mood.ReturnsNothing) _return("");
        return true;
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_hook == address(0)) return;
        (bool success, bytes memory result) = _hook.call(_hookData);
        emit HookCalled(success, result);
    }

    event HookCalled(bool success, bytes result);

    /// @dev Returns exactly these bytes, whatever the function's type says.
    function _return(bytes memory data) private pure {
        assembly ("memory-safe") {
            return(add(data, 32), mload(data))
        }
    }
}
