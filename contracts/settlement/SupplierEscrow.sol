// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IOrganisationRegistry} from "../identity/IOrganisationRegistry.sol";
import {Certificate, DeliveryReport, Progress} from "../oracle/DeliveryReport.sol";
import {Quorum} from "../oracle/Quorum.sol";
import {ISupplierEscrow} from "./ISupplierEscrow.sol";
import {book} from "./Booking.sol";
import {POINT_BYTES, lineAt, lineCount} from "./OrderLines.sol";
import {Clauses, DeliveryTerms, OrderTerms, hashAgreement, hashTerms} from "./OrderTerms.sol";
import {Payment, paymentTo} from "./Payment.sol";
import {tryTransfer} from "./TokenPush.sol";

/// @title Escrow of purchase orders in one currency
/// @dev The manual is ISupplierEscrow; where state lives, and where later features find their place, is in
/// docs/decisions/escrow-state.md.
contract SupplierEscrow is ISupplierEscrow, Quorum, EIP712, ReentrancyGuardTransient {
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
        (address buyer, address supplier, bytes32 conditions) = (terms.buyer, terms.supplier, terms.conditions);
        (Clauses clauses, bytes calldata lines) = (terms.clauses, terms.lines);
        if (msg.sender != buyer) revert OrderCallerNotBuyer(msg.sender, buyer);
        _checkClauses(clauses, terms.origin);
        if (supplier == address(0) || supplier == address(this)) revert OrderPayee(supplier);
        uint256 total = _checkLines(lines, clauses.capDays());
        _checkGroup(clauses.group());
        order = _hashTypedDataV4(hashTerms(supplier, clauses, lines, hashAgreement(buyer, conditions, 0)));
        if (_orders[order].status != Status.None) revert OrderExists(order);

        _orders[order].status = Status.Open;
        emit OrderCreated(order, buyer, supplier, clauses, conditions, lines);

        token.safeTransferFrom(buyer, address(this), total);
    }

    // ---- delivery

    /// @inheritdoc ISupplierEscrow
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
            bytes32 id = MessageHashUtils.toTypedDataHash(domain, hashTerms(supplier, clauses, lines, terms.agreement));
            hashes[i] = report.hash(id);
            uint256 amount = _deliver(id, clauses, lines, report, group);
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

    // ---- end

    /// @inheritdoc ISupplierEscrow
    function settle(OrderTerms calldata terms) external nonReentrant {
        bytes32 order = _checkOpen(terms);
        bytes calldata lines = terms.lines;
        for (uint256 i = lineCount(lines); i != 0; --i) {
            (uint256 ordered, ) = lineAt(lines, i - 1);
            (uint256 delivered, ) = _reached(order, _orders[order], i - 1);
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
        (uint256 delivered, uint256 late) = _reached(order, _orders[order], line);
        return _lineOf(delivered, late);
    }

    /// @inheritdoc ISupplierEscrow
    function creditOf(address account) external view returns (uint256) {
        return _credits[account];
    }

    // ---- checks

    /// @dev Reverts unless these may be the clauses of first terms.
    function _checkClauses(Clauses clauses, bytes32 origin) private view {
        bool known = Clauses.unwrap(clauses) & ~SUPPORTED_CLAUSES == 0;
        if (!known || clauses.points() != 1 || origin != 0) revert OrderClauseUnsupported(clauses);
        (uint256 due, uint256 expiry, uint256 grace) = (clauses.due(), clauses.expiry(), clauses.grace());
        if (due < block.timestamp || expiry < due || grace > MAX_GRACE) {
            revert OrderDates(due, expiry, grace, block.timestamp);
        }
    }

    /// @dev The order's total, if its lines are whole and within the bounds that the state's widths rest on.
    function _checkLines(bytes calldata lines, uint256 capDays) private pure returns (uint256 total) {
        uint256 count = lineCount(lines);
        if (count == 0 || count > MAX_LINES || lines.length != count * POINT_BYTES) {
            revert OrderLines(count, lines.length);
        }
        for (uint256 i; i < count; ++i) {
            (uint256 ordered, uint256 money) = lineAt(lines, i);
            if (ordered == 0) revert OrderLines(i, lines.length);
            unchecked {
                // 40 and 14 bits make 54; 4,096 times 56 bits make 68.
                if (ordered * capDays > MAX_UNIT_DAYS) revert OrderLateness(i, ordered * capDays);
                total += money;
            }
        }
        if (total == 0 || total > MAX_TOTAL) revert OrderTotal(total);
    }

    /// @dev The id of an order that is open under these terms.
    function _checkOpen(OrderTerms calldata terms) private view returns (bytes32 order) {
        order = orderId(terms);
        Status status = _orders[order].status;
        if (status != Status.Open) revert OrderNotOpen(order, status);
    }

    // ---- effects

    /// @dev Counts one report and returns what it earned. One that does not fit the state changes nothing.
    function _deliver(
        bytes32 id,
        Clauses clauses,
        bytes calldata lines,
        DeliveryReport calldata report,
        uint256 group
    ) private returns (uint256 amount) {
        Progress progress = report.progress;
        uint256 index = progress.line();
        Order storage order = _orders[id];
        (Status status, uint256 first, uint256 firstLate) = (order.status, order.delivered, order.late);
        if (status != Status.Open) return _skip(id, report, SkipReason.NotOpen);
        if (clauses.group() != group) return _skip(id, report, SkipReason.OtherGroup);
        if (index >= lineCount(lines)) return _skip(id, report, SkipReason.UnknownLine);
        if (progress.latest() > clauses.expiry()) return _skip(id, report, SkipReason.AfterExpiry);

        (uint256 delivered, uint256 late) = (first, firstLate);
        if (index != 0) (delivered, late) = (_lines[id][index].delivered, _lines[id][index].late);
        (uint256 ordered, uint256 total) = lineAt(lines, index);
        if (progress.from() != delivered) return _skip(id, report, SkipReason.StaleFrom);
        if (progress.to() <= delivered || delivered == ordered) return _skip(id, report, SkipReason.NothingNew);

        // Nothing below overflows or is cut off: delivered <= ordered < 2^40, late <= ordered * capDays <= 2^44, and what
        // was earned is at most the order's total, which is below 2^56.
        unchecked {
            uint256 reached = progress.to() < ordered ? progress.to() : ordered;
            if (progress.late() > late) late += _lateness(progress, late, reached - delivered, clauses.capDays());
            amount = (total * reached) / ordered - (total * delivered) / ordered;
            delivered = reached;
        }
        if (index == 0) (first, firstLate) = (delivered, late);
        _store(order, first, firstLate, amount);
        if (index != 0) _lines[id][index] = _lineOf(delivered, late);
        emit DeliveryConfirmed(id, book(index, delivered, late, amount), report.root);
    }

    /// @dev Writes what changes in an order's slot: in a row, so that the slot is written once.
    function _store(Order storage order, uint256 delivered, uint256 late, uint256 amount) private {
        unchecked {
            order.earned += uint56(amount);
            order.paid += uint56(amount);
            order.delivered = uint48(delivered);
            order.late = uint48(late);
        }
    }

    function _skip(bytes32 order, DeliveryReport calldata report, SkipReason reason) private returns (uint256) {
        emit ReportSkipped(order, report.progress.line(), reason, report.root);
        return 0;
    }

    /// @dev Closes an order of which nothing is pending: what was not earned goes back to the buyer.
    function _close(bytes32 order, OrderTerms calldata terms) private {
        uint256 returned = _funded(terms.lines) - _orders[order].paid;
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
        if (tryTransfer(token, payee, amount, PUSH_GAS)) return;

        _credits[payee] += amount;
        emit PaymentCredited(payee, amount);
    }

    // ---- reads

    /// @dev How far a line came: line 0 is in the order's slot, others have their own.
    function _reached(
        bytes32 id,
        Order storage order,
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
        Progress progress,
        uint256 late,
        uint256 quantity,
        uint256 capDays
    ) private pure returns (uint256) {
        uint256 share = Math.ceilDiv((progress.late() - late) * quantity, progress.to() - progress.from());
        return Math.min(share, quantity * capDays);
    }

    /// @dev What the buyer paid in: the sum of the lines' totals, checked when the order was created.
    function _funded(bytes calldata lines) private pure returns (uint256 total) {
        uint256 count = lineCount(lines);
        for (uint256 i; i < count; ++i) {
            (, uint256 money) = lineAt(lines, i);
            unchecked {
                total += money;
            }
        }
    }
}
