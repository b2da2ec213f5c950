import { Tokenizer, type Token } from "cborg";
import { FactoryChainError } from "../lib/errors.ts";
import { shown } from "./shown.ts";

/** A data item: an integer is a bigint, a floating-point number of any width a number. */
export type CborValue = null | boolean | string | bigint | number | Uint8Array | CborValue[] | CborMap;
export type CborMap = Map<string | bigint, CborValue>;

const MAX_DEPTH = 64;
const BREAK = Symbol("break");

/**
 * Reads one data item of CBOR (RFC 8949) so that it cannot be read in two ways: a key that stands twice in a map, text
 * that is not UTF-8 and bytes after the item are refused, nesting is bounded. Tags, undefined, other simple values and
 * strings in chunks are refused as well; arrays and maps of indefinite length and numbers longer than they need be are
 * not, for small devices write them.
 * @throws FactoryChainError `cbor-malformed`
 */
export function parseCbor(bytes: Uint8Array): CborValue {
  try {
    // A Buffer would hand out views of itself instead of copies.
    const data = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    const tokens = new Tokenizer(data, { allowBigInt: true, retainStringBytes: true });
    const value = readValue(tokens, 1);
    if (!tokens.done()) throw malformed("something follows the item");
    return value;
  } catch (cause) {
    if (cause instanceof FactoryChainError) throw cause;
    const said = cause instanceof Error ? cause.message.replace(/^CBOR decode error: /, "") : "it cannot be read";
    throw malformed(said, cause);
  }
}

function readValue(tokens: Tokenizer, depth: number): CborValue {
  const item = readItem(tokens, depth);
  if (item === BREAK) throw malformed("a break stands where an item should be");
  return item;
}

function readItem(tokens: Tokenizer, depth: number): CborValue | typeof BREAK {
  if (depth > MAX_DEPTH) throw malformed(`it is nested deeper than ${MAX_DEPTH}`);
  if (tokens.done()) throw malformed("it ends too early");
  const token = tokens.next();
  switch (token.type.name) {
    case "uint":
    case "negint":
      return BigInt(token.value as number | bigint);
    case "float":
      return token.value as number;
    case "bytes":
      return token.value as Uint8Array;
    case "string":
      return readText(token);
    case "array":
      return readArray(tokens, token.value as number, depth);
    case "map":
      return readMap(tokens, token.value as number, depth);
    case "true":
    case "false":
      return token.value as boolean;
    case "null":
      return null;
    case "break":
      return BREAK;
    case "tag":
      throw malformed(`the tag ${String(token.value)} is not understood`);
    default:
      throw malformed(`${token.type.name} is not understood`);
  }
}

/** The text as its bytes say it: what is not UTF-8 is no text, and nothing is taken off its beginning. */
function readText(token: Token): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(token.byteValue ?? new Uint8Array());
  } catch (cause) {
    throw malformed("a text is not UTF-8", cause);
  }
}

/** @param length infinite where the array ends with a break */
function readArray(tokens: Tokenizer, length: number, depth: number): CborValue[] {
  const values: CborValue[] = [];
  while (values.length < length) {
    const value = length === Infinity ? readItem(tokens, depth + 1) : readValue(tokens, depth + 1);
    if (value === BREAK) break;
    values.push(value);
  }
  return values;
}

function readMap(tokens: Tokenizer, length: number, depth: number): CborMap {
  const members: CborMap = new Map();
  while (members.size < length) {
    const key = length === Infinity ? readItem(tokens, depth + 1) : readValue(tokens, depth + 1);
    if (key === BREAK) break;
    if (typeof key !== "string" && typeof key !== "bigint") throw malformed("a map's key is neither text nor integer");
    if (members.has(key))
      throw malformed(`the key ${typeof key === "string" ? shown(key) : String(key)} stands twice in one map`);
    members.set(key, readValue(tokens, depth + 1));
  }
  return members;
}

function malformed(what: string, cause?: unknown): FactoryChainError {
  return new FactoryChainError("cbor-malformed", `This is not the CBOR that is expected: ${what}.`, {
    expected: "one data item of CBOR (RFC 8949) with each key once",
    ...(cause === undefined ? {} : { cause }),
  });
}
