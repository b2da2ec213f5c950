import { SigningKey, getBytes, hexlify, randomBytes } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { toBase64url } from "./base64url.ts";
import type { DeviceKey } from "./envelope.ts";
import { base64urlToHex, isOnCurve } from "./jwk.ts";
import { parseJson } from "./json.ts";
import { newPrivateJwk } from "./signEvent.ts";

/** A device's private key on either curve, as RFC 7517 writes it: with it simulated devices sign for the contract. */
export interface SigningJwk {
  kty: "EC";
  crv: DeviceKey["curve"];
  x: string;
  y: string;
  d: string;
}

/** A new key. For simulated devices and tools: a real device never lets its key out. */
export async function newSigningJwk({ curve }: { curve: DeviceKey["curve"] }): Promise<SigningJwk> {
  if (curve === "P-256") return await newPrivateJwk();
  const secret = randomBytes(32);
  const point = getBytes(new SigningKey(hexlify(secret)).publicKey);
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map(toBase64url) as [string, string];
  return { kty: "EC", crv: curve, x, y, d: toBase64url(secret) };
}

/**
 * Reads a private key.
 * @throws FactoryChainError `device-key-invalid`
 */
export function parseSigningJwk(text: string): SigningJwk {
  const { crv, x, y, d } = membersOf(text);
  if (crv !== "P-256" && crv !== "secp256k1") throw invalid("it is no EC key on P-256 or secp256k1");
  if ([x, y, d].some((value) => value === undefined || base64urlToHex(value) === null))
    throw invalid("x, y and d are not 32 bytes each in base64url");
  const jwk: SigningJwk = { kty: "EC", crv, x: x ?? "", y: y ?? "", d: d ?? "" };
  if (!isOnCurve(keyOf(jwk))) throw invalid(`it is not a point of ${crv}`);
  return jwk;
}

/** The public part of a key. */
export function keyOf(jwk: Pick<SigningJwk, "crv" | "x" | "y">): DeviceKey {
  return { curve: jwk.crv, x: base64urlToHex(jwk.x) ?? "", y: base64urlToHex(jwk.y) ?? "" };
}

/** The secret part of a key, 0x-hex. */
export function secretOf({ d }: Pick<SigningJwk, "d">): string {
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
