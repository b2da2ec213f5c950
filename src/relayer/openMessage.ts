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
    const envelope = openEnvelope(message.payload);
    device = envelope.device;
    const event = parseDeliveryEvent(envelope);
    eventId = event.eventId;
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

/** As much of a refused message as is kept; what is cut off takes no memory any more. */
export function cut(payload: Uint8Array): Uint8Array {
  return payload.length > MAX_MESSAGE_BYTES ? Uint8Array.from(payload.subarray(0, HEAD_BYTES)) : payload;
}

function cutDetail(payload: Uint8Array): string {
  if (payload.length <= MAX_MESSAGE_BYTES) return "";
  const hash = createHash("sha256").update(payload).digest("hex");
  return ` Kept are its first ${String(HEAD_BYTES)} bytes and its SHA-256 hash, 0x${hash}.`;
}
