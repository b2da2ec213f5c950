// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Booking, book} from "../../contracts/settlement/Booking.sol";
import {Test} from "../support/Test.sol";

contract BookingTest is Test {
    function testFuzz_EveryPartIsReadWhereItLies(
        uint16 line,
        uint48 delivered,
        uint48 late,
        uint56 earned,
        uint56 paid,
        uint32 lot
    ) external pure {
        Booking booking = book(line, delivered, late, earned, paid, lot);
        vm.assertEq(booking.bookedLine(), line, "line");
        vm.assertEq(booking.bookedDelivered(), delivered, "delivered");
        vm.assertEq(booking.bookedLate(), late, "late");
        vm.assertEq(booking.bookedEarned(), earned, "earned");
        vm.assertEq(booking.bookedPaid(), paid, "paid");
        vm.assertEq(booking.bookedLot(), lot, "lot");
    }
}
