import { encode } from "cborg";
import { parseCbor, type CborMap, type CborValue } from "./cbor.ts";
import { claimedEventId } from "./claimedEventId.ts";
import { readHeaders } from "./coseHeaders.ts";
import { checkSignature, verifyEcdsa } from "./ecdsa.ts";
import type { Envelope } from "./envelope.ts";
import { EventRefusedError, type RefusalReason } from "./reasons.ts";

/** Tag 18 in its only short form (RFC 9052, section 4.2). */
const TAG = 0xd2;

/** The four parts of a COSE_Sign1 structure. */
export interface Sign1 {
  /** Of the header that the signature covers, as they stand. */
  protectedHeader: Uint8Array;
  unprotectedHeader: CborMap;
  payload: Uint8Array;
  signature: Uint8Array;
}

/**
 * Opens a COSE_Sign1 message (RFC 9052), with its tag or without.
 * @throws EventRefusedError
 */
export function openCose(message: Uint8Array): Envelope {
  const { protectedHeader, unprotectedHeader, payload, signature } = readSign1(message);
  const refuse = (reason: RefusalReason, what: string) =>
    new EventRefusedError({ reason, message: what, eventId: claimedEventId({ payload, contentType: null }) });
  const { algorithm, device, contentType } = readHeaders({ protectedHeader, unprotectedHeader, refuse });
  checkSignature({ algorithm, signature, refuse });
  const signed = toBeSigned({ protectedHeader, payload });
  return {
    algorithm,
    device,
    payload,
    contentType,
    verify: (key, by) => verifyEcdsa({ algorithm, key, device, signed, signature, by }),
  };
}

/** @throws EventRefusedError `malformed` */
export function readSign1(message: Uint8Array): Sign1 {
  const parts = parse(message[0] === TAG ? message.subarray(1) : message);
  if (!Array.isArray(parts) || parts.length !== 4) throw malformed("The message is not an array of four parts.");
  const [protectedHeader, unprotectedHeader, payload, signature] = parts;
  if (!(protectedHeader instanceof Uint8Array)) throw malformed("The protected header is no byte string.");
  if (!(unprotectedHeader instanceof Map)) throw malformed("The unprotected header is no map.");
  if (payload === null) throw malformed("The payload is detached: the message does not hold it.");
  if (!(payload instanceof Uint8Array)) throw malformed("The payload is no byte string.");
  if (!(signature instanceof Uint8Array)) throw malformed("The signature is no byte string.");
  return { protectedHeader, unprotectedHeader, payload, signature };
}

/** What a COSE_Sign1 signature covers: RFC 9052, section 4.4, with empty external data. */
export function toBeSigned(p: Pick<Sign1, "protectedHeader" | "payload">): Uint8Array {
  return encode(["Signature1", p.protectedHeader, new Uint8Array(), p.payload]);
}

function parse(bytes: Uint8Array): CborValue {
  try {
    return parseCbor(bytes);
  } catch (cause) {
    const why = cause instanceof Error ? ` ${cause.message}` : "";
    throw malformed(`The message is not COSE_Sign1.${why}`, cause);
  }
}

function malformed(message: string, cause?: unknown): EventRefusedError {
  return new EventRefusedError({
    reason: "malformed",
    message,
    expected: "[protected header, unprotected header, payload, signature], tagged 18 or untagged",
    ...(cause === undefined ? {} : { cause }),
  });
}
