// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorum} from "../../contracts/oracle/IQuorum.sol";
import {IOrderAgreements} from "../../contracts/settlement/IOrderAgreements.sol";
import {IOrderBook} from "../../contracts/settlement/IOrderBook.sol";
import {IOrderClaims} from "../../contracts/settlement/IOrderClaims.sol";
import {IOrderClosing} from "../../contracts/settlement/IOrderClosing.sol";
import {IEvidencedDelivery, IOrderDelivery} from "../../contracts/settlement/IOrderDelivery.sol";
import {IOrderDisputes} from "../../contracts/settlement/IOrderDisputes.sol";
import {IOrderCreation, IOrderFunding, IOrderOpening} from "../../contracts/settlement/IOrderFunding.sol";
import {RefusingCurrency} from "./RefusingCurrency.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @dev What the handlers must reach: every function of the escrow that changes something, and every refusal that they
/// provoke. registerGroup alone happens in setUp.
abstract contract Reach {
    function verbSelectors() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](28);
        uint256 i;
        selectors[i++] = IOrderFunding.createOrder.selector;
        selectors[i++] = IOrderFunding.createOrderWithPermit.selector;
        selectors[i++] = IOrderFunding.createOrderWithAuthorization.selector;
        selectors[i++] = IOrderFunding.createOrdersFromBalance.selector;
        selectors[i++] = IOrderFunding.deposit.selector;
        selectors[i++] = IOrderFunding.depositWithAuthorization.selector;
        selectors[i++] = IOrderFunding.withdraw.selector;
        selectors[i++] = IOrderFunding.withdrawFor.selector;
        selectors[i++] = IOrderOpening.openOrder.selector;
        selectors[i++] = IOrderDelivery.confirm.selector;
        selectors[i++] = IEvidencedDelivery.confirmWith.selector;
        selectors[i++] = IOrderDisputes.inspect.selector;
        selectors[i++] = IOrderDisputes.callRetention.selector;
        selectors[i++] = IOrderDisputes.dispute.selector;
        selectors[i++] = IOrderDisputes.rule.selector;
        selectors[i++] = IOrderDisputes.resolve.selector;
        selectors[i++] = IOrderClosing.settle.selector;
        selectors[i++] = IOrderClosing.refund.selector;
        selectors[i++] = IOrderAgreements.cancel.selector;
        selectors[i++] = IOrderAgreements.amend.selector;
        selectors[i++] = IOrderAgreements.creditNote.selector;
        selectors[i++] = IOrderClaims.assign.selector;
        selectors[i++] = IQuorum.proposeMember.selector;
        selectors[i++] = IQuorum.enactMember.selector;
        selectors[i++] = IQuorum.cancelMember.selector;
        selectors[i++] = IQuorum.retireMember.selector;
        selectors[i++] = IQuorum.closeGroup.selector;
        selectors[i++] = IQuorum.reopenGroup.selector;
    }

    function errorSelectors() external pure returns (bytes4[] memory selectors) {
        selectors = new bytes4[](37);
        uint256 i;
        selectors[i++] = IAccessManaged.AccessManagedUnauthorized.selector;
        selectors[i++] = IOrderAgreements.AmendmentDates.selector;
        selectors[i++] = IOrderAgreements.AmendmentEnded.selector;
        selectors[i++] = IOrderAgreements.AmendmentGroup.selector;
        selectors[i++] = IOrderAgreements.AmendmentSchedule.selector;
        selectors[i++] = IOrderAgreements.CancellationPayout.selector;
        selectors[i++] = IOrderAgreements.CreditNoteRefused.selector;
        selectors[i++] = IOrderBook.ConsentMissing.selector;
        selectors[i++] = IOrderBook.OrderClaimsStale.selector;
        selectors[i++] = IOrderBook.OrderNotOpen.selector;
        selectors[i++] = IOrderBook.OrderSequence.selector;
        selectors[i++] = IOrderBook.OrderTermsStale.selector;
        selectors[i++] = IOrderClaims.ClaimInterval.selector;
        selectors[i++] = IOrderClaims.ClaimOwner.selector;
        selectors[i++] = IOrderClaims.ClaimSlots.selector;
        selectors[i++] = IOrderClosing.OrderEndedAlready.selector;
        selectors[i++] = IOrderClosing.OrderNothingToSettle.selector;
        selectors[i++] = IOrderClosing.OrderRefundTooEarly.selector;
        selectors[i++] = IOrderCreation.BalanceTooSmall.selector;
        selectors[i++] = IOrderCreation.OrderExists.selector;
        selectors[i++] = IOrderDisputes.LotParty.selector;
        selectors[i++] = IOrderDisputes.LotQuantity.selector;
        selectors[i++] = IOrderDisputes.LotShare.selector;
        selectors[i++] = IOrderDisputes.LotStatusOther.selector;
        selectors[i++] = IOrderDisputes.LotTooEarly.selector;
        selectors[i++] = IOrderDisputes.LotTooLate.selector;
        selectors[i++] = IOrderDisputes.RetentionAmount.selector;
        selectors[i++] = IOrderDisputes.RetentionCallRefused.selector;
        selectors[i++] = IOrderFunding.CreditTooSmall.selector;
        selectors[i++] = IOrderFunding.OrderCallerNotBuyer.selector;
        selectors[i++] = IQuorum.QuorumExpired.selector;
        selectors[i++] = IQuorum.QuorumGroupClosed.selector;
        selectors[i++] = IQuorum.QuorumMemberRetired.selector;
        selectors[i++] = IQuorum.QuorumSignature.selector;
        selectors[i++] = IQuorum.QuorumTooEarly.selector;
        selectors[i++] = IQuorum.QuorumTooFew.selector;
        selectors[i++] = RefusingCurrency.Refused.selector;
    }
}
