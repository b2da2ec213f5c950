// The public names of the package. Added by hand; a test keeps the list.
export { createClient, withAccount } from "./sdk/client.ts";
export type { AccountClient, Client, CreateClientParameters } from "./sdk/client.ts";

export { enrolDevice } from "./sdk/identity/enrolDevice.ts";
export { ORGANISATION_KINDS } from "./sdk/identity/organisationKinds.ts";
export { readDevice } from "./sdk/identity/readDevice.ts";
export { readDevices } from "./sdk/identity/readDevices.ts";
export { readOrganisation } from "./sdk/identity/readOrganisation.ts";
export { readOrganisations } from "./sdk/identity/readOrganisations.ts";
export { registerOrganisation } from "./sdk/identity/registerOrganisation.ts";
export { revokeDevice } from "./sdk/identity/revokeDevice.ts";

export { readLedger } from "./sdk/ledger/readLedger.ts";

export { registerRelayerGroup } from "./sdk/oracle/registerRelayerGroup.ts";

export { readMessages } from "./sdk/relayers/readMessages.ts";
export { readRelayerStatus } from "./sdk/relayers/readRelayerStatus.ts";

export { announceOrder } from "./sdk/settlement/announceOrder.ts";
export { createOrder } from "./sdk/settlement/createOrder.ts";
export { writeOrderDocument } from "./sdk/settlement/orderDocument.ts";
export { readDeliveries } from "./sdk/settlement/readDeliveries.ts";
export { readOrder } from "./sdk/settlement/readOrder.ts";
export { readOrders } from "./sdk/settlement/readOrders.ts";
export { refundOrder } from "./sdk/settlement/refundOrder.ts";
export { settleOrder } from "./sdk/settlement/settleOrder.ts";
export { withdrawCredit } from "./sdk/settlement/withdrawCredit.ts";

export { mintCurrency } from "./sdk/value/mintCurrency.ts";
export { readBalance } from "./sdk/value/readBalance.ts";

export { parseDeployment } from "./chain/deployment.ts";
export { ChainError } from "./chain/errors.ts";
export { rebaseDates, termsDates } from "./formats/orderDates.ts";
export { sheetHash, toOrderSheet } from "./formats/orderSheet.ts";
export { parseUblOrder } from "./formats/ublOrder.ts";
export { describeError, FactoryChainError, RetryableError } from "./lib/errors.ts";

export type { Deployment } from "./chain/deployment.ts";
export type { DeviceKey } from "./formats/envelope.ts";
export type { OrderSheet } from "./formats/orderSheet.ts";
export type { PurchaseOrder } from "./formats/purchaseOrder.ts";
export type { Device } from "./sdk/identity/readDevice.ts";
export type { OrganisationKind } from "./sdk/identity/organisationKinds.ts";
export type { Organisation } from "./sdk/identity/readOrganisation.ts";
export type { Entry, Posting } from "./sdk/ledger/journal.ts";
export type { OrderFigures } from "./sdk/ledger/orders.ts";
export type { Ledger } from "./sdk/ledger/readLedger.ts";
export type { Difference } from "./sdk/ledger/reconcile.ts";
export type { Delivery } from "./sdk/settlement/readDeliveries.ts";
export type { Order } from "./sdk/settlement/readOrder.ts";
export type { OrderDocument } from "./sdk/settlement/orderDocument.ts";
export type { RelayerMessage } from "./sdk/relayers/readMessages.ts";
export type { RelayerStatus } from "./sdk/relayers/readRelayerStatus.ts";
