import { openCose } from "./cose.ts";
import type { Algorithm, Verifier } from "./ecdsa.ts";
import type { EventPayload } from "./eventPayload.ts";
import { openJws } from "./jws.ts";
import { EventRefusedError } from "./reasons.ts";

/** A device's public key. Coordinates are 0x-hex, 32 bytes each. */
export interface DeviceKey {
  curve: "P-256" | "secp256k1";
  x: string;
  y: string;
}

/** A signed message, opened but not yet believed: `verify` says whether the key signed it. */
export interface Envelope extends EventPayload {
  algorithm: Algorithm;
  /** The device id that the message claims: the RFC 7638 thumbprint of its key, 0x-hex. */
  device: string;
  /** False too when the key is not the one that `device` names, or on another curve than the algorithm's. */
  verify(key: DeviceKey, by?: Verifier): boolean | Promise<boolean>;
}

export const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * Opens a message; docs/formats/delivery-event.md says what one looks like. The first byte tells the envelopes apart: `e`
 * is a JWS, tag 18 or an array of four is COSE_Sign1.
 * @throws EventRefusedError `too-large`, `unsupported`, `malformed`, `header`, `signature` (its form)
 */
export function openEnvelope(message: Uint8Array): Envelope {
  if (message.length > MAX_MESSAGE_BYTES) {
    throw new EventRefusedError({
      reason: "too-large",
      message: `The message has ${message.length} bytes; at most ${MAX_MESSAGE_BYTES} are allowed.`,
    });
  }
  const first = message[0];
  if (first === undefined) throw new EventRefusedError({ reason: "malformed", message: "The message is empty." });
  if (first === 0x65) return openJws(message);
  if (first === 0xd2 || first === 0x84) return openCose(message);
  throw new EventRefusedError({
    reason: "unsupported",
    message: "The message is in no envelope that this version knows.",
    expected: "a JWS in compact form, or COSE_Sign1",
  });
}
