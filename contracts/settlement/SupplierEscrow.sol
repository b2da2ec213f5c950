// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {Certificate, DeliveryReport} from "../oracle/DeliveryReport.sol";
import {Quorum} from "../oracle/Quorum.sol";
import {ISupplierEscrow} from "./ISupplierEscrow.sol";
import {Clauses, OrderTerms, POINT_BYTES} from "./OrderTerms.sol";
import {Payment, paymentTo} from "./Payment.sol";

/// @title Escrow of purchase orders in one currency
/// @dev The manual is ISupplierEscrow; where state lives, and where later features find their place, is in
/// docs/decisions/escrow-state.md.
contract SupplierEscrow is ISupplierEscrow, Quorum, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    // ---- constants

    /// @inheritdoc ISupplierEscrow
    uint256 public constant PUSH_GAS = 100_000;

    /// @dev What the push itself needs besides PUSH_GAS: encoding, and the call to an account not yet touched.
    uint256 private constant PUSH_OVERHEAD = 5_000;

    uint256 private constant MAX_GRACE = 90 days;
    uint256 private constant MAX_LINES = 4_096;
    uint256 private constant MAX_TOTAL = type(uint56).max;
    uint256 private constant MAX_UNIT_DAYS = 1 << 44;

    /// @dev Line quantities count in units, what is worth money in millionths of a unit.
    uint256 private constant MILLIONTHS = 1e6;

    /// @dev The clauses that this version knows: due, expiry, grace, capDays and group, and one point a line.
    uint256 private constant SUPPORTED_CLAUSES =
        (uint256(type(uint80).max) << 176) |
            (uint256(0xffffff) << 112) |
            (uint256(0x3fff) << 78) |
            (uint256(type(uint40).max) << 18) |
            (uint256(1) << 10);

    /// @inheritdoc ISupplierEscrow
    IERC20 public immutable token;

    // ---- storage

    mapping(bytes32 order => Order) private _orders;
    mapping(bytes32 order => mapping(uint256 line => Line)) private _lines; // from line 1 on; line 0 is in the order
    mapping(address account => uint256) private _credits;

    constructor(
        IERC20 token_,
        address authority,
        IOrganisationRegistry registry
    ) EIP712("FactoryChain SupplierEscrow", "1") Quorum(authority, registry) {
        token = token_;
    }

    // ---- creation

    /// @inheritdoc ISupplierEscrow
    function createOrder(OrderTerms calldata terms) external nonReentrant returns (bytes32 order) {
        if (msg.sender != terms.buyer) revert OrderCallerNotBuyer(msg.sender, terms.buyer);
        order = _checkTerms(terms);
        uint256 total = _checkLines(terms);
        if (_orders[order].status != Status.None) revert OrderExists(order);

        _orders[order].status = Status.Open;
        emit OrderCreated(order, terms.buyer, terms.supplier, terms.clauses, terms.conditions, terms.lines);

        token.safeTransferFrom(msg.sender, address(this), total);
    }

    // ---- delivery

    /// @inheritdoc ISupplierEscrow
    function confirm(Certificate calldata certificate, Delivery[] calldata deliveries) external nonReentrant {
        bytes32[] memory orders = _checkBatch(certificate, deliveries);

        Payment[] memory payments = new Payment[](deliveries.length);
        uint256 count;
        for (uint256 i; i < deliveries.length; ++i) {
            uint256 amount = _deliver(orders[i], deliveries[i], certificate.group);
            if (amount == 0) continue;
            address payee = deliveries[i].terms.supplier;
            if (count != 0 && payments[count - 1].payee() == payee) {
                payments[count - 1] = payments[count - 1].plus(amount);
            } else {
                payments[count++] = paymentTo(payee, amount);
            }
        }

        for (uint256 i; i < count; ++i) {
            _push(payments[i].payee(), payments[i].amount());
        }
    }

    // ---- end

    /// @inheritdoc ISupplierEscrow
    function settle(OrderTerms calldata terms) external nonReentrant {
        bytes32 order = _checkOpen(terms);
        for (uint256 i = terms.lineCount(); i != 0; --i) {
            (uint256 ordered, ) = terms.lineAt(i - 1);
            (uint256 delivered, ) = _progress(order, _orders[order], i - 1);
            if (delivered != ordered) revert OrderNothingToSettle(order);
        }
        _close(order, terms);
    }

    /// @inheritdoc ISupplierEscrow
    function refund(OrderTerms calldata terms) external nonReentrant {
        bytes32 order = _checkOpen(terms);
        uint256 from = terms.clauses.expiry() + terms.clauses.grace();
        if (block.timestamp < from) revert OrderRefundTooEarly(block.timestamp, from);
        _close(order, terms);
    }

    /// @inheritdoc ISupplierEscrow
    function withdraw(uint256 amount, address to) external nonReentrant {
        uint256 credit = _credits[msg.sender];
        if (amount == 0 || amount > credit) revert CreditTooSmall(credit, amount);
        if (to == address(0) || to == address(this)) revert CreditReceiver(to);

        _credits[msg.sender] = credit - amount;
        emit CreditWithdrawn(msg.sender, to, amount);

        token.safeTransfer(to, amount);
    }

    // ---- views

    /// @inheritdoc ISupplierEscrow
    function orderId(OrderTerms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(terms.hash());
    }

    /// @inheritdoc ISupplierEscrow
    function orderOf(bytes32 order) external view returns (Order memory) {
        return _orders[order];
    }

    /// @inheritdoc ISupplierEscrow
    function lineOf(bytes32 order, uint16 line) external view returns (Line memory) {
        (uint256 delivered, uint256 late) = _progress(order, _orders[order], line);
        return _lineOf(delivered, late);
    }

    /// @inheritdoc ISupplierEscrow
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    // ---- checks

    /// @dev The order's id, if dates, payee, clauses and group may open an order.
    function _checkTerms(OrderTerms calldata terms) private view returns (bytes32) {
        Clauses clauses = terms.clauses;
        if (Clauses.unwrap(clauses) & ~SUPPORTED_CLAUSES != 0 || clauses.points() != 1 || terms.origin != bytes32(0)) {
            revert OrderClauseUnsupported(clauses, terms.origin);
        }
        (uint256 due, uint256 expiry, uint256 grace) = (clauses.due(), clauses.expiry(), clauses.grace());
        if (due < block.timestamp || expiry < due || grace > MAX_GRACE) {
            revert OrderDates(due, expiry, grace, block.timestamp);
        }
        if (terms.supplier == address(0) || terms.supplier == address(this)) revert OrderPayee(terms.supplier);
        _checkGroup(clauses.group());
        return orderId(terms);
    }

    /// @dev The order's total, if its lines are whole and within the bounds that the state's widths rest on.
    function _checkLines(OrderTerms calldata terms) private pure returns (uint256 total) {
        uint256 count = terms.lineCount();
        uint256 capDays = terms.clauses.capDays();
        if (count == 0 || count > MAX_LINES || terms.lines.length != count * POINT_BYTES) {
            revert OrderLines(count, terms.lines.length);
        }
        for (uint256 i; i < count; ++i) {
            (uint256 ordered, uint256 money) = terms.lineAt(i);
            if (ordered == 0) revert OrderLines(i, terms.lines.length);
            if (ordered * capDays > MAX_UNIT_DAYS) revert OrderLateness(i, ordered * capDays);
            total += money;
        }
        if (total == 0 || total > MAX_TOTAL) revert OrderTotal(total);
    }

    /// @dev The ids of the orders, if a quorum signed exactly these reports about them.
    function _checkBatch(
        Certificate calldata certificate,
        Delivery[] calldata deliveries
    ) private view returns (bytes32[] memory orders) {
        orders = new bytes32[](deliveries.length);
        bytes32[] memory reports = new bytes32[](deliveries.length);
        for (uint256 i; i < deliveries.length; ++i) {
            orders[i] = orderId(deliveries[i].terms);
            reports[i] = deliveries[i].report.hash(orders[i]);
        }
        _checkCertificate(certificate, keccak256(abi.encodePacked(reports)));
    }

    /// @dev The id of an order that is open under these terms.
    function _checkOpen(OrderTerms calldata terms) private view returns (bytes32 order) {
        order = orderId(terms);
        Status status = _orders[order].status;
        if (status != Status.Open) revert OrderNotOpen(order, status);
    }

    // ---- effects

    /// @dev Counts one report and returns what it earned. One that does not fit the state changes nothing.
    function _deliver(bytes32 id, Delivery calldata delivery, uint256 group) private returns (uint256 amount) {
        DeliveryReport calldata report = delivery.report;
        Order memory order = _orders[id];
        SkipReason reason = _checkReport(order, delivery, group);
        if (reason != SkipReason.None) return _skip(id, report, reason);

        (uint256 ordered, uint256 total) = delivery.terms.lineAt(report.line);
        (uint256 delivered, uint256 late) = _progress(id, order, report.line);
        if (report.from != delivered) return _skip(id, report, SkipReason.StaleFrom);
        if (report.to <= delivered || delivered == ordered) return _skip(id, report, SkipReason.NothingNew);

        uint256 quantity = Math.min(report.to, ordered) - delivered;
        late += _lateness(report, late, quantity, delivery.terms.clauses.capDays());
        amount = _value(total, delivered + quantity, ordered) - _value(total, delivered, ordered);
        delivered += quantity;

        // Nothing below is cut off: delivered <= ordered < 2^40, late <= ordered * capDays <= 2^44, and what was earned
        // is at most the order's total, which is below 2^56.
        order.earned += uint56(amount);
        order.paid += uint56(amount);
        if (report.line == 0) {
            order.delivered = uint48(delivered);
            order.late = uint48(late);
        } else {
            _lines[id][report.line] = _lineOf(delivered, late);
        }
        _orders[id] = order;
        emit DeliveryConfirmed(id, report.line, uint48(delivered), uint48(late), uint56(amount), report.root);
    }

    function _skip(bytes32 order, DeliveryReport calldata report, SkipReason reason) private returns (uint256) {
        emit ReportSkipped(order, report.line, reason, report.root);
        return 0;
    }

    /// @dev Closes an order of which nothing is pending: what was not earned goes back to the buyer.
    function _close(bytes32 order, OrderTerms calldata terms) private {
        uint256 returned = _funded(terms) - _orders[order].paid;
        _orders[order].status = Status.Closed;
        emit OrderClosed(order, returned);
        if (returned != 0) _push(terms.buyer, returned);
    }

    // ---- interactions

    /// @dev Pays, or credits what the token refuses to move. Whoever sends the transaction cannot make a push fail by
    /// sending little gas, and no payee can make it cost more than PUSH_GAS.
    function _push(address payee, uint256 amount) private {
        uint256 needed = (PUSH_GAS * 64) / 63 + PUSH_OVERHEAD;
        if (gasleft() < needed) revert PushGas(gasleft(), needed);
        (bool success, bytes memory result) = address(token).call{gas: PUSH_GAS}(
            abi.encodeCall(IERC20.transfer, (payee, amount))
        );
        if (success && (result.length == 0 || (result.length >= 32 && abi.decode(result, (uint256)) == 1))) return;

        _credits[payee] += amount;
        emit PaymentCredited(payee, amount);
    }

    // ---- reads

    /// @dev Why a report cannot count whatever its line's state is.
    function _checkReport(
        Order memory order,
        Delivery calldata delivery,
        uint256 group
    ) private pure returns (SkipReason) {
        if (order.status != Status.Open) return SkipReason.NotOpen;
        if (delivery.terms.clauses.group() != group) return SkipReason.OtherGroup;
        if (delivery.report.line >= delivery.terms.lineCount()) return SkipReason.UnknownLine;
        if (delivery.report.latest > delivery.terms.clauses.expiry()) return SkipReason.AfterExpiry;
        return SkipReason.None;
    }

    /// @dev How far a line came: line 0 is in the order's slot, others have their own.
    function _progress(
        bytes32 id,
        Order memory order,
        uint256 line
    ) private view returns (uint256 delivered, uint256 late) {
        if (line == 0) return (order.delivered, order.late);
        Line storage slot = _lines[id][line];
        return (slot.delivered, slot.late);
    }

    /// @dev A line's slot without inspection or penalty: everything delivered is accepted and worth its price.
    function _lineOf(uint256 delivered, uint256 late) private pure returns (Line memory) {
        return
            Line({
                delivered: uint48(delivered),
                late: uint48(late),
                rejected: 0,
                decided: uint48(delivered),
                good: uint64(delivered * MILLIONTHS)
            });
    }

    /// @dev Late unit-days that count now: those of what finds room, in proportion and rounded up, each unit at most
    /// `capDays`.
    function _lateness(
        DeliveryReport calldata report,
        uint256 late,
        uint256 quantity,
        uint256 capDays
    ) private pure returns (uint256) {
        if (report.late <= late) return 0;
        uint256 share = Math.ceilDiv((report.late - late) * quantity, report.to - report.from);
        return Math.min(share, quantity * capDays);
    }

    /// @dev What a line is worth: one floor over everything delivered, so it does not matter in how many parts it came.
    function _value(uint256 total, uint256 delivered, uint256 ordered) private pure returns (uint256) {
        return (total * delivered) / ordered;
    }

    /// @dev What the buyer paid in: the sum of the lines' totals.
    function _funded(OrderTerms calldata terms) private pure returns (uint256 total) {
        for (uint256 i = terms.lineCount(); i != 0; --i) {
            (, uint256 money) = terms.lineAt(i - 1);
            total += money;
        }
    }
}
