import { JsonNumber, type JsonObject, type JsonValue } from "./json.ts";
import { EventRefusedError } from "./reasons.ts";

/** A device's signature for the contract, as an event carries it. Hashes and coordinates are 0x-hex, lowercase. */
export interface EventDeviceSignature {
  /** Index of the order's line, from 0. */
  line: number;
  /** Delivered before and now, cumulative and in the line's scale; decimal texts. */
  from: string;
  to: string;
  x: string;
  y: string;
  r: string;
  s: string;
  proof: string[];
}

/** The event's member that holds them. It is no part of the event's content. */
export const DEVICE_SIGNATURES = "factorychain:deviceSignatures";

const NAMES = ["line", "from", "to", "x", "y", "r", "s", "proof"];
const MOST = 200;
/** More than 4 billion keys need. */
const MOST_PROOF = 32;
const MOST_LINE = 0xffff;
const MOST_QUANTITY = 2n ** 48n - 1n;

/**
 * The device signatures in an event; null when it has no such member. Whether they are good is not looked at.
 * @throws EventRefusedError `malformed`
 */
export function readDeviceSignatures(event: JsonObject): EventDeviceSignature[] | null {
  const list = event.get(DEVICE_SIGNATURES);
  if (list === undefined) return null;
  if (!Array.isArray(list) || list.length > MOST) throw malformed(`it is no list of at most ${MOST}`);
  const all = list.map(readOne);
  // To look at a signature costs a relayer much: of many under one report only one can be meant.
  if (new Set(all.map(({ line, from }) => `${line}:${from}`)).size < all.length)
    throw malformed("two lead on from one quantity of a line");
  return all;
}

function readOne(value: JsonValue, index: number): EventDeviceSignature {
  const where = `number ${index + 1}`;
  if (!(value instanceof Map) || value.size !== NAMES.length || !NAMES.every((name) => value.has(name)))
    throw malformed(`${where} does not have exactly ${NAMES.join(", ")}`);
  const [from, to] = [value.get("from"), value.get("to")].map((text) => quantity(text, where)) as [bigint, bigint];
  if (from >= to) throw malformed(`${where} does not lead from less to more`);
  const line = value.get("line");
  const isIndex = line instanceof JsonNumber && /^(?:0|[1-9]\d{0,4})$/.test(line.literal);
  if (!isIndex || Number(line.literal) > MOST_LINE) throw malformed(`${where} has no index of a line`);
  const proof = value.get("proof");
  if (!Array.isArray(proof) || proof.length > MOST_PROOF)
    throw malformed(`the proof of ${where} is no list of at most ${MOST_PROOF}`);
  const [x, y, r, s] = ["x", "y", "r", "s"].map((name) => word(value.get(name), where)) as [
    string,
    string,
    string,
    string,
  ];
  const hashes = proof.map((hash) => word(hash, where));
  return { line: Number(line.literal), from: String(from), to: String(to), x, y, r, s, proof: hashes };
}

function quantity(value: JsonValue | undefined, where: string): bigint {
  const number = typeof value === "string" && /^(?:0|[1-9]\d{0,14})$/.test(value) ? BigInt(value) : null;
  if (number === null || number > MOST_QUANTITY) throw malformed(`from or to of ${where} is no quantity as a text`);
  return number;
}

function word(value: JsonValue | undefined, where: string): string {
  if (typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value)) return value.toLowerCase();
  throw malformed(`${where} has something else than 32 bytes as 0x-hex`);
}

function malformed(what: string): EventRefusedError {
  return new EventRefusedError({ reason: "malformed", message: `${DEVICE_SIGNATURES} cannot be read: ${what}.` });
}
