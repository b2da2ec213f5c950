// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {SkipReason} from "../../contracts/settlement/IOrderDelivery.sol";
import {OPTION_INSPECTION, OrderConditions, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {hashConditionsAgain} from "../base/ActionHashes.sol";
import {DeliveryBase} from "../base/DeliveryBase.sol";

/// @dev A buyer rejects everything, and the supplier replaces it every time: a line's counters have 48 bits.
contract ReplacementsTest is DeliveryBase {
    uint256 private constant MOST = type(uint48).max - (1 << 44); // what can ever be delivered of a line

    OrderTerms private terms;
    OrderConditions private conditions;
    bytes32 private order;
    uint32 private lot;

    function test_WhenQuantitiesWouldPass48Bits() external {
        uint256 ordered = type(uint40).max;
        _begin(0, ordered);
        uint256 delivered;
        for (; delivered + ordered <= MOST; delivered += ordered) {
            _deliverAndReject(delivered, delivered + ordered, delivered + ordered, 0);
        }
        _deliverAndReject(delivered, delivered + ordered, MOST, 0); // what finds room
        vm.assertEq(escrow.lineOf(terms, 0).rejected, MOST);
        _expectNothingNew(_at(MOST, MOST + 1, 0));
    }

    function test_WhenLatenessFills48Bits() external {
        (uint256 ordered, uint256 capDays) = (1 << 39, 1 << 5); // the most unit-days that an order may have, 2^44
        _begin(_penalty(1, capDays), ordered);
        for (uint256 i; i < 15; ++i) {
            _deliverAndReject(i * ordered, (i + 1) * ordered, (i + 1) * ordered, ((i + 1) * ordered) * capDays);
        }
        _deliverAndReject(15 * ordered, 16 * ordered, 16 * ordered, type(uint48).max);
        _deliverAndReject(16 * ordered, 17 * ordered, 17 * ordered, type(uint48).max);
        vm.assertEq(escrow.lineOf(terms, 0).late, type(uint48).max);
    }

    // ---- words

    function _begin(uint256 bits, uint256 ordered) private {
        terms = _specialTerms(bits | OPTION_INSPECTION, _line(ordered, TOTAL));
        conditions = _conditions(terms.clauses);
        conditions.answer = 1;
        terms.conditions = hashConditionsAgain(conditions);
        order = _open(terms, conditions);
    }

    /// @dev The events are of the first day, whenever the report comes.
    function _at(uint256 from, uint256 to, uint256 late) private pure returns (DeliveryReport memory) {
        return _reportOf(0, 0, from, to, late, START);
    }

    /// @dev The buyer rejects all that counts, up to `counted`, and nobody disputes it.
    function _deliverAndReject(uint256 from, uint256 to, uint256 counted, uint256 late) private {
        _confirm(terms, _at(from, to, late));
        vm.assertEq(escrow.lineOf(terms, 0).delivered, counted);
        vm.prank(buyer);
        escrow.inspect(terms, conditions, lot, uint56(counted - from), EVIDENCE, _noClaims(), FOREVER, _noApprovals());
        vm.warp(block.timestamp + 1);
        escrow.resolve(terms, conditions, lot++, _noClaims());
    }

    function _expectNothingNew(DeliveryReport memory report) private {
        _expectSkipped(order, report, SkipReason.NothingNew);
        _confirm(terms, report);
    }
}
