import { parseCbor, type CborValue } from "./cbor.ts";
import { JsonNumber, parseJson, type JsonObject, type JsonValue } from "./json.ts";
import { shown } from "./shown.ts";
import { FactoryChainError } from "../lib/errors.ts";

export type ContentType = "application/json" | "application/cbor";

/** What a device signed, and how it is to be read. */
export interface EventPayload {
  payload: Uint8Array;
  contentType: ContentType;
}

/**
 * The structure that a payload writes, the same for JSON and for CBOR.
 * @throws FactoryChainError, TypeError (JSON that is not UTF-8)
 */
export function readPayload({ payload, contentType }: EventPayload): JsonValue {
  if (contentType === "application/cbor") return toJson(parseCbor(payload));
  return parseJson(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
}

/**
 * An integer, or a floating-point number of any width, is the JSON number that ECMAScript writes for it; what JSON cannot
 * say, or not exactly, is refused rather than turned into something.
 */
function toJson(value: CborValue): JsonValue {
  if (typeof value === "bigint" || typeof value === "number") return toNumber(value);
  if (value instanceof Uint8Array) throw notJson("it holds a byte string");
  if (Array.isArray(value)) return value.map(toJson);
  if (!(value instanceof Map)) return value;
  const members: JsonObject = new Map();
  for (const [key, member] of value) {
    if (typeof key !== "string") throw notJson(`a map's key is the number ${String(key)}`);
    members.set(key, toJson(member));
  }
  return members;
}

function toNumber(value: bigint | number): JsonNumber {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number))
    throw notJson(`the integer ${shown(String(value))} is beyond 2^53 - 1`);
  if (!Number.isFinite(number)) throw notJson(`${String(number)} is no number`);
  return new JsonNumber(String(number).replace("e+", "e"));
}

function notJson(what: string): FactoryChainError {
  return new FactoryChainError("cbor-not-json", `JSON cannot say the same as this CBOR: ${what}.`, {
    expected: "maps with names of text, arrays, texts, finite numbers, booleans and null",
  });
}
