import type { Kysely, Transaction } from "kysely";
import { parseDeliveryEvent } from "../formats/deliveryEvent.ts";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { algorithmOf } from "../formats/ecdsa.ts";
import { openEnvelope } from "../formats/envelope.ts";
import type { Envelope } from "../formats/envelope.ts";
import { deviceTopic } from "../formats/jwk.ts";
import { EventRefusedError } from "../formats/reasons.ts";
import type { RetryableError } from "../lib/errors.ts";
import { takeLock } from "../store/engine.ts";
import { takeIds } from "../store/ids.ts";
import { decodeMessage, encodeMessage } from "./encoding.ts";
import { checkQuota, countUnregistered, countWaiting, isQuotaFull } from "./quotas.ts";
import type { Quotas } from "./quotas.ts";
import { bringsNew, keepSignatures } from "./signatureStore.ts";
import { pending, refused, waiting } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { RelayerTables } from "./tables.ts";
import { createView } from "./view.ts";

/** What came from a device, by whatever transport. */
export interface Message {
  topic: string;
  payload: Uint8Array;
  retained: boolean;
}

interface Opened {
  envelope: Envelope;
  event: DeliveryEvent;
}

/** What became of a message at the door: its event, if it has one, and whether it is seen for the first time. */
interface Admitted {
  id: number | null;
  fresh: boolean;
  /** The event is held, and this message brought other device signatures. */
  renewed: boolean;
  verdict: Verdict;
}

type Tables = Transaction<RelayerTables>;

/**
 * Takes in what devices sent: `receive` from a transport, `learn` from peers. When the promise resolves, the message is
 * durable and may be acknowledged; when it rejects, it must not be. `admitted` is told of each event seen for the first time.
 */
