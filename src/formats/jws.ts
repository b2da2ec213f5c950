import { fromBase64url } from "./base64url.ts";
import { claimedEventId } from "./claimedEventId.ts";
import { checkSignature, isAlgorithm, verifyEcdsa, type Algorithm } from "./ecdsa.ts";
import type { Envelope } from "./envelope.ts";
import { base64urlToHex } from "./jwk.ts";
import { parseJson, type JsonObject } from "./json.ts";
import { EventRefusedError, type RefusalReason } from "./reasons.ts";
import { shown } from "./shown.ts";

const MEMBERS = new Set(["alg", "kid", "typ", "cty"]);

/**
 * Opens a JWS in compact form (RFC 7515) whose protected header is exactly `alg` and `kid`, with `typ` and `cty` at will.
 * @throws EventRefusedError
 */
export function openJws(message: Uint8Array): Envelope {
  // Latin-1 maps every byte to one character, and base64url then refuses all that is not its own.
  const text = new TextDecoder("latin1").decode(message);
  const parts = text.split(".");
  const [header, payload, signature] = parts.map(fromBase64url);
  if (parts.length !== 3 || header == null || payload == null || signature == null) {
    throw new EventRefusedError({
      reason: "malformed",
      message: "The message is not three parts of strict base64url.",
      expected: "header.payload.signature",
    });
  }
  const contentType = "application/json";
  const refuse = (reason: RefusalReason, what: string) =>
    new EventRefusedError({ reason, message: what, eventId: claimedEventId({ payload, contentType }) });
  const { algorithm, device } = readHeader(header, refuse);
  checkSignature({ algorithm, signature, refuse });
  const signed = message.subarray(0, text.lastIndexOf("."));
  return {
    algorithm,
    device,
    payload,
    contentType,
    verify: (key, by) => verifyEcdsa({ algorithm, key, device, signed, signature, by }),
  };
}

function readHeader(
  bytes: Uint8Array,
  refuse: (reason: RefusalReason, what: string) => EventRefusedError,
): { algorithm: Algorithm; device: string } {
  const header = parseHeader(bytes);
  if (header === null)
    throw refuse("header", "The protected header is not a JSON object in which each name stands once.");
  const foreign = [...header.keys()].find((name) => !MEMBERS.has(name));
  if (foreign !== undefined)
    throw refuse("header", `The protected header holds ${shown(foreign)}, which is not allowed.`);
  const wrong = [...header].find(([, value]) => typeof value !== "string");
  if (wrong !== undefined) throw refuse("header", `${wrong[0]} in the protected header is no text.`);
  const algorithm = header.get("alg") as string | undefined;
  if (algorithm === undefined) throw refuse("header", "The protected header names no algorithm.");
  if (!isAlgorithm(algorithm))
    throw refuse("unsupported", `The algorithm ${shown(algorithm)} is not one that this version reads.`);
  const device = base64urlToHex((header.get("kid") as string | undefined) ?? "");
  if (device === null) throw refuse("header", "kid is not the thumbprint of a key: 43 characters of base64url.");
  return { algorithm, device };
}

function parseHeader(bytes: Uint8Array): JsonObject | null {
  try {
    const value = parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
    return value instanceof Map ? value : null;
  } catch {
    return null;
  }
}
