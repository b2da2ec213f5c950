// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A payment that waits in memory for the end of a batch: payee 160 | amount 96. One order's total is below
/// 2^56, so no batch that fits into a block comes near 2^96.
type Payment is uint256;

using {payee, amount, plus} for Payment global;

function paymentTo(address to, uint256 amount_) pure returns (Payment) {
    return Payment.wrap((uint256(uint160(to)) << 96) | amount_);
}

function payee(Payment payment) pure returns (address) {
    return address(uint160(Payment.unwrap(payment) >> 96));
}

function amount(Payment payment) pure returns (uint256) {
    return uint96(Payment.unwrap(payment));
}

function plus(Payment payment, uint256 more) pure returns (Payment) {
    unchecked {
        return Payment.wrap(Payment.unwrap(payment) + more);
    }
}
