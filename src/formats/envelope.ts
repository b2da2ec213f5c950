import { openJws } from "./jws.ts";
import { EventRefusedError } from "./reasons.ts";

/** A device's public key. Coordinates are 0x-hex, 32 bytes each. */
export interface DeviceKey {
  curve: "P-256" | "secp256k1";
  x: string;
  y: string;
}

/** A signed message, opened but not yet believed: `verify` says whether the key signed it. */
export interface Envelope {
  algorithm: "ES256";
  /** The device id that the message claims: the RFC 7638 thumbprint of its key, 0x-hex. */
  device: string;
  payload: Uint8Array;
  /** False too when the key is not the one that `device` names. */
  verify(key: DeviceKey): boolean | Promise<boolean>;
}

export const MAX_MESSAGE_BYTES = 64 * 1024;

/**
 * Opens a message; docs/formats/delivery-event.md says what one looks like. The first byte tells the envelopes apart.
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
  const cose = first === 0xd2 || first === 0x84;
  throw new EventRefusedError({
    reason: "unsupported",
    message: cose
      ? "The message is in COSE, which this version does not read."
      : "The message is in no envelope that this version knows.",
    expected: "a JWS in compact form",
  });
}