export function createInbox({
  db,
  clock,
  head,
  quotas = { unregistered: 1_000, device: 10_000 },
  admitted,
}: {
  db: Kysely<RelayerTables>;
  /** Seconds since 1970; only for the record, never for a verdict. */
  clock: () => number;
  /** Number of the newest block that was followed. */
  head: () => number;
  quotas?: Quotas;
  admitted: (messages: Uint8Array[]) => void;
}) {
  async function receive(message: Message): Promise<void> {
    const fresh = await db.transaction().execute(async (tx) => {
      const opened = open(message);
      const row = {
        id: await takeIds({ tx, name: "messages" }),
        received: clock(),
        topic: message.topic,
        ...encodeMessage(message.payload),
      };
      if ("status" in opened) {
        const { device, eventId, ...verdict } = opened;
        await tx
          .insertInto("messages")
          .values({ ...row, device, event_id: eventId, event: null, ...verdict })
          .execute();
        return false;
      }
      const { envelope, event } = opened;
      const admitted = await admit(tx, opened, message.payload);
      const known = { device: envelope.device, event_id: event.eventId };
      await tx
        .insertInto("messages")
        .values({ ...row, ...known, ...(await shownOf(tx, admitted)) })
        .execute();
      return admitted.fresh || admitted.renewed;
    });
    if (fresh) admitted([message.payload]);
  }

  /** Takes in what a peer holds; what is no good event of a registered device is left alone. One full quota rejects the whole, but stops nothing. */
  async function learn(messages: readonly Uint8Array[]): Promise<void> {
    let full: RetryableError | undefined;
    for (const payload of messages) {
      const opened = open({ topic: null, payload, retained: false });
      if ("status" in opened || (await isHeld(opened)) || !(await isRegistered(opened))) continue;
      const { fresh } = await db
        .transaction()
        .execute((tx) => admit(tx, opened, payload, { own: false }))
        .catch((error: unknown) => {
          if (!isQuotaFull(error)) throw error;
          full = error;
          return { fresh: false };
        });
      if (fresh) admitted([payload]);
    }
    if (full) throw full;
  }

  async function isRegistered({ envelope }: Opened): Promise<boolean> {
    return (await createView(db, head()).device(envelope.device)) !== undefined;
  }

  /** Peers send most events more than once: their signatures are checked once. */
  async function isHeld({ envelope, event }: Opened): Promise<boolean> {
    const row = await db
      .selectFrom("events")
      .select(["id", "body"])
      .where("device", "=", envelope.device)
      .where("event_id", "=", event.eventId)
      .where("kind", "=", event.kind)
      .where("content", "=", event.contentHash)
      .executeTakeFirst();
    return row !== undefined && !(await bringsNew(db, row, event));
  }

  /** Looks again at messages whose device was registered since they came; those above its quota wait on. */
  async function reconsider(): Promise<void> {
    const rows = await db
      .selectFrom("messages")
      .innerJoin("chain_devices", "chain_devices.device", "messages.device")
      .selectAll("messages")
      .where("status", "=", "waiting")
      .where("event", "is", null)
      .orderBy("id")
      .execute();
    for (const row of rows) {
      const payload = decodeMessage(row);
      const opened = open({ topic: row.topic, payload, retained: false });
      if ("status" in opened) continue;
      const look = async (tx: Tables): Promise<boolean> => {
        const admitted = await admit(tx, opened, payload);
        await tx
          .updateTable("messages")
          .set(await shownOf(tx, admitted))
          .where("id", "=", row.id)
          .execute();
        return admitted.fresh || admitted.renewed;
      };
      const fresh = await db
        .transaction()
        .execute(look)
        .catch((error: unknown) => {
          if (isQuotaFull(error)) return false;
          throw error;
        });
      if (fresh) admitted([payload]);
    }
  }

  async function admit(
    tx: Tables,
    { envelope, event }: Opened,
    payload: Uint8Array,
    { own } = { own: true },
  ): Promise<Admitted> {
    const none = (verdict: Verdict) => ({ id: null, fresh: false, renewed: false, verdict });
    // What is counted and looked for below must not change before this is written.
    await takeLock({ tx, name: "inbox" });
    const device = await createView(tx, head()).device(envelope.device);
    if (!device) {
      checkQuota("unregistered devices", quotas.unregistered, await countUnregistered(tx));
      return none(waiting("device-unknown", "The device is not registered."));
    }
    const curve = device.curve === "P-256" ? device.curve : "secp256k1";
    if (!(await envelope.verify({ curve, x: device.x, y: device.y }))) {
      const confused = algorithmOf(curve) !== envelope.algorithm;
      const why = confused ? `It says ${envelope.algorithm}, and the device's key is on ${curve}.` : "";
      return none(refused("signature", `The signature is not the device's. ${why}`.trim()));
    }
    const held = await tx
      .selectFrom("events")
      .select(["id", "content", "body", "status", "reason", "detail"])
      .where("device", "=", envelope.device)
      .where("event_id", "=", event.eventId)
      .where("kind", "=", event.kind)
      .execute();
    const same = held.find(({ content }) => content === event.contentHash);
    if (same) {
      const { id, status, reason, detail } = same;
      const open = status === "pending" || status === "waiting";
      const renewed = open && (await keepSignatures({ db: tx, row: same, event, payload, own }));
      if (!renewed) return { id, fresh: false, renewed, verdict: { status, reason, detail } };
      // Judged anew with the next block: until then it is under way, as one that comes for the first time.
      await tx.updateTable("events").set(pending).where("id", "=", id).execute();
      await tx.updateTable("messages").set(pending).where("event", "=", id).execute();
      return { id, fresh: false, renewed, verdict: pending };
    }
    // Two contents of one key are proof enough of a conflict, and one correction is enough: memory stays bounded.
    if (held.length >= (event.kind === "delivery" ? 2 : 1)) {
      return none(refused("conflict", "The device has signed other contents under this event id."));
    }
    checkQuota(`device ${envelope.device}`, quotas.device, await countWaiting(tx, envelope.device));
    const id = await takeIds({ tx, name: "events" });
    await tx
      .insertInto("events")
      .values({
        id,
        device: envelope.device,
        event_id: event.eventId,
        content: event.contentHash,
        kind: event.kind,
        time: event.time,
        body: JSON.stringify(event),
        ...encodeMessage(payload),
        order_id: null,
        ...pending,
        final_at: null,
      })
      .execute();
    return { id, fresh: true, renewed: false, verdict: pending };
  }

  return { receive, learn, reconsider };
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

/** How a message stands in the list: as its event, or as one that came again. */
async function shownOf(
  tx: Tables,
  { id, fresh, renewed, verdict }: Admitted,
): Promise<Verdict & { event: number | null }> {
  if (id === null || fresh || !(await heardBefore(tx, id))) return { ...verdict, event: id };
  return { ...(renewed ? renewal : duplicate), event: null };
}

function open(
  message: Omit<Message, "topic"> & { topic: string | null },
): Opened | (Verdict & { device: string | null; eventId: string | null }) {
  let device: string | null = null;
  let eventId: string | null = null;
  try {
    const envelope = openEnvelope(message.payload);
    device = envelope.device;
    const event = parseDeliveryEvent(envelope);
    eventId = event.eventId;
    if (message.retained) return { device, eventId, ...refused("retained", "The event came as a retained message.") };
    if (message.topic !== null && message.topic !== deviceTopic(device)) {
      return {
        device,
        eventId,
        ...refused("topic", `The message came on ${message.topic}, and another device signed it.`),
      };
    }
    return { envelope, event };
  } catch (error) {
    if (!(error instanceof EventRefusedError)) throw error;
    return { device, eventId: error.eventId ?? eventId, ...refused(error.reason, error.message) };
  }
}

async function heardBefore(tx: Tables, event: number): Promise<boolean> {
  return (await tx.selectFrom("messages").select("id").where("event", "=", event).executeTakeFirst()) !== undefined;
}
