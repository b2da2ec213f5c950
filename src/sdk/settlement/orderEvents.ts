import { assignClaim, newClaimBook, payClaims, unpackClaim, unpackPayment } from "../../chain/claims.ts";
import type { ClaimBook } from "../../chain/claims.ts";
import { interfaces } from "../../chain/contracts.ts";
import { CREATION_EVENTS, creationsIn } from "../../chain/creations.ts";
import type { OrderCreation } from "../../chain/creations.ts";
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
  /** Where it is known. */
  creation?: OrderCreation;
}): Promise<OrderHistory | null> {
  const { escrow: address } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  const abi = interfaces.supplierEscrow;
  const events = await readEvents({ client: p.client, address, abi, names: NAMES, about: p.order });
  const creation = p.creation ?? creationAmong(p, events) ?? (await batchedCreation(p));
  if (creation === undefined) return null;
  const firstTerms = creation.terms;
  const amended = events.findLast(({ event }) => event.name === "OrderAmended");
  const terms = amended === undefined ? firstTerms : amendedTerms(firstTerms, amended);
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

/** All orders that were created in a currency, in the chain's order. */
export async function readCreations(p: {
  client: Client;
  currency: string;
  /** Only those of this event. */
  name?: (typeof CREATION_EVENTS)[number];
}): Promise<OrderCreation[]> {
  const { chainId } = p.client.deployment;
  const { escrow: address } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  const abi = interfaces.supplierEscrow;
  const only = p.name === undefined ? {} : { topic: abi.getEvent(p.name)?.topicHash ?? "" };
  const events = await readEvents({ client: p.client, address, abi, names: CREATION_EVENTS, ...only });
  return events.flatMap(({ log }) => creationsIn({ log, chainId }));
}

/** A batch is logged under its buyer alone, so it is looked through for the order. */
async function batchedCreation(p: { client: Client; currency: string; order: string }) {
  const batched = await readCreations({ ...p, name: "OrdersCreated" });
  return batched.find(({ order }) => order === p.order.toLowerCase());
}

function creationAmong({ client, order }: { client: Client; order: string }, events: readonly ReadEvent[]) {
  const { chainId } = client.deployment;
  return events
    .flatMap(({ log }) => creationsIn({ log, chainId }))
    .find((found) => found.order === order.toLowerCase());
}

/** What an amendment puts in force; the buyer is never amended. */
function amendedTerms({ buyer }: OrderTerms, { event: { args } }: ReadEvent): OrderTerms {
  return {
    buyer,
    supplier: (args["supplier"] as string).toLowerCase(),
    clauses: args["clauses"] as bigint,
    conditions: args["conditions"] as string,
    lines: args["lines"] as string,
  };
}
