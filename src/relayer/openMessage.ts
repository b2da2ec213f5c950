import { createHash } from "node:crypto";
import { parseDeliveryEvent } from "../formats/deliveryEvent.ts";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { MAX_MESSAGE_BYTES, openEnvelope } from "../formats/envelope.ts";
import type { Envelope } from "../formats/envelope.ts";
import { deviceTopic } from "../formats/jwk.ts";
import { EventRefusedError } from "../formats/reasons.ts";
import { shown } from "../formats/shown.ts";
import { refused } from "./status.ts";
import type { Verdict } from "./status.ts";

/** What came from a device, by whatever transport. */
export interface Message {
  /** Null where the transport has none: then nothing but the signature says whose it is. */
  topic: string | null;
  payload: Uint8Array;
  retained: boolean;
  /** Who handed it over, where that is not said by the topic: `http:` and an address. */
  source?: string;
}

/** A message that may count, if the device's key signed it. */
export interface Opened {
  envelope: Envelope;
  event: DeliveryEvent;
}

/** Why it can never count, and whose it claims to be. */
export type Rejected = Verdict & { device: string | null; eventId: string | null };

/** Of what is larger than a message may be, so much is kept. */
const HEAD_BYTES = 256;

export function openMessage(message: Pick<Message, "topic" | "payload" | "retained">): Opened | Rejected {
  let device: string | null = null;
  let eventId: string | null = null;
  try {
    const known = recall(message.payload);
    const envelope = known.opened?.envelope ?? openEnvelope(known.payload);
    device = envelope.device;
    const event = known.opened?.event ?? parseDeliveryEvent(envelope);
    eventId = event.eventId;
    remember({ ...known, opened: { envelope, event } });
    if (message.retained) return { device, eventId, ...refused("retained", "The event came as a retained message.") };
    if (message.topic !== null && message.topic !== deviceTopic(device)) {
      const detail = `The message came on ${shown(message.topic)}, and another device signed it.`;
      return { device, eventId, ...refused("topic", detail) };
    }
    return { envelope, event };
  } catch (error) {
    if (!(error instanceof EventRefusedError)) throw error;
    const verdict = refused(error.reason, error.message + cutDetail(message.payload));
    return { device, eventId: error.eventId ?? eventId, ...verdict };
  }
}

/** Messages that were opened last, by their hash: an event comes from the broker and once from each peer. */
const opened = new Map<string, Opened>();
const MOST_OPENED = 1_000;
/** Bytes of the largest that is remembered. */
const LARGEST_OPENED = 4_096;

interface Recalled {
  /** Null: too large to be remembered. */
  hash: string | null;
  /** A copy, where it may be remembered: what came is a part of something larger. */
  payload: Uint8Array;
  opened: Opened | undefined;
}

function recall(payload: Uint8Array): Recalled {
  if (payload.length > LARGEST_OPENED) return { hash: null, payload, opened: undefined };
  const hash = createHash("sha256").update(payload).digest("base64");
  const known = opened.get(hash);
  return { hash, payload: known === undefined ? Uint8Array.from(payload) : payload, opened: known };
}

function remember({ hash, opened: one }: Recalled): void {
  if (hash === null || one === undefined || opened.has(hash)) return;
  if (opened.size >= MOST_OPENED) opened.clear();
  opened.set(hash, one);
}

/** As much of a refused message as is kept; what is cut off takes no memory any more. */
export function cut(payload: Uint8Array): Uint8Array {
  return payload.length > MAX_MESSAGE_BYTES ? Uint8Array.from(payload.subarray(0, HEAD_BYTES)) : payload;
}

function cutDetail(payload: Uint8Array): string {
  if (payload.length <= MAX_MESSAGE_BYTES) return "";
  const hash = createHash("sha256").update(payload).digest("hex");
  return ` Kept are its first ${String(HEAD_BYTES)} bytes and its SHA-256 hash, 0x${hash}.`;
}
