import { hexlify } from "ethers";
import { parseCbor, type CborMap, type CborValue } from "./cbor.ts";
import type { Algorithm } from "./ecdsa.ts";
import type { ContentType } from "./eventPayload.ts";
import type { EventRefusedError, RefusalReason } from "./reasons.ts";
import { shown } from "./shown.ts";

/** Labels of RFC 9052, section 3.1. */
export const LABELS = { alg: 1n, crit: 2n, "content type": 3n, kid: 4n } as const;

/** IANA's numbers: COSE algorithms (RFC 9053, section 2.1; RFC 8812, section 3.2) and CoAP content formats (RFC 7252, RFC 8949). */
export const ALGORITHM_IDS: Record<Algorithm, bigint> = { ES256: -7n, ES256K: -47n };
export const CONTENT_FORMATS: Record<ContentType, bigint> = { "application/json": 50n, "application/cbor": 60n };

type Refuse = (reason: RefusalReason, what: string) => EventRefusedError;

/**
 * Reads the headers of a COSE_Sign1 message: alg and content type are protected, kid stands in either place, once.
 * Without a content type the payload is JSON.
 * @throws EventRefusedError `header`, `unsupported`
 */
export function readHeaders(p: { protectedHeader: Uint8Array; unprotectedHeader: CborMap; refuse: Refuse }): {
  algorithm: Algorithm;
  device: string;
  contentType: ContentType;
} {
  const { unprotectedHeader: open, refuse } = p;
  const sealed = parseHeader(p.protectedHeader);
  if (sealed === null)
    throw refuse("header", "The protected header is not a CBOR map in which each label stands once.");
  const allowed: bigint[] = [LABELS.alg, LABELS["content type"], LABELS.kid];
  const foreign = [...sealed.keys()].find((label) => typeof label !== "bigint" || !allowed.includes(label));
  if (foreign !== undefined)
    throw refuse("header", `The protected header holds ${nameOf(foreign)}, which is not allowed.`);
  const loose = [...open.keys()].find((label) => label !== LABELS.kid);
  if (loose !== undefined) throw refuse("header", `${nameOf(loose)} is not allowed in the unprotected header.`);
  if (sealed.has(LABELS.kid) && open.has(LABELS.kid)) throw refuse("header", "kid stands in both headers.");
  const algorithm = readAlgorithm(sealed.get(LABELS.alg), refuse);
  const kid = sealed.get(LABELS.kid) ?? open.get(LABELS.kid);
  if (!(kid instanceof Uint8Array) || kid.length !== 32)
    throw refuse("header", "kid is not the thumbprint of a key: a byte string of 32 bytes.");
  const contentType = readContentType(sealed.get(LABELS["content type"]), refuse);
  return { algorithm, device: hexlify(kid), contentType };
}

function readAlgorithm(value: CborValue | undefined, refuse: Refuse): Algorithm {
  if (value === undefined) throw refuse("header", "The protected header names no algorithm.");
  if (value === ALGORITHM_IDS.ES256) return "ES256";
  if (value === ALGORITHM_IDS.ES256K) return "ES256K";
  if (typeof value !== "bigint" && typeof value !== "string")
    throw refuse("header", "alg in the protected header is neither a number nor a text.");
  throw refuse("unsupported", `The algorithm ${shown(String(value))} is not one that this version reads.`);
}

function readContentType(value: CborValue | undefined, refuse: Refuse): ContentType {
  if (value === undefined) return "application/json";
  if (typeof value !== "bigint" && typeof value !== "string")
    throw refuse("header", "The content type is neither a number nor a text.");
  const named = typeof value === "string" ? value.toLowerCase() : value; // media types have no case (RFC 6838)
  if (named === "application/json" || named === CONTENT_FORMATS["application/json"]) return "application/json";
  if (named === "application/cbor" || named === CONTENT_FORMATS["application/cbor"]) return "application/cbor";
  throw refuse("unsupported", `The content type ${shown(String(value))} is not one that this version reads.`);
}

/** No bytes stand for an empty map (RFC 9052, section 3). */
function parseHeader(bytes: Uint8Array): CborMap | null {
  if (bytes.length === 0) return new Map();
  try {
    const value = parseCbor(bytes);
    return value instanceof Map ? value : null;
  } catch {
    return null;
  }
}

function nameOf(label: string | bigint): string {
  if (typeof label === "string") return `the label ${shown(label)}`;
  const name = Object.entries(LABELS).find(([, one]) => one === label)?.[0];
  return name === undefined ? `the label ${shown(String(label))}` : `${name} (label ${String(label)})`;
}
