import { hexlify, sha256, toUtf8Bytes } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import type { DeviceKey } from "./envelope.ts";
import { parseJson, type JsonObject } from "./json.ts";
import { shown } from "./shown.ts";

export interface KnownDevice {
  /** Device id, 0x-hex. */
  device: string;
  key: DeviceKey;
  /** The organisation that owns the device, by an identifier that the order uses. Absent: the buyer. */
  owner?: string;
}

/** A public key as RFC 7517 writes it. */
export interface PublicJwk {
  kty: "EC";
  crv: DeviceKey["curve"];
  x: string;
  y: string;
  kid: string;
  owner?: string;
}

/** y^2 = x^3 + ax + b over p (SEC 2). */
const CURVES = {
  "P-256": {
    a: -3n,
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
  },
  secp256k1: { a: 0n, p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn, b: 7n },
} as const;

/** The RFC 7638 SHA-256 thumbprint of a public key, 0x-hex. */
export function deviceId(key: DeviceKey): string {
  const text = `{"crv":"${key.curve}","kty":"EC","x":"${hexToBase64url(key.x)}","y":"${hexToBase64url(key.y)}"}`;
  return sha256(toUtf8Bytes(text));
}

/** A device id as `kid` and topics write it: 43 characters. */
export function deviceIdToKid(device: string): string {
  return hexToBase64url(device);
}

/** Bytes in 0x-hex as base64url without padding. */
export function hexToBase64url(hex: string): string {
  return toBase64url(Uint8Array.from(hex.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16)));
}

/** 32 bytes in base64url as 0x-hex, or null when the text is not exactly that. */
export function base64urlToHex(text: string): string | null {
  const bytes = text.length === 43 ? fromBase64url(text) : null;
  return bytes === null ? null : hexlify(bytes);
}

/** The topic on which a device sends. */
export function deviceTopic(device: string): string {
  return `factorychain/devices/${deviceIdToKid(device)}/events`;
}

export function toPublicJwk(p: { key: DeviceKey; owner?: string }): PublicJwk {
  const { key, owner } = p;
  const jwk: PublicJwk = {
    kty: "EC",
    crv: key.curve,
    x: hexToBase64url(key.x),
    y: hexToBase64url(key.y),
    kid: deviceIdToKid(deviceId(key)),
  };
  return owner === undefined ? jwk : { ...jwk, owner };
}

/**
 * Reads a JWK Set of devices' public keys. Each key's `kid` is its thumbprint; `owner` is optional.
 * @throws FactoryChainError `devices-invalid`, also for private keys, keys off their curve and keys that stand twice
 */
export function parseJwkSet(text: string): KnownDevice[] {
  const set = read(text);
  const keys = set instanceof Map ? set.get("keys") : undefined;
  if (!Array.isArray(keys)) throw invalid("it has no list of keys");
  const devices = keys.map((jwk, index) => {
    if (!(jwk instanceof Map)) throw invalid(`key ${index + 1} is no object`);
    return toDevice(jwk, `key ${index + 1}`);
  });
  const seen = new Set<string>();
  for (const { device } of devices) {
    if (seen.has(device)) throw invalid(`the key ${deviceIdToKid(device)} stands twice`);
    seen.add(device);
  }
  return devices;
}

function read(text: string): unknown {
  try {
    return parseJson(text.startsWith("\ufeff") ? text.slice(1) : text);
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : "it is not JSON", cause);
  }
}

function toDevice(jwk: JsonObject, where: string): KnownDevice {
  if (jwk.has("d")) throw invalid(`${where} is a private key; only public keys belong here`);
  const curve = jwk.get("crv");
  if (jwk.get("kty") !== "EC" || (curve !== "P-256" && curve !== "secp256k1"))
    throw invalid(`${where} is no EC key on P-256 or secp256k1`);
  const [x, y] = [jwk.get("x"), jwk.get("y")].map((value) =>
    typeof value === "string" ? base64urlToHex(value) : null,
  );
  if (x == null || y == null) throw invalid(`${where} lacks x or y of 32 bytes in base64url`);
  const key: DeviceKey = { curve, x, y };
  if (!isOnCurve(key)) throw invalid(`${where} is not a point of ${curve}`);
  const device = deviceId(key);
  if (jwk.get("kid") !== hexToBase64url(device))
    throw invalid(`the kid of ${where} is not its thumbprint ${deviceIdToKid(device)}`);
  const owner = jwk.get("owner");
  if (owner === undefined) return { device, key };
  if (typeof owner !== "string" || owner.trim() === "")
    throw invalid(`the owner of ${where} is ${typeof owner === "string" ? shown(owner) : "no text"}`);
  return { device, key, owner };
}

/** Whether a key is a point of its curve. */
export function isOnCurve({ curve, x, y }: DeviceKey): boolean {
  const { a, b, p } = CURVES[curve];
  const [px, py] = [BigInt(x), BigInt(y)];
  if (px >= p || py >= p) return false;
  return (py * py - (px * px * px + a * px + b)) % p === 0n;
}

function invalid(what: string, cause?: unknown): FactoryChainError {
  return new FactoryChainError("devices-invalid", `The file of devices cannot be used: ${what}.`, {
    expected: "a JWK Set (RFC 7517) of EC public keys whose kid is their RFC 7638 thumbprint",
    ...(cause === undefined ? {} : { cause }),
  });
}
