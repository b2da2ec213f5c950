import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import { algorithmOf } from "../formats/ecdsa.ts";
import type { Verifier } from "../formats/ecdsa.ts";
import { takeLock } from "../store/engine.ts";
import { createAdmitted } from "./admitted.ts";
import type { Held } from "./admitted.ts";
import type { Opened, Rejected } from "./openMessage.ts";
import { checkQuota, countUnregistered, countWaiting, isQuotaFull } from "./quotas.ts";
import type { Quotas, Waiting } from "./quotas.ts";
import { noteSequence } from "./sequences.ts";
import { keepSignatures } from "./signatureStore.ts";
import { pending, refused, waiting } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { RelayerTables } from "./tables.ts";

type Tables = Transaction<RelayerTables>;

/** A message on its way into the store. */
export interface Entry {
  payload: Uint8Array;
  opened: Opened | Rejected;
  /** What the list of messages says of it; null for one that a peer handed over, which is in no list. */
  listed: { topic: string; source: string } | null;
  /** It is in the list already, under this id, and is looked at again. */
  row?: number;
  /** False: the other peers are not told of it. */
  handOn?: boolean;
  /** Whether its device's key signed it; absent while that key is not known. */
  verified?: boolean;
}

/** What became of a message at the door. */
export interface Receipt extends Verdict {
  /** Its event is seen for the first time. */
  fresh: boolean;
  /** The event is held, and this message brought other device signatures. */
  renewed: boolean;
}

/** A device's key as the chain has it; the id commits to it, so it never changes. */
type Key = Pick<RelayerTables["chain_devices"], "device" | "curve" | "x" | "y">;

/** Admits messages in their order, each as if it came alone, in one transaction. A full quota is the answer for its message alone. */
export async function admitAll(p: {
  tx: Tables;
  entries: readonly Entry[];
  /** Number of the newest block that was followed. */
  head: number;
  /** Seconds since 1970. */
  now: number;
  quotas: Quotas;
  verifier: Verifier;
}): Promise<(Receipt | Error)[]> {
  const { tx, entries, head, now, quotas, verifier } = p;
  // What is counted and looked for below must not change before this is written.
  await takeLock({ tx, name: "inbox" });
  const opened = entries.flatMap((entry) => ("status" in entry.opened ? [] : [entry.opened]));
  const keys = await keysOf({ db: tx, devices: opened.map(({ envelope }) => envelope.device), head });
  const state = createAdmitted({ tx, now, held: await heldOf(tx, opened) });
  const found = new Map<string | null, Waiting>();

  /** @param device null: those that nobody registered */
  async function room(device: string | null): Promise<Waiting> {
    const waiting = found.get(device) ?? (await (device === null ? countUnregistered(tx) : countWaiting(tx, device)));
    found.set(device, waiting);
    checkQuota({ device, quotas, waiting });
    return waiting;
  }

  async function admitOne(entry: Entry): Promise<Receipt> {
    if ("status" in entry.opened) {
      const { device, eventId, ...verdict } = entry.opened;
      return state.list(entry, { device, eventId, verdict, proved: false });
    }
    const { envelope, event } = entry.opened;
    const known = { device: envelope.device, eventId: event.eventId };
    const key = keys.get(envelope.device);
    if (!key) {
      const others = await room(null);
      if (entry.row === undefined) {
        others.count++;
        others.bytes += entry.payload.length;
      }
      return state.list(entry, {
        ...known,
        verdict: waiting("device-unknown", "The device is not registered."),
        proved: false,
      });
    }
    if (!(entry.verified ?? (await verify({ entry, key, verifier })))) {
      return state.list(entry, { ...known, verdict: refused("signature", whyNot(entry.opened, key)), proved: false });
    }
    const held = state.held(known);
    const same = held.find(({ kind, content }) => kind === event.kind && content === event.contentHash);
    if (same) return state.repeat(entry, same, await renew(entry, same));
    // Two contents of one key are proof enough of a conflict, and one correction is enough: memory stays bounded.
    if (held.filter(({ kind }) => kind === event.kind).length >= (event.kind === "delivery" ? 2 : 1)) {
      const verdict = refused("conflict", "The device has signed other contents under this event id.");
      return state.list(entry, { ...known, verdict, proved: true });
    }
    const { device } = envelope;
    await room(device);
    return state.hold(entry, event, device);
  }

  /** An open event that comes again with other device signatures is judged anew with the next block. */
  async function renew(entry: Entry, same: Held): Promise<boolean> {
    const { event } = entry.opened as Opened;
    const open = same.status === "pending" || same.status === "waiting";
    if (!open || event.deviceSignatures === undefined) return false;
    await state.write();
    const own = entry.listed !== null;
    if (!(await keepSignatures({ db: tx, row: same, event, payload: entry.payload, own }))) return false;
    await tx
      .updateTable("events")
      .set({ ...pending, judged: 0 })
      .where("id", "=", same.id)
      .execute();
    await tx.updateTable("messages").set(pending).where("event", "=", same.id).execute();
    Object.assign(same, pending);
    return true;
  }

  const receipts: (Receipt | Error)[] = [];
  for (const entry of entries) {
    try {
      receipts.push(await admitOne(entry));
    } catch (error) {
      if (!isQuotaFull(error)) throw error;
      receipts.push(error);
    }
  }
  await state.write();
  await noteSequence({ db: tx, now, events: state.fresh() });
  return receipts;
}

