// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ORDER_CREATION_TYPEHASH} from "./Consent.sol";
import {Funding, FundingSource, IOrderOpening} from "./IOrderFunding.sol";
import {OrderCreation} from "./OrderCreation.sol";
import {Clauses, OPTION_DEVICES, OPTION_INSPECTION, OPTION_P256, OrderConditions, OrderTerms} from "./OrderTerms.sol";
import {MILLION, devicesRoot, schedulesOf} from "./Schedule.sol";

/// @title Opening orders of every kind
/// @dev The manual is IOrderOpening.
abstract contract OrderOpening is IOrderOpening, OrderCreation {
    uint256 private constant MAX_RETENTION = 1825 days;

    /// @inheritdoc IOrderOpening
    function openOrder(
        OrderTerms calldata terms,
        OrderConditions calldata conditions,
        Funding calldata funding
    ) external nonReentrant returns (bytes32 order) {
        _checkConditions(terms, conditions);
        _checkOptions(terms.clauses, terms.lines, conditions.inspection);
        _checkRates(terms.clauses, conditions.defaultSplit);
        _checkRetention(terms.clauses);
        _checkArbitration(terms, conditions);
        uint256 total;
        bytes calldata schedules = schedulesOf(terms.clauses, terms.lines);
        (order, total) = _open(terms.buyer, terms.supplier, terms.clauses, terms.conditions, terms.lines, schedules);
        _fund(order, total, terms, funding);
    }

    /// @inheritdoc IOrderOpening
    function p256Supported() external view returns (bool) {
        return _p256;
    }

    /// @dev An authorization binds the terms by its nonce; for every other source the buyer calls or has signed them.
    function _fund(bytes32 order, uint256 total, OrderTerms calldata terms, Funding calldata funding) private {
        (FundingSource source, address buyer) = (funding.source, terms.buyer);
        if (source == FundingSource.Authorization) return _receive(buyer, total, order, funding.token);
        _checkDeadline(funding.deadline);
        bytes32 creation = keccak256(
            abi.encode(
                ORDER_CREATION_TYPEHASH,
                order,
                terms.supplier,
                total,
                terms.clauses.due(),
                terms.clauses.expiry(),
                source,
                funding.deadline
            )
        );
        _requireConsent(buyer, creation, funding.approvals);
        if (source == FundingSource.Balance) return _spend(buyer, total);
        if (source == FundingSource.Permit) _permit(buyer, total, funding.token);
        _take(buyer, total);
    }

    // ---- checks

    function _checkOptions(Clauses clauses, bytes calldata lines, uint256 inspection) private view {
        uint256 options = clauses.options();
        if (clauses.points() != 1 || options & ~(OPTION_INSPECTION | OPTION_DEVICES | OPTION_P256) != 0) {
            revert OrderClauseUnsupported(clauses);
        }
        if (clauses.has(OPTION_INSPECTION) != (inspection != 0)) {
            revert OrderInspectionOption(clauses.has(OPTION_INSPECTION), inspection);
        }
        bool devices = clauses.has(OPTION_DEVICES);
        bytes32 root = devices && lines.length >= 32 ? devicesRoot(clauses, lines) : bytes32(0);
        if (devices ? root == 0 : clauses.has(OPTION_P256)) revert OrderDevices(options, root);
        if (clauses.has(OPTION_P256) && !_p256) revert OrderP256Unsupported();
    }

    function _checkRates(Clauses clauses, uint256 split) private pure {
        (uint256 penalty, uint256 retention) = (clauses.penaltyRate() * clauses.capDays(), clauses.retention());
        if (penalty > MILLION || retention >= MILLION || split > MILLION) revert OrderRates(penalty, retention, split);
    }

    function _checkRetention(Clauses clauses) private pure {
        (uint256 until, uint256 expiry) = (clauses.retentionUntil(), clauses.expiry());
        bool fits = clauses.retention() == 0 ? until == 0 : expiry <= until && until <= expiry + MAX_RETENTION;
        if (!fits) revert OrderRetentionDate(until, expiry);
    }

    function _checkArbitration(OrderTerms calldata terms, OrderConditions calldata conditions) private pure {
        (uint256 inspection, uint256 answer) = (conditions.inspection, conditions.answer);
        uint256 arbitration = conditions.arbitration;
        bool disputable = inspection != 0 || terms.clauses.retention() != 0;
        bool bounded = inspection <= MAX_WINDOW && answer <= MAX_WINDOW && arbitration <= MAX_WINDOW;
        if (!bounded || (disputable && (answer == 0 || arbitration == 0))) {
            revert OrderWindows(inspection, answer, arbitration, terms.clauses.grace());
        }
        address arbiter = conditions.arbiter;
        bool party = arbiter == terms.buyer || arbiter == terms.supplier;
        if (arbiter == address(0) ? disputable : party) revert OrderArbiter(arbiter);
    }
}
