import { assignClaim, newClaimBook, payClaims, unpackClaim, unpackPayment } from "../../chain/claims.ts";
import type { ClaimBook } from "../../chain/claims.ts";
import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import { unpackBooking } from "../../chain/terms.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import type { Client } from "../client.ts";
import { readEvents } from "../logs.ts";
import type { ReadEvent } from "../logs.ts";

const NAMES = [
  "OrderCreated",
  "OrderAmended",
  "DeliveryConfirmed",
  "OrderPaid",
  "ClaimAssigned",
  "LotInspected",
  "LotDecided",
  "RetentionCalled",
];

/** What an order's events tell that the chain does not keep. */
export interface OrderHistory {
  firstTerms: OrderTerms;
  /** Those in force. */
  terms: OrderTerms;
  book: ClaimBook;
  events: ReadEvent[];
}

/**
 * Reads all that happened to an order; null when it was never created.
 *
 * @throws ChainError `currency-not-deployed`
 */
export async function readOrderHistory(p: {
  client: Client;
  currency: string;
  order: string;
}): Promise<OrderHistory | null> {
  const { escrow: address } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  const abi = interfaces.supplierEscrow;
  const events = await readEvents({ client: p.client, address, abi, names: NAMES, about: p.order });
  const created = events.find(({ event }) => event.name === "OrderCreated");
  if (created === undefined) return null;
  const firstTerms = termsIn(created);
  const amended = events.findLast(({ event }) => event.name === "OrderAmended");
  const terms = amended === undefined ? firstTerms : { ...termsIn(amended), buyer: firstTerms.buyer };
  const book = events.reduce(bookAfter, newClaimBook({ supplier: firstTerms.supplier }));
  return { firstTerms, terms, book, events };
}

/** The claims after an event of the order. */
export function bookAfter(book: ClaimBook, { event: { name, args } }: Pick<ReadEvent, "event">): ClaimBook {
  if (name === "DeliveryConfirmed") return payClaims(book, unpackBooking(args["booking"] as bigint).paid);
  if (name === "OrderPaid") {
    const payments = (args["payments"] as bigint[]).map(unpackPayment);
    return payClaims(
      book,
      payments.reduce((sum, { amount }) => sum + amount, 0n),
    );
  }
  if (name !== "ClaimAssigned") return book;
  const rest = args["rest"] as bigint;
  return assignClaim(book, {
    claim: Number(args["claim"]),
    given: unpackClaim(args["given"] as bigint),
    rest: rest === 0n ? null : unpackClaim(rest),
  });
}

/** The terms in an OrderCreated or OrderAmended event; of the latter the buyer is missing. */
function termsIn({ event: { args, name } }: ReadEvent): OrderTerms {
  return {
    buyer: name === "OrderCreated" ? (args["buyer"] as string).toLowerCase() : "",
    supplier: (args["supplier"] as string).toLowerCase(),
    clauses: args["clauses"] as bigint,
    conditions: args["conditions"] as string,
    lines: args["lines"] as string,
  };
}