/** Checks the signatures of messages whose devices are registered, side by side and outside of any transaction. */
export async function verifyAll(p: {
  db: Kysely<RelayerTables>;
  entries: readonly Entry[];
  head: number;
  verifier: Verifier;
}): Promise<void> {
  const { db, entries, head, verifier } = p;
  const devices = entries.flatMap(({ opened }) => ("status" in opened ? [] : [opened.envelope.device]));
  const keys = await keysOf({ db, devices, head });
  const check = async (entry: Entry): Promise<void> => {
    const key = "status" in entry.opened ? undefined : keys.get(entry.opened.envelope.device);
    if (!key) return;
    try {
      entry.verified = await verify({ entry, key, verifier });
    } catch {
      // It is tried again where it fails alone.
    }
  };
  await Promise.all(entries.map(check));
}

async function verify({ entry, key, verifier }: { entry: Entry; key: Key; verifier: Verifier }): Promise<boolean> {
  const { envelope } = entry.opened as Opened;
  return envelope.verify({ curve: curveOf(key), x: key.x, y: key.y }, verifier);
}

function whyNot({ envelope }: Opened, key: Key): string {
  const confused = algorithmOf(curveOf(key)) !== envelope.algorithm;
  const why = confused ? `It says ${envelope.algorithm}, and the device's key is on ${curveOf(key)}.` : "";
  return `The signature is not the device's. ${why}`.trim();
}

function curveOf({ curve }: Key): "P-256" | "secp256k1" {
  return curve === "P-256" ? curve : "secp256k1";
}

/** Of those that are registered at this block. */
export async function keysOf(p: {
  db: Kysely<RelayerTables>;
  devices: readonly string[];
  head: number;
}): Promise<Map<string, Key>> {
  if (p.devices.length === 0) return new Map();
  const rows = await p.db
    .selectFrom("chain_devices")
    .select(["device", "curve", "x", "y"])
    .where("device", "in", [...new Set(p.devices)])
    .where("block", "<=", p.head)
    .execute();
  return new Map(rows.map((row) => [row.device, row]));
}

/** Every event that is held under one of these messages' event ids. */
export async function heldOf(
  db: Kysely<RelayerTables>,
  opened: readonly Opened[],
): Promise<(Held & { heard: boolean })[]> {
  if (opened.length === 0) return [];
  const names = opened.map(({ envelope, event }) => sql`(${envelope.device}, ${event.eventId})`);
  const rows = await db
    .selectFrom("events")
    .select(["id", "device", "event_id", "kind", "content", "body", "status", "reason", "detail"])
    .select((row) =>
      row
        .exists(row.selectFrom("messages").select("messages.id").whereRef("messages.event", "=", "events.id"))
        .as("heard"),
    )
    .where(sql<boolean>`(device, event_id) in (values ${sql.join(names)})`)
    .execute();
  return rows.map((row) => ({ ...row, heard: Boolean(row.heard) }));
}
