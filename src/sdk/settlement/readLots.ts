import { CALL } from "../../chain/orderState.ts";
import { unpackBooking } from "../../chain/terms.ts";
import type { OrderConditions } from "../../chain/terms.ts";
import type { Client } from "../client.ts";
import type { ReadEvent } from "../logs.ts";
import { readOrderHistory } from "./orderEvents.ts";

export interface ReadLotsParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** The order's id, 0x-hex. */
  order: string;
  /** With them deadlines are known. */
  conditions?: OrderConditions;
}

/** Goods under inspection, or the call on the retention, as long as it is not decided. */
export interface Lot {
  /** Its number; of the call 4294967295. */
  lot: number;
  kind: "goods" | "retention";
  /** Index of the order's line; null for the call. */
  line: number | null;
  /** In the line's scale; of the call minor units. */
  quantity: bigint;
  /** Unit-days by which the goods were late. */
  late: bigint;
  /** Whose turn it is: pending the buyer's, rejected the payees', disputed the arbiter's. */
  status: "pending" | "rejected" | "disputed";
  /** When that began, seconds since 1970. */
  since: number;
  /** When silence decides, seconds since 1970; null without conditions. */
  ends: number | null;
}

const STATUS = [null, "pending", "rejected", "disputed"] as const;
const WINDOWS = { pending: "inspection", rejected: "answer", disputed: "arbitration" } as const;

/**
 * Reads the lots of an order that are not decided, in the order in which they came.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const pending = (await readLots({ client, currency: "KRW", order })).filter(({ status }) => status === "pending");
 */
export async function readLots(p: ReadLotsParameters): Promise<Lot[]> {
  const history = await readOrderHistory(p);
  return history === null ? [] : await lotsOf({ ...p, events: history.events });
}

/** The same where the order's events are known. */
export async function lotsOf(p: ReadLotsParameters & { events: readonly ReadEvent[] }): Promise<Lot[]> {
  const { escrow } = p.client.contracts.currency(p.currency);
  const found = await Promise.all(
    openNumbers(p.events).map(async (lot): Promise<Lot[]> => {
      const state = await escrow.lotOf(p.order, lot);
      const status = STATUS[Number(state.status)] ?? null;
      if (status === null) return [];
      const since = Number(state.since);
      const ends = p.conditions === undefined ? null : since + p.conditions[WINDOWS[status]];
      const kind = lot === CALL ? "retention" : "goods";
      const line = lot === CALL ? null : Number(state.line);
      return [{ lot, kind, line, quantity: state.quantity, late: state.late, status, since, ends }];
    }),
  );
  return found.flat();
}

/** Numbers of the lots that were opened and, by the events, not decided. */
function openNumbers(events: readonly ReadEvent[]): number[] {
  const open = new Set<number>();
  for (const { event } of events) {
    const { name, args } = event;
    if (name === "DeliveryConfirmed") {
      const { lot } = unpackBooking(args["booking"] as bigint);
      if (lot > 0) open.add(lot - 1);
    }
    if (name === "RetentionCalled") open.add(CALL);
    if (name === "LotDecided") open.delete(Number(args["lot"]));
    if (name === "LotInspected" && args["rejected"] === 0n) open.delete(Number(args["lot"]));
  }
  return [...open];
}
