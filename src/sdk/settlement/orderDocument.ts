import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { writeLines } from "../../chain/schedules.ts";
import {
  escrowDomain,
  hashConditions,
  OPTION_DEVICES,
  OPTION_INSPECTION,
  OPTION_P256,
  orderId,
  packClauses,
  unpackClauses,
  ZERO_HASH,
} from "../../chain/terms.ts";
import type { OrderConditions, OrderTerms } from "../../chain/terms.ts";
import { sheetHash } from "../../formats/orderSheet.ts";
import type { OrderSheet } from "../../formats/orderSheet.ts";

const NOBODY = `0x${"0".repeat(40)}`;

/** An order in full: what the chain sees, and what only its parties and relayers do. */
export interface OrderDocument {
  /** The order's id, 0x-hex. */
  id: string;
  escrow: string;
  terms: OrderTerms;
  conditions: OrderConditions;
  sheet: OrderSheet;
}

export interface WriteOrderDocumentParameters {
  deployment: Deployment;
  sheet: OrderSheet;
  /** Accounts, 0x-hex. The supplier's is paid. */
  buyer: string;
  supplier: string;
  /** Seconds since 1970. */
  due: number;
  /** Events after this time do not count; seconds since 1970. */
  expiry: number;
  /** How long after expiry a report of an earlier event may still come, in seconds. */
  grace: number;
  /** Relayer group of the currency's escrow. */
  group: number;
  /** What goes beyond a plain order; default: nothing. */
  special?: SpecialClauses;
}

/** What the parties may agree besides. Windows in seconds, rates and shares in ppm. */
export interface SpecialClauses {
  /** How long the buyer may reject a delivery, how long a rejection may be disputed, how long the arbiter may rule. */
  inspection?: number;
  answer?: number;
  arbitration?: number;
  /** Rules on disputes: neither buyer nor supplier, 0x-hex. Needed with inspection or retention. */
  arbiter?: string;
  /** Share of a disputed value that is due when the arbiter is silent. */
  defaultSplit?: number;
  /** Part of what was earned that is held back, and until when (seconds since 1970). */
  retention?: number;
  retentionUntil?: number;
  /** Part of a unit's price lost a day late, and how many days count. */
  penaltyRate?: number;
  capDays?: number;
  /** From receipt to the statutory due date, and late interest a year: reported only. */
  statutoryTerm?: number;
  statutoryInterest?: number;
  /** Root over what else was agreed, 0x-hex. */
  documents?: string;
  /** A device signs each report too: Merkle root of the keys, and whether they are on P-256 (else secp256k1). */
  devices?: { root: string; p256: boolean };
}

/**
 * Writes an order's terms from its sheet. The id is known before anything is sent.
 *
 * @throws ChainError `currency-not-deployed`; FactoryChainError `terms-range`
 * @example
 * const order = writeOrderDocument({ deployment, sheet, buyer, supplier, due, expiry, grace, group: 1 });
 */
export function writeOrderDocument(p: WriteOrderDocumentParameters): OrderDocument {
  const { deployment, sheet, buyer, supplier, due, expiry, grace, group, special = {} } = p;
  const { escrow } = currencyContracts({ deployment, currency: sheet.currency });
  const conditions: OrderConditions = {
    arbiter: special.arbiter?.toLowerCase() ?? NOBODY,
    defaultSplit: special.defaultSplit ?? 0,
    inspection: special.inspection ?? 0,
    answer: special.answer ?? 0,
    arbitration: special.arbitration ?? 0,
    statutoryTerm: special.statutoryTerm ?? 0,
    statutoryInterest: special.statutoryInterest ?? 0,
    sheet: sheetHash(sheet),
    documents: special.documents ?? ZERO_HASH,
  };
  const { retention = 0, retentionUntil = 0, penaltyRate = 0, capDays = 0 } = special;
  const { lines, points } = writeLines({
    order: null,
    devices: special.devices?.root ?? null,
    schedules: sheet.lines.map((line) => [{ quantity: BigInt(line.quantity), total: BigInt(line.total) }]),
  });
  const rates = { retention, retentionUntil, penaltyRate, capDays, points, options: optionsOf(special) };
  const terms: OrderTerms = {
    buyer: buyer.toLowerCase(),
    supplier: supplier.toLowerCase(),
    clauses: packClauses({ due, expiry, grace, group, ...rates }),
    conditions: hashConditions(conditions),
    lines,
  };
  const id = orderId({ domain: escrowDomain({ chainId: deployment.chainId, escrow }), terms });
  return { id, escrow, terms, conditions, sheet };
}

/** What the order costs its buyer, in minor units. */
export function totalOf(sheet: OrderSheet): bigint {
  return sheet.lines.reduce((sum, { total }) => sum + BigInt(total), 0n);
}

/** Whether an order's terms are plain, so that `createOrder` takes them; others need `openOrder`. */
export function isPlain({ clauses }: OrderTerms): boolean {
  const { retention, retentionUntil, penaltyRate, options, points } = unpackClauses(clauses);
  return retention + retentionUntil + penaltyRate + options === 0 && points === 1;
}

function optionsOf({ inspection = 0, devices }: SpecialClauses): number {
  const inspected = inspection === 0 ? 0 : OPTION_INSPECTION;
  if (devices === undefined) return inspected;
  return inspected | OPTION_DEVICES | (devices.p256 ? OPTION_P256 : 0);
}
