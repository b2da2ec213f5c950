import { FactoryChainError } from "../lib/errors.ts";
import { base64urlToHex, isOnCurve } from "./jwk.ts";
import { parseJson } from "./json.ts";
import { publicKeyOf } from "./signEvent.ts";
import type { PrivateJwk } from "./signEvent.ts";

/**
 * Reads a private key of a device.
 * @throws FactoryChainError `device-key-invalid`
 */
export function parsePrivateJwk(text: string): PrivateJwk {
  const { crv, x, y, d } = membersOf(text);
  if (crv !== "P-256" && crv !== "secp256k1") throw invalid("it is no EC key on P-256 or secp256k1");
  if ([x, y, d].some((value) => value === undefined || base64urlToHex(value) === null))
    throw invalid("x, y and d are not 32 bytes each in base64url");
  const jwk: PrivateJwk = { kty: "EC", crv, x: x ?? "", y: y ?? "", d: d ?? "" };
  if (!isOnCurve(publicKeyOf(jwk))) throw invalid(`it is not a point of ${crv}`);
  return jwk;
}

/** The secret part of a key, 0x-hex. */
export function secretOf({ d }: Pick<PrivateJwk, "d">): string {
  return base64urlToHex(d) ?? "";
}

function membersOf(text: string): Record<string, string | undefined> {
  let value: unknown;
  try {
    value = parseJson(text.trim());
  } catch (cause) {
    throw invalid("it is not JSON", cause);
  }
  if (!(value instanceof Map) || value.get("kty") !== "EC") throw invalid("it is no EC key");
  const texts = [...value].filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(texts);
}

function invalid(what: string, cause?: unknown): FactoryChainError {
  return new FactoryChainError("device-key-invalid", `The private key cannot be used: ${what}.`, {
    expected: "a JWK (RFC 7517) with kty EC, crv P-256 or secp256k1, x, y and d",
    advice: "factorychain device key makes one.",
    ...(cause === undefined ? {} : { cause }),
  });
}
