import { fundedBy } from "../../chain/schedules.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import type { LedgerEvent } from "./events.ts";

/** What the events say of an order's money; amounts in minor units. */
export interface OrderFigures {
  order: string;
  status: "open" | "ended" | "closed";
  /** In force. */
  terms: OrderTerms;
  /** What the buyer put in for the terms in force. */
  funded: bigint;
  /** Value of what was accepted. */
  earned: bigint;
  paid: bigint;
  /** Went back to the buyer when the order ended. */
  refunded: bigint;
  /** Of the retention, by the buyer's call on it. */
  forfeited: bigint;
  /** Went back to the buyer when the order closed. */
  returned: bigint;
  /** The supplier gave back after payment. */
  creditNotes: bigint;
  /** What claims were sold for. */
  sold: bigint;
}

/** What the escrow holds for an order, by its own rule: funded less paid less refunded, until it is closed. */
export function heldOf(p: Pick<OrderFigures, "status" | "funded" | "paid" | "refunded">): bigint {
  const { status, funded, paid, refunded } = p;
  return status === "closed" ? 0n : funded - paid - refunded;
}

/** What a buyer puts in for terms, in minor units; nothing for lines that are not whole, as a forged event may have. */
export function totalOf(terms: Pick<OrderTerms, "clauses" | "lines">): bigint {
  try {
    return fundedBy(terms);
  } catch (error) {
    if (!(error instanceof FactoryChainError)) throw error;
    return 0n;
  }
}

/** Brings an order up to date with an event; a creation opens one. */
export function follow(orders: Map<string, OrderFigures>, event: LedgerEvent): void {
  if (event.name === "OrderCreated") {
    const { order, terms } = event;
    const zero = { earned: 0n, paid: 0n, refunded: 0n, forfeited: 0n, returned: 0n, creditNotes: 0n, sold: 0n };
    orders.set(order, { order, status: "open", terms, funded: totalOf(terms), ...zero });
    return;
  }
  const order = "order" in event ? orders.get(event.order) : undefined;
  if (order === undefined) return;
  switch (event.name) {
    case "DeliveryConfirmed":
      order.earned += event.earned;
      order.paid += event.paid;
      return;
    case "OrderPaid":
      order.paid += event.payments.reduce((sum, { amount }) => sum + amount, 0n);
      return;
    case "LotInspected":
      order.earned += event.earned;
      return;
    case "LotDecided":
      if (event.retention) order.forfeited = event.amount;
      else order.earned += event.amount;
      return;
    case "OrderCancelled":
      order.earned = event.payout;
      return;
    case "OrderAmended":
      order.terms = { ...order.terms, ...event.terms };
      order.funded = totalOf(event.terms);
      return;
    case "OrderEnded":
      Object.assign(order, { status: "ended", refunded: event.amount });
      return;
    case "OrderClosed":
      Object.assign(order, { status: "closed", returned: event.amount });
      return;
    case "CreditNoteIssued":
      order.creditNotes += event.amount;
      return;
    case "ClaimAssigned":
      order.sold += event.price;
      return;
    default:
  }
}
