// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Certificate, DeliveryReport, Progress} from "../oracle/DeliveryReport.sol";
import {DEVICE_DELIVERY_TYPEHASH, DeviceSignature} from "./Consent.sol";
import {DeliveryCounting} from "./DeliveryCounting.sol";
import {hasDeviceSigned, isDeviceOf} from "./DeviceKeys.sol";
import {Evidence, IEvidencedDelivery, SkipReason} from "./IOrderDelivery.sol";
import {FLAG_ASSIGNED, Order, Status} from "./OrderState.sol";
import {Clauses, DeliveryTerms, OPTION_DEVICES, OPTION_P256, digestTerms} from "./OrderTerms.sol";
import {Payment} from "./Payment.sol";
import {Payouts, newPayouts} from "./Payouts.sol";
import {devicesRoot} from "./Schedule.sol";

/// @title Confirming deliveries of orders that were assigned, or that demand device signatures
/// @dev The manual is IEvidencedDelivery. The order of things is that of OrderDelivery.
abstract contract EvidencedDelivery is IEvidencedDelivery, DeliveryCounting {
    /// @dev An order that a report is about.
    struct Item {
        bytes32 order;
        bool inForce; // the terms given are those of the order
        Clauses clauses;
    }

    /// @inheritdoc IEvidencedDelivery
    function confirmWith(
        Certificate calldata certificate,
        DeliveryTerms[] calldata orders,
        DeliveryReport[] calldata reports,
        Evidence[] calldata evidence
    ) external nonReentrant {
        if (evidence.length != orders.length) revert EvidenceCount(evidence.length, orders.length);
        bytes32 domain = _domainSeparatorV4();
        Item[] memory items = _itemsOf(orders, domain);
        Payouts memory payouts = newPayouts(reports.length);
        bytes32[] memory hashes = new bytes32[](reports.length);
        uint256[] memory signed = new uint256[](orders.length);
        for (uint256 i; i < reports.length; ++i) {
            DeliveryReport calldata report = reports[i];
            uint256 index = report.progress.orderIndex();
            Item memory item = items[index];
            hashes[i] = report.hash(item.order);
            if (item.inForce && item.clauses.has(OPTION_DEVICES)) {
                DeviceSignature[] calldata devices = evidence[index].devices;
                if (signed[index] == devices.length) revert DeviceSignatureCount(item.order, devices.length);
                _checkDevice(item, orders[index].lines, report.progress, devices[signed[index]++], domain);
            }
            payouts.add(orders[index].supplier, _count(item, orders[index].lines, report, certificate.group));
        }
        Payment[][] memory owned = new Payment[][](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            // A cancelled order may have earned less than is held back of it.
            Order storage order = _orders[items[i].order];
            if (!items[i].inForce || order.flags & FLAG_ASSIGNED == 0 || order.status == Status.Closed) continue;
            owned[i] = _advance(items[i].order, orders[i].supplier, items[i].clauses, evidence[i].claims);
        }
        _checkCertificate(certificate, keccak256(abi.encodePacked(hashes)), domain);

        _pushAll(payouts.trimmed());
        for (uint256 i; i < owned.length; ++i) _pushAll(owned[i]);
    }

    function _count(
        Item memory item,
        bytes calldata lines,
        DeliveryReport calldata report,
        uint256 group
    ) private returns (uint256) {
        if (!item.inForce) return _skip(item.order, report, SkipReason.StaleTerms);
        return _deliverSpecial(item.order, item.clauses, lines, report, group, true);
    }

    function _itemsOf(DeliveryTerms[] calldata orders, bytes32 domain) private view returns (Item[] memory items) {
        items = new Item[](orders.length);
        for (uint256 i; i < orders.length; ++i) {
            DeliveryTerms calldata terms = orders[i];
            Clauses clauses = terms.clauses;
            bytes32 digest = digestTerms(domain, terms.supplier, clauses, terms.lines, terms.agreement);
            (bytes32 order, bool inForce) = _find(digest, clauses, terms.lines);
            items[i] = Item(order, inForce, clauses);
        }
    }

    /// @dev Reverts unless a device of the order signed this progress.
    function _checkDevice(
        Item memory item,
        bytes calldata lines,
        Progress progress,
        DeviceSignature calldata device,
        bytes32 domain
    ) private view {
        if (!isDeviceOf(devicesRoot(item.clauses, lines), device)) {
            revert DeviceKeyUnknown(item.order, device.x, device.y);
        }
        bytes32 statement = keccak256(
            abi.encode(DEVICE_DELIVERY_TYPEHASH, item.order, progress.line(), progress.from(), progress.to())
        );
        bytes32 digest = MessageHashUtils.toTypedDataHash(domain, statement);
        if (!hasDeviceSigned(device, digest, item.clauses.has(OPTION_P256))) {
            revert DeviceSignatureInvalid(item.order, progress.line());
        }
    }
}
