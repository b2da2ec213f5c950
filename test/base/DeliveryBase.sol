// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {Booking} from "../../contracts/settlement/Booking.sol";
import {AXIS_END, Claim, claim} from "../../contracts/settlement/Claim.sol";
import {Assignment} from "../../contracts/settlement/IOrderClaims.sol";
import {IDeliveryCounting, SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {Vm} from "../support/Test.sol";
import {hashAmendment} from "./ActionHashes.sol";
import {SettlementBase} from "./SettlementBase.sol";

/// @dev The words for deliveries of orders that were amended or assigned, and for what a delivery logs.
abstract contract DeliveryBase is SettlementBase {
    /// @dev Buyer and supplier put other terms in force, which fund as much.
    function _agreeOn(bytes32 order, OrderTerms memory terms, OrderTerms memory next) internal {
        uint32 seq = escrow.orderOf(order).seq;
        bytes32 amendment = hashAmendment(order, seq, next, _idOf(_delivery(next)), TOTAL, FOREVER);
        vm.prank(buyer);
        escrow.amend(terms, next, seq, _noClaims(), FOREVER, _only(_approval("supplier", amendment)));
    }

    /// @dev The supplier gives the lowest part of an order that was never assigned; the list of claims after it.
    function _give(
        bytes32 order,
        OrderTerms memory terms,
        uint256 amount,
        address to
    ) internal returns (Claim[] memory) {
        uint32 seq = escrow.orderOf(order).seq;
        uint256 end = escrow.orderOf(order).paid + amount;
        Assignment memory assignment = Assignment(0, uint56(amount), type(uint56).max, to, 1, 0);
        vm.prank(terms.supplier);
        escrow.assign(terms, _conditions(terms.clauses), assignment, seq, _noClaims(), FOREVER, _noApprovals());
        return _list(claim(end, to, 1, 1), claim(AXIS_END, terms.supplier, 15, 2));
    }

    function _expectBooked(bytes32 order, DeliveryReport memory report, Booking booking) internal {
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.DeliveryConfirmed(order, booking, report.root);
    }

    function _expectSkipped(bytes32 order, DeliveryReport memory report, SkipReason reason) internal {
        vm.expectEmit(address(escrow));
        emit IDeliveryCounting.ReportSkipped(order, report.progress.line(), reason, report.root);
    }

    /// @dev Value of that many millionths of a unit of the standard line.
    function _worth(uint256 good) internal pure returns (uint256) {
        return (TOTAL * good) / (ORDERED * 1e6);
    }

    /// @dev Transfers of the token since the logs are recorded.
    function _transfers() internal returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == MockToken.Transfer.selector) ++count;
        }
    }
}
