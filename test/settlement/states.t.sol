// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {FundingSource, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {CALL, LotStatus, Status} from "../../contracts/settlement/OrderState.sol";
import {OPTION_INSPECTION, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {packOrder} from "../base/PackedOrders.sol";
import {ActionTest} from "./ActionTest.sol";

/// @dev One test an arrow of the diagrams in docs/operations/states.md, in their order; a check compares the names.
contract StatesTest is ActionTest {
    // ---- orders

    function test_Order_None_createOrder_Open() external {
        order = escrow.orderId(_terms());
        _isOrder(Status.None);
        vm.prank(buyer);
        escrow.createOrder(_terms());
        _isOrder(Status.Open);
    }

    function test_Order_None_createOrderWithPermit_Open() external {
        TokenSignature memory permit;
        order = escrow.orderId(_terms());
        _isOrder(Status.None);
        vm.prank(buyer);
        escrow.createOrderWithPermit(_terms(), permit);
        _isOrder(Status.Open);
    }

    function test_Order_None_createOrderWithAuthorization_Open() external {
        TokenSignature memory authorization;
        vm.mockCall(address(token), abi.encodeWithSignature("authorizationState(address,bytes32)"), abi.encode(false));
        escrow = _deploy(IERC20(address(token)), manager, registry);
        quorum = IQuorum(address(escrow));
        group = _registerGroup("another", MEMBERS, THRESHOLD);
        string memory receive_ =
            "receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)";
        vm.mockCall(address(token), abi.encodeWithSignature(receive_), "");
        order = escrow.orderId(_terms());
        _isOrder(Status.None);
        escrow.createOrderWithAuthorization(_terms(), authorization);
        _isOrder(Status.Open);
    }

    function test_Order_None_createOrdersFromBalance_Open() external {
        OrderTerms memory plain = _terms();
        order = escrow.orderId(plain);
        _isOrder(Status.None);
        vm.startPrank(buyer);
        escrow.deposit(TOTAL);
        escrow.createOrdersFromBalance(packOrder(plain));
        vm.stopPrank();
        _isOrder(Status.Open);
    }

    function test_Order_None_openOrder_Open() external {
        terms = _specialTerms(OPTION_INSPECTION);
        order = escrow.orderId(terms);
        _isOrder(Status.None);
        vm.prank(buyer);
        escrow.openOrder(terms, _conditions(terms.clauses), _funding(FundingSource.Allowance));
        _isOrder(Status.Open);
    }

    function test_Order_Open_refund_Ended() external {
        _beginWithALot();
        vm.warp(EXPIRY + GRACE);
        _isOrder(Status.Open);
        escrow.refund(terms);
        _isOrder(Status.Ended);
    }

    function test_Order_Open_refund_Closed() external {
        _begin(0);
        vm.warp(EXPIRY + GRACE);
        _isOrder(Status.Open);
        escrow.refund(terms);
        _isOrder(Status.Closed);
    }

    function test_Order_Open_settle_Closed() external {
        _begin(0);
        _deliver(0, 0, ORDERED, 0);
        _isOrder(Status.Open);
        escrow.settle(terms, claims);
        _isOrder(Status.Closed);
    }

    function test_Order_Open_cancel_Closed() external {
        _beginWithALot();
        _isOrder(Status.Open);
        _cancel(0, 0, _approve("buyer", "supplier", _cancellation(0, 0)));
        _isOrder(Status.Closed);
    }

    function test_Order_Ended_settle_Closed() external {
        _endWithALot();
        vm.warp(EXPIRY + GRACE + INSPECTION);
        _resolve(0);
        _isOrder(Status.Ended);
        escrow.settle(terms, claims);
        _isOrder(Status.Closed);
    }

    function test_Order_Ended_cancel_Closed() external {
        _endWithALot();
        _isOrder(Status.Ended);
        _cancel(1, 0, _approve("buyer", "supplier", _cancellation(1, 0)));
        _isOrder(Status.Closed);
    }

    // ---- lots

    function test_Lot_None_confirm_Pending() external {
        _begin(OPTION_INSPECTION);
        _isLot(0, LotStatus.None);
        _confirm(terms, _report(0, 0, 400, 0));
        _isLot(0, LotStatus.Pending);
    }

    function test_Lot_None_confirmWith_Pending() external {
        _begin(OPTION_INSPECTION);
        _isLot(0, LotStatus.None);
        _confirmWith(terms, _report(0, 0, 400, 0), claims);
        _isLot(0, LotStatus.Pending);
    }

    function test_Lot_None_callRetention_Rejected() external {
        _begin(_retention(RETENTION, RETENTION_UNTIL));
        _deliver(0, 0, 400, 0);
        _isLot(CALL, LotStatus.None);
        vm.prank(buyer);
        _callRetention(1, _noApprovals());
        _isLot(CALL, LotStatus.Rejected);
    }

    function test_Lot_Pending_inspect_None() external {
        _beginWithALot();
        _isLot(0, LotStatus.Pending);
        vm.prank(buyer);
        _inspect(0, 0, _noApprovals());
        _isLot(0, LotStatus.None);
    }

    function test_Lot_Pending_resolve_None() external {
        _beginWithALot();
        vm.warp(block.timestamp + INSPECTION);
        _isLot(0, LotStatus.Pending);
        _resolve(0);
        _isLot(0, LotStatus.None);
    }

    function test_Lot_Pending_inspect_Rejected() external {
        _beginWithALot();
        _isLot(0, LotStatus.Pending);
        vm.prank(buyer);
        _inspect(0, 400, _noApprovals());
        _isLot(0, LotStatus.Rejected);
    }

    function test_Lot_Rejected_resolve_None() external {
        _beginWithALot();
        _reject(0, 1);
        vm.warp(block.timestamp + ANSWER);
        _isLot(0, LotStatus.Rejected);
        _resolve(0);
        _isLot(0, LotStatus.None);
    }

    function test_Lot_Rejected_dispute_Disputed() external {
        _beginWithALot();
        _reject(0, 1);
        _isLot(0, LotStatus.Rejected);
        vm.prank(supplier);
        _dispute(0, supplier, _noApprovals());
        _isLot(0, LotStatus.Disputed);
    }

    function test_Lot_Disputed_rule_None() external {
        _beginWithALot();
        _reject(0, 1);
        _disputeIt(0);
        _isLot(0, LotStatus.Disputed);
        vm.prank(arbiter);
        _rule(0, 1, _noApprovals());
        _isLot(0, LotStatus.None);
    }

    function test_Lot_Disputed_resolve_None() external {
        _beginWithALot();
        _reject(0, 1);
        _disputeIt(0);
        vm.warp(block.timestamp + ARBITRATION);
        _isLot(0, LotStatus.Disputed);
        _resolve(0);
        _isLot(0, LotStatus.None);
    }

    // ---- words

    /// @dev Delivered at the last moment.
    function _beginWithALot() private {
        _begin(OPTION_INSPECTION);
        vm.warp(EXPIRY);
        _deliver(0, 0, 400, 0);
    }

    /// @dev The lot came at the end of the grace.
    function _endWithALot() private {
        _begin(OPTION_INSPECTION);
        vm.warp(EXPIRY + GRACE);
        _confirm(terms, _reportOf(0, 0, 0, 400, 0, EXPIRY));
        escrow.refund(terms);
    }

    function _isOrder(Status status) private view {
        vm.assertEq(_status(order), uint256(status));
    }

    function _isLot(uint32 lot, LotStatus status) private view {
        vm.assertEq(uint256(escrow.lotOf(order, lot).status), uint256(status));
    }
}
