import { expect } from "chai";
import * as names from "../../src/index.ts";

/** What others build on: adding a name is a promise, taking one away breaks somebody. */
const PUBLIC = [
  "ChainError",
  "FactoryChainError",
  "ORGANISATION_KINDS",
  "RetryableError",
  "announceOrder",
  "createClient",
  "createOrder",
  "describeError",
  "enrolDevice",
  "mintCurrency",
  "parseDeployment",
  "parseUblOrder",
  "readBalance",
  "readDeliveries",
  "readDevice",
  "readDevices",
  "readLedger",
  "readMessages",
  "readOrder",
  "readOrders",
  "readOrganisation",
  "readOrganisations",
  "readRelayerStatus",
  "rebaseDates",
  "refundOrder",
  "registerOrganisation",
  "registerRelayerGroup",
  "revokeDevice",
  "settleOrder",
  "sheetHash",
  "termsDates",
  "toOrderSheet",
  "withAccount",
  "withdrawCredit",
  "writeOrderDocument",
];

describe("the package's public names", () => {
  it("are these", () => {
    expect(Object.keys(names).sort()).to.deep.equal(PUBLIC);
  });
});
