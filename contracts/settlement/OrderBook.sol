// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {GroupBook} from "../oracle/GroupBook.sol";
import {Claim, hashClaims, hashGiven} from "./Claim.sol";
import {Approval} from "./Consent.sol";
import {chainHasP256} from "./DeviceKeys.sol";
import {IOrderBook} from "./IOrderBook.sol";
import {
    CALL,
    ClaimList,
    FLAG_AMENDED,
    FLAG_ASSIGNED,
    FLAG_CALLING,
    FLAG_MONEY,
    Line,
    Lot,
    Money,
    Order,
    Status
} from "./OrderState.sol";
import {Clauses, OPTION_AMENDED, OPTION_INSPECTION, OrderConditions, OrderTerms} from "./OrderTerms.sol";
import {Payment, paymentTo} from "./Payment.sol";
import {MILLION, fundedBy, lineAt, lineCount, schedulesOf} from "./Schedule.sol";
import {tryTransfer} from "./TokenPush.sol";

/// @title State of all orders, and the rules that every operation shares
/// @dev SupplierEscrow and OrderActions, which runs on SupplierEscrow's storage, both begin with this contract: all state
/// of orders is here and in GroupBook, so their layouts are the same. A test compares them.
abstract contract OrderBook is IOrderBook, GroupBook, EIP712, Nonces, ReentrancyGuardTransient {
    // ---- constants

    uint256 internal constant PUSH_GAS_LIMIT = 100_000;

    /// @dev What the push itself needs besides PUSH_GAS: encoding, and the call to an account not yet touched.
    uint256 private constant PUSH_OVERHEAD = 5_000;

    /// @dev Longest grace, inspection, answer and arbitration.
    uint256 internal constant MAX_WINDOW = 90 days;

    IERC20 internal immutable _token;

    /// @dev Whether this chain verified P-256 signatures when this contract was deployed.
    bool internal immutable _p256;

    // ---- storage

    mapping(bytes32 order => Order) internal _orders;
    mapping(bytes32 order => mapping(uint256 line => Line)) internal _lines;
    mapping(address account => uint256) internal _credits;
    mapping(bytes32 order => mapping(uint256 lot => Lot)) internal _lots;
    mapping(bytes32 order => Money) internal _money;
    mapping(bytes32 order => ClaimList) internal _claimLists;
    mapping(bytes32 order => bytes32 digest) internal _amendedTerms;

    constructor(IERC20 token_, address authority) GroupBook(authority) EIP712("FactoryChain SupplierEscrow", "1") {
        _token = token_;
        _p256 = chainHasP256();
    }

    // ---- which order, which terms

    /// @dev The order that terms belong to, and whether they are in force. Terms that were never an order's are those of
    /// an order with status None.
    function _find(bytes32 digest, Clauses clauses, bytes calldata lines) internal view returns (bytes32, bool) {
        if (!clauses.has(OPTION_AMENDED)) return (digest, _orders[digest].flags & FLAG_AMENDED == 0);
        bytes32 order = lines.length < 32 ? bytes32(0) : bytes32(lines[:32]);
        return (order, _amendedTerms[order] == digest);
    }

    /// @dev The order whose terms are these.
    function _orderOf(OrderTerms calldata terms) internal view returns (bytes32) {
        bytes32 digest = terms.digest(_domainSeparatorV4());
        (bytes32 order, bool inForce) = _find(digest, terms.clauses, terms.lines);
        if (!inForce) revert OrderTermsStale(digest);
        return order;
    }

    /// @dev The same, of an order that is open or ended.
    function _liveOrder(OrderTerms calldata terms) internal view returns (bytes32 order) {
        order = _orderOf(terms);
        Status status = _orders[order].status;
        if (status != Status.Open && status != Status.Ended) revert OrderNotOpen(order, status);
    }

    function _checkConditions(OrderTerms calldata terms, OrderConditions calldata conditions) internal pure {
        bytes32 given = conditions.hashConditions();
        if (given != terms.conditions) revert OrderConditionsOther(given, terms.conditions);
    }

    // ---- consent

    function _checkDeadline(uint40 deadline) internal view {
        if (block.timestamp > deadline) revert DeadlineOver(deadline, block.timestamp);
    }

    /// @dev Reverts unless a party sends this transaction or signed the struct of this hash.
    function _requireConsent(address party, bytes32 structHash, Approval[] calldata approvals) internal view {
        if (msg.sender == party) return;
        bytes32 digest = _hashTypedDataV4(structHash);
        for (uint256 i; i < approvals.length; ++i) {
            Approval calldata approval = approvals[i];
            if (approval.account != party) continue;
            if (SignatureChecker.isValidSignatureNowCalldata(party, digest, approval.signature)) return;
        }
        revert ConsentMissing(party);
    }

    // ---- what is owed

    /// @dev How far a line came. Without inspection all that is delivered is accepted, so the rest follows.
    function _lineState(bytes32 id, Clauses clauses, uint256 index) internal view returns (Line memory line) {
        if (clauses.has(OPTION_INSPECTION)) return _lines[id][index];
        if (index == 0) {
            (line.delivered, line.late) = (_orders[id].delivered, _orders[id].late);
        } else {
            (line.delivered, line.late) = (_lines[id][index].delivered, _lines[id][index].late);
        }
        line.decided = line.delivered;
        line.good = uint64(line.delivered * MILLION - line.late * clauses.penaltyRate());
    }

    /// @dev The largest of: the retention before its date, the open call on it, what was forfeited.
    function _heldBack(bytes32 id, Order memory order, Clauses clauses) internal view returns (uint256) {
        return _heldBack(id, order.flags, order.earned, clauses);
    }

    /// @dev The same of an order that is not in memory.
    function _heldBack(
        bytes32 id,
        uint256 flags,
        uint256 earned,
        Clauses clauses
    ) internal view returns (uint256 held) {
        unchecked {
            // Below 2^56 * 2^20, and no sum with MILLION overflows.
            if (block.timestamp < clauses.retentionUntil()) {
                held = (earned * clauses.retention() + MILLION - 1) / MILLION;
            }
        }
        if (flags & (FLAG_MONEY | FLAG_CALLING) == 0) return held;
        if (flags & FLAG_MONEY != 0) held = Math.max(held, _money[id].forfeited);
        if (flags & FLAG_CALLING != 0) held = Math.max(held, _lots[id][CALL].quantity);
    }

    /// @dev What goes back to the buyer if the order closed now.
    function _unpaid(bytes32 id, Order memory order, OrderTerms calldata terms) internal view returns (uint256) {
        uint256 funded = fundedBy(schedulesOf(terms.clauses, terms.lines), terms.clauses.points());
        uint256 refunded = order.flags & FLAG_MONEY == 0 ? 0 : _money[id].refunded;
        return funded - order.paid - refunded;
    }

    /// @dev Whether nothing is under inspection and nothing more can be delivered. No line goes through memory, which
    /// would grow with each of them until closing a long order fits into no transaction.
    function _isFinished(
        bytes32 id,
        Status status,
        Clauses clauses,
        bytes calldata lines
    ) internal view returns (bool) {
        bytes calldata schedules = schedulesOf(clauses, lines);
        uint256 points = clauses.points();
        bool inspected = clauses.has(OPTION_INSPECTION);
        mapping(uint256 => Line) storage all = _lines[id];
        for (uint256 i = lineCount(schedules, points); i != 0; --i) {
            Line storage line = all[i - 1];
            uint256 delivered = i == 1 && !inspected ? _orders[id].delivered : line.delivered;
            if (inspected && delivered != line.decided) return false;
            (uint256 ordered, ) = lineAt(schedules, points, i - 1);
            if (status == Status.Open && delivered < ordered + line.rejected) return false;
        }
        return true;
    }

    // ---- effects

    /// @dev Books what is payable by now as paid, and returns to whom it goes.
    function _advance(
        bytes32 id,
        address supplier,
        Clauses clauses,
        Claim[] calldata claims
    ) internal returns (Payment[] memory) {
        Order memory order = _orders[id];
        return _advanceTo(id, order, order.earned - _heldBack(id, order, clauses), supplier, claims);
    }

    /// @dev Books everything up to a place on the axis as paid, and returns to whom it goes: to the supplier, or to the
    /// owners of that part. With a stale list of an assigned order nothing changes.
    function _advanceTo(
        bytes32 id,
        Order memory order,
        uint256 target,
        address supplier,
        Claim[] calldata claims
    ) internal returns (Payment[] memory payments) {
        if (target <= order.paid) return payments;
        if (order.flags & FLAG_ASSIGNED == 0) {
            payments = new Payment[](1);
            payments[0] = paymentTo(supplier, target - order.paid);
        } else {
            if (hashGiven(claims) != _claimLists[id].hash) return payments;
            payments = _payOwners(id, order.paid, target, claims);
        }
        _orders[id].paid = uint56(target);
        emit OrderPaid(id, payments);
    }

    /// @dev Who owns the part of the axis between two places, from below. What is paid leaves the list, and its places for
    /// splits return to the supplier's remainder.
    function _payOwners(
        bytes32 id,
        uint256 from,
        uint256 to,
        Claim[] calldata claims
    ) private returns (Payment[] memory payments) {
        payments = new Payment[](claims.length);
        uint256 paid; // claims of which nothing is left
        uint256 count;
        uint256 slots;
        // Neither the list nor a place on the axis overflows: at most 16 claims, all ends below 2^56.
        unchecked {
            do {
                Claim next = claims[paid];
                uint256 end = next.claimEnd();
                payments[count++] = paymentTo(next.claimOwner(), (end < to ? end : to) - from);
                if (end > to) break;
                slots += next.claimSlots();
                from = end;
                paid = count;
            } while (from < to);
        }
        // solhint-disable-next-line no-inline-assembly
        assembly ("memory-safe") {
            mstore(payments, count) // what was not needed is left out
        }
        if (paid == 0) return payments;
        Claim[] memory rest = new Claim[](claims.length - paid);
        for (uint256 i; i < rest.length; ++i) rest[i] = claims[paid + i];
        uint256 last = rest.length - 1;
        rest[last] = rest[last].withSlots(rest[last].claimSlots() + slots);
        _claimLists[id].hash = hashClaims(rest);
    }

    /// @dev Ends an order for good. The caller pushes what it returns to the buyer.
    function _close(bytes32 id, Order memory order, OrderTerms calldata terms) internal returns (uint256 returned) {
        returned = _unpaid(id, order, terms);
        _orders[id].status = Status.Closed;
        emit OrderClosed(id, returned);
    }

    // ---- interactions

    function _pushAll(Payment[] memory payments) internal {
        uint256 count = payments.length;
        unchecked {
            for (uint256 i; i < count; ++i) {
                Payment payment = payments[i];
                _push(payment.payee(), payment.amount());
            }
        }
    }

    /// @dev Pays, or credits what the token refuses to move. Whoever sends the transaction cannot make a push fail by
    /// sending little gas, and no payee can make it cost more than PUSH_GAS.
    function _push(address payee, uint256 amount) internal {
        uint256 needed = (PUSH_GAS_LIMIT * 64) / 63 + PUSH_OVERHEAD;
        if (gasleft() < needed) revert PushGas(gasleft(), needed);
        if (tryTransfer(_token, payee, amount, PUSH_GAS_LIMIT)) return;

        _credits[payee] += amount;
        emit PaymentCredited(payee, amount);
    }
}
