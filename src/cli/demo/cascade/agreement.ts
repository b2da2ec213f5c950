import type { Deployment } from "../../../chain/deployment.ts";
import type { OrderSheet } from "../../../formats/orderSheet.ts";
import { writeOrderDocument } from "../../../sdk/settlement/orderDocument.ts";
import type { OrderDocument } from "../../../sdk/settlement/orderDocument.ts";

/** The figures of the scenario. Amounts are in won, which have no minor unit; docs/operations/demo.md tells the story. */

export const DAY = 86_400;
export const CURRENCY = "KRW";
export const QUANTITY = 1_000n;
export const TOTAL = 100_000_000n;

/** What passes down the tiers, from the bottom of the payout axis, and what the bank buys on top of that. */
export const CLAIMS = { tier2: 40_000_000n, tier3: 15_000_000n, bank: 20_000_000n, price: 19_400_000n };

/** What is delivered when, in days after the due date, and what of it the buyer rejects. */
export const FIRST = { quantity: 700n, daysLate: -10 };
export const SECOND = { quantity: 300n, daysLate: 10, rejected: 100n };

const DUE_DAYS = 30;
const EXPIRY_DAYS = 90;
const RETENTION_DAYS = 180;

/** Days; rates and shares in ppm. */
export const CLAUSES = {
  inspection: 7,
  answer: 7,
  arbitration: 14,
  defaultSplit: 600_000,
  retention: 50_000,
  penaltyRate: 5_000,
  capDays: 20,
  statutoryTerm: 60,
  statutoryInterest: 155_000,
};

/**
 * The order between the buyer and its supplier.
 *
 * @param p.now the chain's time, seconds since 1970
 */
export function writeAgreement(p: {
  deployment: Deployment;
  buyer: string;
  supplier: string;
  arbiter: string;
  group: number;
  salt: string;
  now: number;
}): OrderDocument {
  const { now, salt, arbiter, ...parties } = p;
  const line = { id: "10", gtin: null, item: "Gear housing", unit: "H87", decimals: 0 };
  const sheet: OrderSheet = {
    number: "CASCADE-1",
    buyer: { identifiers: ["buyer"] },
    supplier: { identifiers: ["supplier"] },
    issued: new Date(now * 1000).toISOString().replace(/\.\d+Z$/, "Z"),
    currency: CURRENCY,
    minorUnit: 0,
    lines: [{ ...line, quantity: String(QUANTITY), total: String(TOTAL) }],
    salt,
  };
  const { inspection, answer, arbitration, statutoryTerm, ...rates } = CLAUSES;
  return writeOrderDocument({
    ...parties,
    sheet,
    due: now + DUE_DAYS * DAY,
    expiry: now + EXPIRY_DAYS * DAY,
    grace: 7 * DAY,
    special: {
      ...rates,
      arbiter,
      inspection: inspection * DAY,
      answer: answer * DAY,
      arbitration: arbitration * DAY,
      statutoryTerm: statutoryTerm * DAY,
      retentionUntil: now + RETENTION_DAYS * DAY,
    },
  });
}
