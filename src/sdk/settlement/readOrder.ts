import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import { linesFromBytes, unpackClauses } from "../../chain/terms.ts";
import type { Clauses, LineTerms, OrderTerms } from "../../chain/terms.ts";
import type { Client } from "../client.ts";
import { readEvents } from "../logs.ts";

export interface ReadOrderParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** The order's id, 0x-hex. */
  order: string;
}

export interface Order {
  order: string;
  currency: string;
  status: "open" | "ended" | "closed";
  /** As they were agreed first. */
  terms: OrderTerms;
  clauses: Clauses;
  /** Per line what was ordered, and what is delivered by now in the line's scale. */
  lines: (LineTerms & { delivered: bigint })[];
  /** Paid or credited so far, in minor units. */
  paid: bigint;
}

const STATUS = [null, "open", "ended", "closed"] as const;

/**
 * Reads an order: its terms from the event that created it, its state from the escrow. Null when there is none.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const order = await readOrder({ client, currency: "KRW", order: id });
 */
export async function readOrder({ client, currency, order }: ReadOrderParameters): Promise<Order | null> {
  const { escrow } = client.contracts.currency(currency);
  const state = await escrow.orderOf(order);
  const status = STATUS[Number(state.status)] ?? null;
  if (status === null) return null;
  const created = (await readCreations({ client, currency })).find((one) => one.order === order.toLowerCase());
  if (created === undefined) return null;
  const lines = await Promise.all(
    linesFromBytes(created.terms.lines).map(async (line, index) => ({
      ...line,
      delivered: (await escrow.lineOf(created.terms, index)).delivered,
    })),
  );
  const clauses = unpackClauses(created.terms.clauses);
  return { order: created.order, currency, status, terms: created.terms, clauses, lines, paid: state.paid };
}

/** All orders that were created in a currency, with their terms, in the chain's order. */
export async function readCreations(p: {
  client: Client;
  currency: string;
}): Promise<{ order: string; terms: OrderTerms; block: number; transaction: string }[]> {
  const { escrow: address } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  const abi = interfaces.supplierEscrow;
  const events = await readEvents({ client: p.client, address, abi, names: ["OrderCreated"] });
  return events.map(({ log, event: { args } }) => ({
    order: (args["order"] as string).toLowerCase(),
    terms: {
      buyer: (args["buyer"] as string).toLowerCase(),
      supplier: (args["supplier"] as string).toLowerCase(),
      clauses: args["clauses"] as bigint,
      conditions: args["conditions"] as string,
      lines: args["lines"] as string,
    },
    block: log.blockNumber,
    transaction: log.transactionHash,
  }));
}
