import type { Kysely, Selectable } from "kysely";
import { keccak256, toUtf8Bytes } from "ethers";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import type { EventDeviceSignature } from "../formats/deviceSignatures.ts";
import { encodeMessage } from "./encoding.ts";
import type { EncodedMessage } from "./encoding.ts";
import type { RelayerTables } from "./tables.ts";

type EventRow = Pick<Selectable<RelayerTables["events"]>, "id" | "body">;

/**
 * Messages that are kept of one event beside its first one, because they bring other device signatures. The device's own
 * next one takes the place of the oldest; what peers hand over takes free places only, so that they never push each
 * other's out in turn.
 */
const MOST_KEPT = 8;

/** All device signatures that came with an event, in whichever message. */
export async function signaturesOf(db: Kysely<RelayerTables>, row: EventRow): Promise<EventDeviceSignature[]> {
  const later = await laterMessages(db, [row.id]);
  const first = (JSON.parse(row.body) as DeliveryEvent).deviceSignatures ?? [];
  return [...first, ...later.flatMap(({ signatures }) => JSON.parse(signatures) as EventDeviceSignature[])];
}

/** Whether a message of an event that is held brings device signatures that are not. */
export async function bringsNew(db: Kysely<RelayerTables>, row: EventRow, event: DeliveryEvent): Promise<boolean> {
  const text = textOf(event);
  if (text === null || text === textOf(JSON.parse(row.body) as DeliveryEvent)) return false;
  const kept = await laterMessages(db, [row.id]);
  return !kept.some(({ hash }) => hash === hashOf(text));
}

/**
 * Keeps a message of an event that is held, for its device signatures.
 * @param p.own from the device itself, not from a peer
 * @returns whether it was new and found a place
 */
export async function keepSignatures(p: {
  db: Kysely<RelayerTables>;
  row: EventRow;
  event: DeliveryEvent;
  payload: Uint8Array;
  own: boolean;
}): Promise<boolean> {
  const { db, row, event, payload, own } = p;
  const text = textOf(event);
  if (text === null || !(await bringsNew(db, row, event))) return false;
  const kept = await laterMessages(db, [row.id]);
  const [oldest] = kept;
  if (oldest && kept.length >= MOST_KEPT) {
    if (!own) return false;
    await db.deleteFrom("event_signatures").where("event", "=", row.id).where("hash", "=", oldest.hash).execute();
  }
  const place = (kept.at(-1)?.place ?? 0) + 1;
  await db
    .insertInto("event_signatures")
    .values({ event: row.id, hash: hashOf(text), place, signatures: text, ...encodeMessage(payload) })
    .execute();
  return true;
}

/** The messages that were kept of events beside their first ones, the oldest of each first. */
export async function laterMessages(
  db: Kysely<RelayerTables>,
  events: readonly number[],
): Promise<(EncodedMessage & { hash: string; place: number; signatures: string })[]> {
  if (events.length === 0) return [];
  return db.selectFrom("event_signatures").selectAll().where("event", "in", events).orderBy("place").execute();
}

function textOf({ deviceSignatures = [] }: DeliveryEvent): string | null {
  return deviceSignatures.length === 0 ? null : JSON.stringify(deviceSignatures);
}

function hashOf(text: string): string {
  return keccak256(toUtf8Bytes(text));
}
