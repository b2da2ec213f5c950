// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Payment, paymentTo} from "./Payment.sol";

/// @notice Payments that wait in memory; consecutive ones of one payee become one.
struct Payouts {
    Payment[] list;
    uint256 count;
}

using {add, trimmed} for Payouts global;

function newPayouts(uint256 room) pure returns (Payouts memory) {
    return Payouts({list: new Payment[](room), count: 0});
}

function add(Payouts memory self, address payee, uint256 amount) pure {
    if (amount == 0) return;
    uint256 count = self.count;
    if (count != 0 && self.list[count - 1].payee() == payee) {
        self.list[count - 1] = self.list[count - 1].plus(amount);
    } else {
        self.list[count] = paymentTo(payee, amount);
        self.count = count + 1;
    }
}

/// @dev The payments without the room that was not needed.
function trimmed(Payouts memory self) pure returns (Payment[] memory list) {
    list = self.list;
    uint256 count = self.count;
    // solhint-disable-next-line no-inline-assembly
    assembly ("memory-safe") {
        mstore(list, count)
    }
}
