import type { Claim } from "../../chain/claims.ts";
import type { OrderCreation } from "../../chain/creations.ts";
import { FLAG_MONEY } from "../../chain/orderState.ts";
import { fundedBy, readLines } from "../../chain/schedules.ts";
import type { Schedule } from "../../chain/schedules.ts";
import type { StatutoryReport } from "../../chain/statutory.ts";
import { unpackClauses } from "../../chain/terms.ts";
import type { Clauses, LineTerms, OrderConditions, OrderTerms } from "../../chain/terms.ts";
import type { Client } from "../client.ts";
import { readOrderHistory } from "./orderEvents.ts";
import { lotsOf } from "./readLots.ts";
import type { Lot } from "./readLots.ts";
import { readStatutory } from "./readStatutory.ts";

export interface ReadOrderParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** The order's id, 0x-hex. */
  order: string;
  /** The conditions of its document: with them lots have deadlines, and statutory dates and interest are reported. */
  conditions?: OrderConditions;
}

/** A line: what is ordered and what became of it. Quantities in the line's scale. */
export interface OrderLine extends LineTerms {
  /** The prices in force, of which quantity and total are the end. */
  schedule: Schedule;
  /** Cumulative. */
  delivered: bigint;
  /** Cumulative unit-days. */
  late: bigint;
  /** Finally; makes room for replacements. */
  rejected: bigint;
  /** Accepted, rejected or ruled upon. */
  decided: bigint;
  /** Worth money, in millionths of a unit. */
  good: bigint;
}

/** An order; amounts in minor units. */
export interface Order {
  order: string;
  currency: string;
  status: "open" | "ended" | "closed";
  /** What signatures about the whole order name. */
  seq: number;
  /** Those in force. */
  terms: OrderTerms;
  /** As they were agreed first; their digest is the order's id. */
  firstTerms: OrderTerms;
  clauses: Clauses;
  lines: OrderLine[];
  /** What the terms in force cost the buyer. */
  funded: bigint;
  /** Value of all that was accepted. */
  earned: bigint;
  /** Paid or credited so far. */
  paid: bigint;
  /** What `settle` would pay now. */
  payable: bigint;
  /** Went back to the buyer when the order ended. */
  refunded: bigint;
  /** Of the retention, by the call on it. */
  forfeited: bigint;
  /** Not paid, from below; empty as long as nothing was assigned, and when the order is closed. */
  claims: readonly Claim[];
  /** Not decided. */
  lots: Lot[];
  /** Null without conditions. */
  statutory: StatutoryReport | null;
}

const STATUS = [null, "open", "ended", "closed"] as const;

/**
 * Reads an order: its terms and claims from events, its state from the escrow. Null when there is none.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const order = await readOrder({ client, currency: "KRW", order: id });
 */
export async function readOrder(p: ReadOrderParameters): Promise<Order | null> {
  return await readCreatedOrder(p);
}

/** The same where its creation is known already. */
export async function readCreatedOrder(p: ReadOrderParameters & { creation?: OrderCreation }): Promise<Order | null> {
  const { client, currency } = p;
  const { escrow } = client.contracts.currency(currency);
  const state = await escrow.orderOf(p.order);
  const status = STATUS[Number(state.status)] ?? null;
  const history = status === null ? null : await readOrderHistory(p);
  if (status === null || history === null) return null;
  const { terms, firstTerms, book, events } = history;
  const lines = await Promise.all(
    readLines(terms).schedules.map(async (schedule, index) => {
      const { delivered, late, rejected, decided, good } = await escrow.lineOf(terms, index);
      const end = schedule.at(-1) ?? { quantity: 0n, total: 0n };
      return { ...end, schedule, delivered, late, rejected, decided, good };
    }),
  );
  const money = (Number(state.flags) & FLAG_MONEY) === 0 ? null : await escrow.moneyOf(p.order);
  return {
    order: p.order.toLowerCase(),
    currency,
    status,
    seq: Number(state.seq),
    terms,
    firstTerms,
    clauses: unpackClauses(terms.clauses),
    lines,
    funded: fundedBy(terms),
    earned: state.earned,
    paid: state.paid,
    payable: status === "closed" ? 0n : await escrow.payableOf(terms),
    refunded: money?.refunded ?? 0n,
    forfeited: money?.forfeited ?? 0n,
    claims: status === "closed" ? [] : book.claims,
    lots: await lotsOf({ ...p, events }),
    statutory: p.conditions === undefined ? null : await readStatutory({ client, events, conditions: p.conditions }),
  };
}
