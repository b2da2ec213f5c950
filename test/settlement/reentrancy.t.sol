// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {MockToken} from "../../contracts/mocks/MockToken.sol";
import {DeliveryReport} from "../../contracts/oracle/DeliveryReport.sol";
import {Approval} from "../../contracts/settlement/Consent.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {Assignment, IOrderClaims} from "../../contracts/settlement/IOrderClaims.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {Evidence, IEvidencedDelivery, IOrderDelivery} from "../../contracts/settlement/IOrderDelivery.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {Funding, IOrderFunding, IOrderOpening, TokenSignature} from "../../contracts/settlement/IOrderFunding.sol";
import {DeliveryTerms, OrderConditions, OrderTerms} from "../../contracts/settlement/OrderTerms.sol";
import {SettlementBase} from "../base/SettlementBase.sol";

/// @dev A token that calls back finds every function locked that pays or takes money, whatever it asks for.
/// createOrdersFromBalance has no lock: see pitfall 2.
contract ReentrancyTest is SettlementBase {
    OrderTerms private terms;
    OrderConditions private conditions;
    TokenSignature private signature;

    function test_WhenTheTokenCallsWhatOpensAnOrder() external {
        Funding memory funding;
        _expectLocked(abi.encodeCall(IOrderFunding.createOrder, (terms)));
        _expectLocked(abi.encodeCall(IOrderFunding.createOrderWithPermit, (terms, signature)));
        _expectLocked(abi.encodeCall(IOrderFunding.createOrderWithAuthorization, (terms, signature)));
        _expectLocked(abi.encodeCall(IOrderOpening.openOrder, (terms, conditions, funding)));
    }

    function test_WhenTheTokenCallsWhatMovesABalance() external {
        _expectLocked(abi.encodeCall(IOrderFunding.deposit, (1)));
        _expectLocked(abi.encodeCall(IOrderFunding.depositWithAuthorization, (buyer, 1, 0, signature)));
        _expectLocked(abi.encodeCall(IOrderFunding.withdraw, (1, other)));
        _expectLocked(abi.encodeCall(IOrderFunding.withdrawFor, (buyer, 1, other, FOREVER, _noApprovals())));
    }

    function test_WhenTheTokenCallsWhatPays() external {
        (DeliveryTerms[] memory orders, DeliveryReport[] memory reports) = (_only(terms), _only(_report(0, 1)));
        Evidence[] memory evidence = new Evidence[](1);
        _expectLocked(abi.encodeCall(IOrderDelivery.confirm, (_certificate(), orders, reports)));
        _expectLocked(abi.encodeCall(IEvidencedDelivery.confirmWith, (_certificate(), orders, reports, evidence)));
        _expectLocked(abi.encodeCall(IOrderClosing.settle, (terms, _noClaims())));
        _expectLocked(abi.encodeCall(IOrderClosing.refund, (terms)));
    }

    function test_WhenTheTokenCallsWhatDecidesALot() external {
        Approval[] memory none = _noApprovals();
        _expectLocked(abi.encodeCall(IOrderDisputes.inspect, (terms, conditions, 0, 0, 0, _noClaims(), FOREVER, none)));
        _expectLocked(abi.encodeCall(IOrderDisputes.callRetention, (terms, 1, 0, FOREVER, none)));
        _expectLocked(
            abi.encodeCall(IOrderDisputes.dispute, (terms, conditions, 0, supplier, 0, _noClaims(), FOREVER, none))
        );
        _expectLocked(abi.encodeCall(IOrderDisputes.rule, (terms, conditions, 0, 0, _noClaims(), FOREVER, none)));
        _expectLocked(abi.encodeCall(IOrderDisputes.resolve, (terms, conditions, 0, _noClaims())));
    }

    function test_WhenTheTokenCallsWhatPartiesAgreeOn() external {
        Approval[] memory none = _noApprovals();
        Assignment memory assignment;
        _expectLocked(abi.encodeCall(IOrderAgreements.cancel, (terms, 0, 0, _noClaims(), FOREVER, none)));
        _expectLocked(abi.encodeCall(IOrderAgreements.amend, (terms, terms, 0, _noClaims(), FOREVER, none)));
        _expectLocked(abi.encodeCall(IOrderAgreements.creditNote, (terms, 1, FOREVER, none)));
        _expectLocked(
            abi.encodeCall(IOrderClaims.assign, (terms, conditions, assignment, 0, _noClaims(), FOREVER, none))
        );
    }

    // ---- words

    /// @dev Within a deposit; the lock comes before everything else that is wrong with these calls.
    function _expectLocked(bytes memory call) private {
        token.setHook(address(escrow), call);
        bytes4 locked = ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector;
        vm.expectEmit(address(token));
        emit MockToken.HookCalled(false, abi.encodeWithSelector(locked));
        vm.prank(buyer);
        escrow.deposit(1);
    }
}
