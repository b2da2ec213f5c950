// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a confirmation changed, one word: earned 56 | lot 32 | line 16 | delivered 48 | late 48 | paid 56, from the
/// most significant bit. What was delivered and late is cumulative; earned and paid (minor units) are what was added now.
/// Lot is the number of the lot that was opened plus one; zero: accepted at once.
type Booking is uint256;

using {bookedEarned, bookedLot, bookedLine, bookedDelivered, bookedLate, bookedPaid} for Booking global;

/// @dev The caller sees to it that nothing is wider than its place.
function book(
    uint256 line,
    uint256 delivered,
    uint256 late,
    uint256 earned,
    uint256 paid,
    uint256 lot
) pure returns (Booking) {
    return Booking.wrap((earned << 200) | (lot << 168) | (line << 152) | (delivered << 104) | (late << 56) | paid);
}

function bookedEarned(Booking booking) pure returns (uint256) {
    return Booking.unwrap(booking) >> 200;
}

function bookedLot(Booking booking) pure returns (uint256) {
    return uint32(Booking.unwrap(booking) >> 168);
}

function bookedLine(Booking booking) pure returns (uint256) {
    return uint16(Booking.unwrap(booking) >> 152);
}

function bookedDelivered(Booking booking) pure returns (uint256) {
    return uint48(Booking.unwrap(booking) >> 104);
}

function bookedLate(Booking booking) pure returns (uint256) {
    return uint48(Booking.unwrap(booking) >> 56);
}

function bookedPaid(Booking booking) pure returns (uint256) {
    return uint56(Booking.unwrap(booking));
}
