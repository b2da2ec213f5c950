// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a confirmation changed, one word: line 16 | delivered 48 | late 48 | amount 56, from bit 168 down. What
/// was delivered and late is cumulative, the amount (minor units) is what was paid now.
type Booking is uint256;

using {bookedLine, bookedDelivered, bookedLate, bookedAmount} for Booking global;

/// @dev The caller sees to it that nothing is wider than its place.
function book(uint256 line, uint256 delivered, uint256 late, uint256 amount) pure returns (Booking) {
    return Booking.wrap((line << 152) | (delivered << 104) | (late << 56) | amount);
}

function bookedLine(Booking booking) pure returns (uint256) {
    return Booking.unwrap(booking) >> 152;
}

function bookedDelivered(Booking booking) pure returns (uint256) {
    return uint48(Booking.unwrap(booking) >> 104);
}

function bookedLate(Booking booking) pure returns (uint256) {
    return uint48(Booking.unwrap(booking) >> 56);
}

function bookedAmount(Booking booking) pure returns (uint256) {
    return uint56(Booking.unwrap(booking));
}
