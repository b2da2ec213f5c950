// The public names of the package. Added by hand; a test keeps the list.
export { createClient, withAccount } from "./sdk/client.ts";
export type { AccountClient, Client, CreateClientParameters } from "./sdk/client.ts";

export { deviceReportDigest, signDeviceReport } from "./sdk/devices/signDeviceReport.ts";
export { writeDeviceKeys } from "./sdk/devices/writeDeviceKeys.ts";

export { enrolDevice } from "./sdk/identity/enrolDevice.ts";
export { ORGANISATION_KINDS } from "./sdk/identity/organisationKinds.ts";
export { readDevice } from "./sdk/identity/readDevice.ts";
export { readDevices } from "./sdk/identity/readDevices.ts";
export { readOrganisation } from "./sdk/identity/readOrganisation.ts";
export { readOrganisations } from "./sdk/identity/readOrganisations.ts";
export { registerOrganisation } from "./sdk/identity/registerOrganisation.ts";
export { revokeDevice } from "./sdk/identity/revokeDevice.ts";

export { readLedger } from "./sdk/ledger/readLedger.ts";

export { cancelMember } from "./sdk/oracle/cancelMember.ts";
export { closeGroup } from "./sdk/oracle/closeGroup.ts";
export { enactMember } from "./sdk/oracle/enactMember.ts";
export { proposeMember } from "./sdk/oracle/proposeMember.ts";
export { readGroup } from "./sdk/oracle/readGroup.ts";
export { registerRelayerGroup } from "./sdk/oracle/registerRelayerGroup.ts";
export { reopenGroup } from "./sdk/oracle/reopenGroup.ts";
export { retireMember } from "./sdk/oracle/retireMember.ts";

export { readMessages } from "./sdk/relayers/readMessages.ts";
export { readRefused } from "./sdk/relayers/readRefused.ts";
export { readRelayerStatus } from "./sdk/relayers/readRelayerStatus.ts";

export { allowEscrow } from "./sdk/settlement/allowEscrow.ts";
export { amendOrder, signAmendment } from "./sdk/settlement/amendOrder.ts";
export { announceOrder } from "./sdk/settlement/announceOrder.ts";
export { assignClaim, signAssignment } from "./sdk/settlement/assignClaim.ts";
export { callRetention, signRetentionCall } from "./sdk/settlement/callRetention.ts";
export { cancelOrder, signCancellation } from "./sdk/settlement/cancelOrder.ts";
export { createOrder } from "./sdk/settlement/createOrder.ts";
export { createOrdersFromBalance } from "./sdk/settlement/createOrdersFromBalance.ts";
export { createOrderWithAuthorization, signOrderAuthorization } from "./sdk/settlement/createOrderWithAuthorization.ts";
export { createOrderWithPermit, signPermit } from "./sdk/settlement/createOrderWithPermit.ts";
export { deposit, signDeposit } from "./sdk/settlement/deposit.ts";
export { disputeLot, signDispute } from "./sdk/settlement/disputeLot.ts";
export { inspectLot, signInspection } from "./sdk/settlement/inspectLot.ts";
export { issueCreditNote, signCreditNote } from "./sdk/settlement/issueCreditNote.ts";
export { openOrder, signOrderCreation } from "./sdk/settlement/openOrder.ts";
export { isPlain, writeOrderDocument } from "./sdk/settlement/orderDocument.ts";
export { readBalances, readTokenSigning } from "./sdk/settlement/readBalances.ts";
export { readClaims } from "./sdk/settlement/readClaims.ts";
export { readDeliveries } from "./sdk/settlement/readDeliveries.ts";
export { readLots } from "./sdk/settlement/readLots.ts";
export { readOrder } from "./sdk/settlement/readOrder.ts";
export { readOrders } from "./sdk/settlement/readOrders.ts";
export { refundOrder } from "./sdk/settlement/refundOrder.ts";
export { resolveLot } from "./sdk/settlement/resolveLot.ts";
export { ruleLot, signRuling } from "./sdk/settlement/ruleLot.ts";
export { settleOrder } from "./sdk/settlement/settleOrder.ts";
export { signWithdrawal, withdraw } from "./sdk/settlement/withdraw.ts";

export { mintCurrency } from "./sdk/value/mintCurrency.ts";
export { readBalance } from "./sdk/value/readBalance.ts";

export { amendTerms, changeLine, fundedBy } from "./chain/schedules.ts";
export { parseDeployment } from "./chain/deployment.ts";
export { ChainError } from "./chain/errors.ts";
export { rebaseDates, termsDates } from "./formats/orderDates.ts";
export { sheetHash, toOrderSheet } from "./formats/orderSheet.ts";
export { parseUblOrder } from "./formats/ublOrder.ts";
export { describeError, FactoryChainError, RetryableError } from "./lib/errors.ts";

export type { Claim } from "./chain/claims.ts";
export type { Approval, FundingSource, TokenSignature, TypedDataSigner } from "./chain/consent.ts";
export type { OrderConditions, OrderTerms } from "./chain/terms.ts";
export type { Deployment } from "./chain/deployment.ts";
export type { EventDeviceSignature } from "./formats/deviceSignatures.ts";
export type { DeviceKey } from "./formats/envelope.ts";
export type { OrderSheet } from "./formats/orderSheet.ts";
export type { PurchaseOrder } from "./formats/purchaseOrder.ts";
export type { PrivateJwk } from "./formats/signEvent.ts";
export type { Device } from "./sdk/identity/readDevice.ts";
export type { OrganisationKind } from "./sdk/identity/organisationKinds.ts";
export type { Organisation } from "./sdk/identity/readOrganisation.ts";
export type { Entry, Posting } from "./sdk/ledger/journal.ts";
export type { OrderFigures } from "./sdk/ledger/orders.ts";
export type { Ledger } from "./sdk/ledger/readLedger.ts";
export type { Difference } from "./sdk/ledger/reconcile.ts";
export type { RelayerGroup } from "./sdk/oracle/readGroup.ts";
export type { Assignment } from "./sdk/settlement/assignClaim.ts";
export type { Balances } from "./sdk/settlement/readBalances.ts";
export type { Delivery } from "./sdk/settlement/readDeliveries.ts";
export type { Lot } from "./sdk/settlement/readLots.ts";
export type { Order } from "./sdk/settlement/readOrder.ts";
export type { OrderDocument, SpecialClauses } from "./sdk/settlement/orderDocument.ts";
export type { RelayerMessage } from "./sdk/relayers/readMessages.ts";
export type { RefusedMessage } from "./sdk/relayers/readRefused.ts";
export type { RelayerStatus } from "./sdk/relayers/readRelayerStatus.ts";
