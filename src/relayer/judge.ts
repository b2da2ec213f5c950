import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { matchItems } from "../formats/matchItems.ts";
import type { MatchedItem } from "../formats/matchItems.ts";
import { EventRefusedError } from "../formats/reasons.ts";
import { pending, refused, waiting } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { DeviceView, OrderView, View } from "./view.ts";

/** Seconds that a device's clock, or an order's issue time, may be off. A constant of the escrow. */
export const SKEW = 300;
const DAY = 86_400;

/** What an event is worth at a block: whether it may count, for which order, and how much on which line. */
export interface Judgement {
  verdict: Verdict;
  order: OrderView | null;
  lines: MatchedItem[];
}

/** Where and when an event is judged. Nothing here depends on the relayer that judges. */
export interface Moment {
  view: View;
  /** Timestamp of the block. */
  time: number;
}

/**
 * Judges what the chain at a block says about an event whose signature is good (relayer-agreement.md, rule 7).
 * `resolved` is the order found for it before: once resolved it never changes.
 */
export async function judge({
  event,
  device,
  resolved,
  moment: { view, time },
}: {
  event: DeliveryEvent;
  device: string;
  resolved: string | null;
  moment: Moment;
}): Promise<Judgement> {
  const nothing = (verdict: Verdict): Judgement => ({ verdict, order: null, lines: [] });
  const registered = await view.device(device);
  if (!registered) return nothing(waiting("device-unknown", "The device is not registered."));
  const wrong = judgeDevice(registered, event, time);
  if (wrong) return nothing(wrong);

  const found = await resolve({ event, owner: registered.owner, resolved, view });
  if ("status" in found) return nothing(found);
  try {
    const lines = matchItems({ event, sheet: found.sheet });
    return { verdict: judgeOrder(found, event), order: found, lines };
  } catch (error) {
    if (!(error instanceof EventRefusedError)) throw error;
    return { verdict: refused(error.reason, error.message), order: found, lines: [] };
  }
}

/** Most unit-days that a report can say. */
const MOST_LATE = 2n ** 48n - 1n;

/**
 * A line's late unit-days after some more events: started days after the due date that was in force at the event times
 * quantity, each unit at most the capped days. No more than a report can say: a device may claim any quantity, and what
 * finds no room bears none of it.
 */
export function lateAfter(
  order: Pick<OrderView, "dues" | "capDays">,
  late: bigint,
  events: readonly { time: number; quantity: bigint }[],
): bigint {
  const sum = events.reduce((total, { time, quantity }) => {
    const due = (order.dues.findLast(({ since }) => since <= time) ?? order.dues[0])?.due ?? time;
    const days = Math.max(0, Math.ceil((time - due) / DAY));
    return total + quantity * BigInt(Math.min(days, order.capDays));
  }, late);
  return sum < MOST_LATE ? sum : MOST_LATE;
}

/** A name for a line that a person finds in the order. */
export function lineName(order: OrderView, line: number): string {
  return `line ${order.sheet.lines[line]?.id ?? String(line)} of order ${order.sheet.number}`;
}

function judgeDevice(device: DeviceView, event: DeliveryEvent, time: number): Verdict | undefined {
  if (device.revoked) return refused("device-revoked", "The device's registration was revoked.");
  if (event.time > time + SKEW) {
    return waiting(
      "in-future",
      `The event is ${String(event.time - time)} s ahead of the chain, allowed are ${String(SKEW)} s.`,
    );
  }
  if (event.time < device.validFrom || event.time >= device.validUntil) {
    const [from, until] = [device.validFrom, device.validUntil].map(isoTime);
    return refused(
      "device-validity",
      `The device is valid from ${from} to ${until}; the event is of ${isoTime(event.time)}.`,
    );
  }
  return undefined;
}

function judgeOrder(order: OrderView, event: DeliveryEvent): Verdict {
  if (event.time > order.expiry) {
    return refused(
      "after-expiry",
      `The order expired at ${isoTime(order.expiry)}; the event is of ${isoTime(event.time)}.`,
    );
  }
  if (!order.open) return refused("order-closed", `Order ${order.sheet.number} is closed.`);
  return pending;
}

async function resolve({
  event,
  owner,
  resolved,
  view,
}: {
  event: DeliveryEvent;
  owner: number;
  resolved: string | null;
  view: View;
}): Promise<OrderView | Verdict> {
  const reference = resolved === null ? event.order : { kind: "id" as const, id: resolved };
  if (!reference) return refused("order-reference", "The event names no order.");
  const named = await view.candidates(reference);
  const mine: OrderView[] = [];
  for (const order of named) {
    const issued = Math.floor(Date.parse(order.sheet.issued) / 1000);
    if (issued <= event.time + SKEW && (await view.organisation(order.buyer, order.created)) === owner)
      mine.push(order);
  }
  const [order, another] = mine;
  if (order && !another) return order;
  const name = reference.kind === "number" ? reference.number : reference.id;
  if (order)
    return waiting("order-ambiguous", `${String(mine.length)} orders of the device's owner have the number ${name}.`);
  if (named.length === 0) return waiting("order-unknown", `No order ${name} is known.`);
  return waiting(
    "order-unknown",
    `An order ${name} is known, but the device's owner (organisation ${String(owner)}) is not its buyer, or the event is older than the order.`,
  );
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
