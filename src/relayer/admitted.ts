import type { Selectable, Transaction } from "kysely";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { takeIds } from "../store/ids.ts";
import type { Entry, Receipt } from "./admission.ts";
import { encodeMessage } from "./encoding.ts";
import { pending } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { RelayerTables } from "./tables.ts";

type EventRow = Selectable<RelayerTables["events"]>;
type MessageRow = Selectable<RelayerTables["messages"]>;

/** An event that is held; one of this transaction has the id 0 until it is written. */
export type Held = Pick<
  EventRow,
  "id" | "device" | "event_id" | "kind" | "content" | "body" | "status" | "reason" | "detail"
>;

interface Claim {
  device: string | null;
  eventId: string | null;
  verdict: Verdict;
  /** Whether that device is known to have signed it. */
  proved: boolean;
}

/** Rows in one statement: each has its parameters. */
const ROWS = 500;
/** Characters of a topic that are kept: whoever publishes chooses it. */
const TOPIC = 200;
/** What a row takes beside its texts, roughly, in bytes. */
const ROW = 200;

/** What a transaction admits, in memory until it is written with few statements. */
export function createAdmitted(p: {
  tx: Transaction<RelayerTables>;
  now: number;
  held: readonly (Held & { heard: boolean })[];
}) {
  const { tx, now } = p;
  const byName = new Map<string, Held[]>();
  const heard = new Set<Held>();
  const events: { held: Held; row: Omit<EventRow, "id" | "acknowledged" | "judged"> }[] = [];
  const messages: { held: Held | null; row: Omit<MessageRow, "id" | "event"> }[] = [];
  const fresh: { device: string; sequence: number }[] = [];

  function remember(held: Held): void {
    const name = nameOf({ device: held.device, eventId: held.event_id });
    byName.set(name, [...(byName.get(name) ?? []), held]);
  }
  for (const held of p.held) {
    remember(held);
    if (held.heard) heard.add(held);
  }

  async function add(entry: Entry, claim: Claim, held: Held | null): Promise<void> {
    const { device, eventId, verdict, proved } = claim;
    // Of an event, the message stands with the event; of a duplicate, nothing is left to read.
    const bare = held !== null || verdict.status === "duplicate";
    const kept = bare ? { payload: "", encoding: "utf8" as const } : encodeMessage(entry.payload);
    if (entry.row !== undefined) {
      await write();
      const changed = { ...kept, ...verdict, event: held?.id ?? null };
      await tx.updateTable("messages").set(changed).where("id", "=", entry.row).execute();
    } else if (entry.listed) {
      const topic = entry.listed.topic.slice(0, TOPIC).toWellFormed();
      const source = proved ? `device:${device ?? ""}` : entry.listed.source.slice(0, TOPIC).toWellFormed();
      const size =
        ROW + kept.payload.length + 2 * topic.length + (verdict.detail?.length ?? 0) + (eventId?.length ?? 0);
      const row = { received: now, topic, source, size, ...kept, device, event_id: eventId, ...verdict };
      messages.push({ held, row });
    } else return;
    if (held) heard.add(held);
  }

  /** Writes what was admitted so far, in the order in which it came. */
  async function write(): Promise<void> {
    for (const part of parts(events.splice(0))) {
      const first = await takeIds({ tx, name: "events", count: part.length });
      part.forEach(({ held }, index) => (held.id = first + index));
      const rows = part.map(({ held, row }) => ({ ...row, id: held.id }));
      await tx.insertInto("events").values(rows).execute();
    }
    for (const part of parts(messages.splice(0))) {
      const first = await takeIds({ tx, name: "messages", count: part.length });
      const rows = part.map(({ held, row }, index) => ({ ...row, id: first + index, event: held?.id ?? null }));
      await tx.insertInto("messages").values(rows).execute();
    }
  }

  return {
    write,
    held: (name: { device: string; eventId: string }): readonly Held[] => byName.get(nameOf(name)) ?? [],
    /** Numbers of the devices' events that were seen for the first time. */
    fresh: () => fresh,

    /** A message without an event. */
    async list(entry: Entry, claim: Claim): Promise<Receipt> {
      await add(entry, claim, null);
      return { fresh: false, renewed: false, ...claim.verdict };
    },

    /** A message of an event that is held: in the list once as the event, then as a duplicate. */
    async repeat(entry: Entry, held: Held, renewed: boolean): Promise<Receipt> {
      const { device, event_id: eventId, status, reason, detail } = held;
      const first = !heard.has(held);
      const verdict = first ? { status, reason, detail } : renewed ? renewal : duplicate;
      await add(entry, { device, eventId, verdict, proved: true }, first ? held : null);
      return { fresh: false, renewed, ...verdict };
    },

    /** A message whose event is seen for the first time. */
    async hold(entry: Entry, event: DeliveryEvent, device: string): Promise<Receipt> {
      const { eventId: event_id, contentHash: content, kind, time, sequence } = event;
      const body = JSON.stringify(event);
      const held: Held = { id: 0, device, event_id, kind, content, body, ...pending };
      const about = { device, event_id, kind, content, body, time, received: now };
      const kept = encodeMessage(entry.payload);
      const size = ROW + kept.payload.length + body.length;
      events.push({ held, row: { ...about, ...kept, size, order_id: null, ...pending, final_at: null } });
      remember(held);
      if (sequence !== null) fresh.push({ device, sequence });
      await add(entry, { device, eventId: event_id, verdict: pending, proved: true }, held);
      return { fresh: true, renewed: false, ...pending };
    },
  };
}

const duplicate: Verdict = {
  status: "duplicate",
  reason: null,
  detail: "The same event came before; it counts once.",
};

const renewal: Verdict = {
  ...duplicate,
  detail: "The same event came before; it counts once. Its new device signatures are kept.",
};

function nameOf({ device, eventId }: { device: string; eventId: string }): string {
  return `${device} ${eventId}`;
}

function parts<T>(list: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(list.length / ROWS) }, (_, i) => list.slice(i * ROWS, (i + 1) * ROWS));
}
