import canonicalize from "canonicalize";
import { FactoryChainError } from "./errors.ts";

/**
 * The one text of a JSON value (RFC 8785): members sorted by UTF-16 code units, no white space, numbers as ECMAScript
 * writes them. What is hashed or signed is this text's UTF-8.
 * @throws FactoryChainError `not-canonical-json` when the value is not JSON: a lone surrogate, NaN, undefined, a bigint.
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw notJson(cause);
  }
  if (text === undefined) throw notJson(undefined);
  return text;
}

function notJson(cause: unknown): FactoryChainError {
  return new FactoryChainError("not-canonical-json", "The value has no canonical JSON text.", {
    expected: "objects, arrays, strings of whole Unicode characters, finite numbers, booleans and null",
    cause,
  });
}
