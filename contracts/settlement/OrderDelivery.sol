// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Certificate, DeliveryReport, Progress} from "../oracle/DeliveryReport.sol";
import {book} from "./Booking.sol";
import {DeliveryCounting} from "./DeliveryCounting.sol";
import {IOrderDelivery, SkipReason} from "./IOrderDelivery.sol";
import {Line} from "./OrderState.sol";
import {Clauses, DeliveryTerms, OPTION_AMENDED, digestTerms} from "./OrderTerms.sol";
import {OrderWord, loadWord, storeWord} from "./OrderWord.sol";
import {Payment, paymentTo} from "./Payment.sol";
import {lineAt, lineCount} from "./Schedule.sol";

/// @title Confirming deliveries and paying for them
/// @dev The manual is IOrderDelivery. Effects come before the certificate is checked, and both before the first payment:
/// a bad certificate reverts everything, and nothing is called before it.
abstract contract OrderDelivery is IOrderDelivery, DeliveryCounting {
    // ---- confirmation

    /// @inheritdoc IOrderDelivery
    function confirm(
        Certificate calldata certificate,
        DeliveryTerms[] calldata orders,
        DeliveryReport[] calldata reports
    ) external nonReentrant {
        bytes32[] memory hashes = new bytes32[](reports.length);
        Payment[] memory payments = new Payment[](reports.length);
        uint256 count;
        uint256 group = certificate.group;
        bytes32 domain = _domainSeparatorV4();
        Payment payment;
        for (uint256 i; i < reports.length; ++i) {
            DeliveryReport calldata report = reports[i];
            DeliveryTerms calldata terms = orders[report.progress.orderIndex()];
            (address supplier, Clauses clauses, bytes calldata lines) = (terms.supplier, terms.clauses, terms.lines);
            bytes32 id = digestTerms(domain, supplier, clauses, lines, terms.agreement);
            uint256 amount;
            if (clauses.isPlain()) {
                hashes[i] = report.hash(id);
                amount = _deliver(id, clauses, lines, report, group);
            } else {
                bool inForce = true;
                if (clauses.has(OPTION_AMENDED)) (id, inForce) = _find(id, clauses, lines);
                hashes[i] = report.hash(id);
                amount =
                    inForce
                        ? _deliverSpecial(id, clauses, lines, report, group, false)
                        : _skip(id, report, SkipReason.StaleTerms);
            }
            if (amount == 0) continue;
            if (payment.payee() == supplier) {
                payment = payment.plus(amount);
            } else {
                if (payment.amount() != 0) payments[count++] = payment;
                payment = paymentTo(supplier, amount);
            }
        }
        _checkCertificate(certificate, keccak256(abi.encodePacked(hashes)), domain);

        for (uint256 i; i < count; ++i) {
            _push(payments[i].payee(), payments[i].amount());
        }
        if (payment.amount() != 0) _push(payment.payee(), payment.amount());
    }

    // ---- plain orders

    /// @dev Counts one report and returns what it earned, which is paid at once. One that does not fit the state changes
    /// nothing.
    function _deliver(
        bytes32 id,
        Clauses clauses,
        bytes calldata lines,
        DeliveryReport calldata report,
        uint256 group
    ) private returns (uint256 amount) {
        OrderWord word = loadWord(_orders[id]);
        // It is over, was amended or was assigned.
        if (!word.isOpenAndPlain()) return _deliverSpecial(id, clauses, lines, report, group, false);
        Progress progress = report.progress;
        uint256 index = progress.line();
        if (clauses.group() != group) return _skip(id, report, SkipReason.OtherGroup);
        if (index >= lineCount(lines)) return _skip(id, report, SkipReason.UnknownLine);
        if (progress.latest() > clauses.expiry()) return _skip(id, report, SkipReason.AfterExpiry);

        (uint256 delivered, uint256 late) = (word.deliveredOf(), word.lateOf());
        if (index != 0) (delivered, late) = (_lines[id][index].delivered, _lines[id][index].late);
        (uint256 ordered, uint256 total) = lineAt(lines, index);
        if (progress.from() != delivered) return _skip(id, report, SkipReason.StaleFrom);
        if (progress.to() <= delivered || delivered == ordered) return _skip(id, report, SkipReason.NothingNew);

        // Nothing below overflows or is cut off: delivered <= ordered < 2^40, late <= ordered * capDays <= 2^44, and what
        // was earned is at most the order's total, which is below 2^56.
        unchecked {
            uint256 quantity = (progress.to() < ordered ? progress.to() : ordered) - delivered;
            uint256 more = progress.late() > late ? _lateness(progress, late, quantity, clauses.capDays()) : 0;
            amount = (total * (delivered + quantity)) / ordered - (total * delivered) / ordered;
            (delivered, late) = (delivered + quantity, late + more);
            word = word.advancedBy(amount, amount);
            if (index == 0) word = word.deliveredBy(quantity, more);
            else _lines[id][index] = Line(uint48(delivered), uint48(late), 0, 0, 0);
        }
        storeWord(_orders[id], word);
        emit DeliveryConfirmed(id, book(index, delivered, late, amount, amount, 0), report.root);
    }
}
