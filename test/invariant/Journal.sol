// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Booking} from "../../contracts/settlement/Booking.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClaims} from "../../contracts/settlement/IOrderClaims.sol";
import {IDeliveryCounting} from "../../contracts/settlement/IOrderDelivery.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {IOrderCreation, IOrderFunding} from "../../contracts/settlement/IOrderFunding.sol";
import {CALL, Status} from "../../contracts/settlement/OrderState.sol";
import {Clauses, OrderTerms, PLAIN_CLAUSES} from "../../contracts/settlement/OrderTerms.sol";
import {Payment} from "../../contracts/settlement/Payment.sol";
import {SettlementBase} from "../base/SettlementBase.sol";
import {Vm} from "../support/Test.sol";
import {POINT, totalOf} from "./Schedules.sol";

/// @dev What the events alone say: a ledger of every order, and every account's credit. Of each transaction, what the
/// token moved has to be what the events say.
abstract contract Journal is SettlementBase {
    struct Account {
        Status status;
        uint256 total; // of the terms in force
        uint256 funded; // came from the buyer
        uint256 earned;
        uint256 paid; // to the payees
        uint256 returned; // to the buyer
    }

    /// @dev Of one transaction: what the token moved, and what the events say.
    struct Flow {
        uint256 came;
        uint256 went;
        uint256 credited;
        uint256 taken;
        uint256 owed;
    }

    mapping(bytes32 order => Account) private _accounts;
    mapping(address account => uint256) private _creditOf;

    function accountOf(bytes32 order) external view returns (Account memory) {
        return _accounts[order];
    }

    function creditByEvents(address account) external view returns (uint256) {
        return _creditOf[account];
    }

    function _read(Vm.Log[] memory logs) internal {
        Flow memory flow;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(token) || logs[i].topics[0] != IERC20.Transfer.selector) continue;
            uint256 amount = abi.decode(logs[i].data, (uint256));
            if (_address(logs[i].topics[2]) == address(escrow)) flow.came += amount;
            if (_address(logs[i].topics[1]) == address(escrow)) flow.went += amount;
        }
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter == address(escrow)) _readOne(logs[i], flow);
        }
        vm.assertEq(flow.came, flow.taken, "25: what came is not what the events say");
        vm.assertEq(flow.went + flow.credited, flow.owed, "25: what went is not what the events say");
    }

    function _readOne(Vm.Log memory log, Flow memory flow) private {
        bytes32 kind = log.topics[0];
        if (kind == IOrderCreation.OrderCreated.selector) {
            (Clauses clauses, , bytes memory lines) = abi.decode(log.data, (Clauses, bytes32, bytes));
            _create(log.topics[1], _address(log.topics[2]), totalOf(clauses, lines), flow);
        } else if (kind == IOrderCreation.OrdersCreated.selector) {
            _readBatch(_address(log.topics[1]), abi.decode(log.data, (bytes)), flow);
        } else if (kind == IOrderAgreements.OrderAmended.selector) {
            _readAmendment(log, flow);
        } else if (kind == IOrderFunding.Deposited.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            _creditOf[_address(log.topics[1])] += amount;
            flow.taken += amount;
        } else if (kind == IOrderFunding.CreditWithdrawn.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            _creditOf[_address(log.topics[1])] -= amount;
            flow.owed += amount;
        } else if (kind == IOrderBook.PaymentCredited.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            _creditOf[_address(log.topics[1])] += amount;
            flow.credited += amount;
        } else if (kind == IOrderClaims.ClaimAssigned.selector) {
            (, , , , uint256 price) = abi.decode(log.data, (uint256, uint256, uint256, uint256, uint256));
            (flow.taken, flow.owed) = (flow.taken + price, flow.owed + price);
        } else if (kind == IOrderAgreements.CreditNoteIssued.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            (flow.taken, flow.owed) = (flow.taken + amount, flow.owed + amount);
        } else {
            _readPayment(log, flow);
        }
    }

    function _readPayment(Vm.Log memory log, Flow memory flow) private {
        bytes32 kind = log.topics[0];
        Account storage account = _accounts[log.topics.length > 1 ? log.topics[1] : bytes32(0)];
        uint256 amount;
        if (kind == IDeliveryCounting.DeliveryConfirmed.selector) {
            (Booking booking, ) = abi.decode(log.data, (Booking, bytes32));
            amount = booking.bookedPaid();
            account.earned += booking.bookedEarned();
            account.paid += amount;
        } else if (kind == IOrderBook.OrderPaid.selector) {
            Payment[] memory payments = abi.decode(log.data, (Payment[]));
            for (uint256 i; i < payments.length; ++i) amount += payments[i].amount();
            account.paid += amount;
        } else if (kind == IOrderBook.OrderEnded.selector || kind == IOrderBook.OrderClosed.selector) {
            amount = abi.decode(log.data, (uint256));
            account.returned += amount;
            account.status = kind == IOrderBook.OrderEnded.selector ? Status.Ended : Status.Closed;
        } else if (kind == IOrderDisputes.LotInspected.selector) {
            (, uint256 earned, ) = abi.decode(log.data, (uint256, uint256, bytes32));
            account.earned += earned;
        } else if (kind == IOrderDisputes.LotDecided.selector && uint256(log.topics[2]) != CALL) {
            (, , uint256 earned) = abi.decode(log.data, (uint256, uint256, uint256));
            account.earned += earned;
        } else if (kind == IOrderAgreements.OrderCancelled.selector) {
            account.earned = abi.decode(log.data, (uint256));
        }
        flow.owed += amount;
    }

    /// @dev If no token moved, the buyer's balance paid.
    function _create(bytes32 order, address buyer_, uint256 total, Flow memory flow) private {
        Account storage account = _accounts[order];
        vm.assertEq(uint256(account.status), 0, "25: created twice");
        (account.status, account.total, account.funded) = (Status.Open, total, total);
        if (flow.came == 0) _creditOf[buyer_] -= total;
        else flow.taken += total;
    }

    /// @dev Packed orders: supplier 20 bytes, clauses 32, of which the lowest 18 bits are the number of lines, conditions 32,
    /// and 12 bytes each line.
    function _readBatch(address buyer_, bytes memory orders, Flow memory flow) private {
        for (uint256 from; from < orders.length;) {
            OrderTerms memory terms;
            terms.buyer = buyer_;
            terms.supplier = address(uint160(_wordTo(orders, from + 20)));
            uint256 clauses = _wordTo(orders, from + 52);
            terms.conditions = bytes32(_wordTo(orders, from + 84));
            uint256 end = from + 84 + (clauses & 0x3ffff) * POINT;
            terms.clauses = Clauses.wrap(((clauses >> 18) << 18) | PLAIN_CLAUSES);
            for (from += 84; from < end; from += POINT) {
                terms.lines = bytes.concat(terms.lines, bytes12(uint96(_wordTo(orders, from + POINT))));
            }
            _create(escrow.orderId(terms), buyer_, totalOf(terms.clauses, terms.lines), flow);
        }
    }

    /// @dev The word that ends there. Before the first bytes lies their length.
    function _wordTo(bytes memory data, uint256 end) private pure returns (uint256 word) {
        assembly {
            word := mload(add(data, end))
        }
    }

    function _readAmendment(Vm.Log memory log, Flow memory flow) private {
        (, Clauses clauses, , bytes memory lines) = abi.decode(log.data, (address, Clauses, bytes32, bytes));
        Account storage account = _accounts[log.topics[1]];
        (uint256 before, uint256 total) = (account.total, totalOf(clauses, lines));
        account.total = total;
        if (total > before) {
            account.funded += total - before;
            flow.taken += total - before;
        } else {
            account.returned += before - total;
            flow.owed += before - total;
        }
    }

    function _address(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
