// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A contract whose code goes on at another address
/// @dev One contract holds at most 24,576 bytes (EIP-170). Calls that it does not know run the next one's code on this
/// storage, with this sender. The next address is immutable: nothing is ever upgraded.
abstract contract Continued {
    /// @notice There is no contract at the address where the code goes on: every call there would seem to succeed.
    error ContinuedWithoutCode(address next);

    address internal immutable _next;

    constructor(address next) {
        if (next.code.length == 0) revert ContinuedWithoutCode(next);
        _next = next;
    }

    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback() external {
        address code = _next;
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let success := delegatecall(gas(), code, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(success) {
                revert(data, returndatasize())
            }
            return(data, returndatasize())
        }
    }
}
