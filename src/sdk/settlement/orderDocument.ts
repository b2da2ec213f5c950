import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { escrowDomain, hashConditions, linesToBytes, orderId, packClauses, ZERO_HASH } from "../../chain/terms.ts";
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
}

/**
 * Writes an order's terms from its sheet. The id is known before anything is sent.
 *
 * @throws ChainError `currency-not-deployed`; FactoryChainError `terms-range`
 * @example
 * const order = writeOrderDocument({ deployment, sheet, buyer, supplier, due, expiry, grace, group: 1 });
 */
export function writeOrderDocument(p: WriteOrderDocumentParameters): OrderDocument {
  const { deployment, sheet, buyer, supplier, due, expiry, grace, group } = p;
  const { escrow } = currencyContracts({ deployment, currency: sheet.currency });
  const conditions: OrderConditions = {
    arbiter: NOBODY,
    defaultSplit: 0,
    inspection: 0,
    answer: 0,
    arbitration: 0,
    statutoryTerm: 0,
    statutoryInterest: 0,
    sheet: sheetHash(sheet),
    documents: ZERO_HASH,
  };
  const plain = { retentionUntil: 0, penaltyRate: 0, capDays: 0, retention: 0, points: 1, options: 0 };
  const terms: OrderTerms = {
    buyer: buyer.toLowerCase(),
    supplier: supplier.toLowerCase(),
    clauses: packClauses({ due, expiry, grace, group, ...plain }),
    conditions: hashConditions(conditions),
    lines: linesToBytes(sheet.lines.map((line) => ({ quantity: BigInt(line.quantity), total: BigInt(line.total) }))),
  };
  const id = orderId({ domain: escrowDomain({ chainId: deployment.chainId, escrow }), terms });
  return { id, escrow, terms, conditions, sheet };
}

/** What the order costs its buyer, in minor units. */
export function totalOf(sheet: OrderSheet): bigint {
  return sheet.lines.reduce((sum, { total }) => sum + BigInt(total), 0n);
}
