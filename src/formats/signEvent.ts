import { toUtf8Bytes } from "ethers";
import { toBase64url } from "./base64url.ts";
import { base64urlToHex, deviceId, deviceIdToKid } from "./jwk.ts";
import type { DeviceKey } from "./envelope.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { toLowS } from "./p256.ts";

/** A device's private key on P-256, as RFC 7517 writes it. */
export interface PrivateJwk {
  kty: "EC";
  crv: "P-256";
  x: string;
  y: string;
  d: string;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A new device key. For simulated devices and tools: a real device never lets its key out. */
export async function newPrivateJwk(): Promise<PrivateJwk> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const { x = "", y = "", d = "" } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { kty: "EC", crv: "P-256", x, y, d };
}

/** @throws FactoryChainError `devices-invalid` */
export function publicKeyOf(jwk: PrivateJwk): DeviceKey {
  const [x, y] = [base64urlToHex(jwk.x), base64urlToHex(jwk.y)];
  if (x === null || y === null) {
    throw new FactoryChainError("devices-invalid", "The private key is not one on P-256.", {
      expected: "x and y of 32 bytes in base64url",
    });
  }
  return { curve: "P-256", x, y };
}

/**
 * Makes the message that a device sends: the event's JSON as a JWS in compact form, ES256 with low s.
 * @param p.event any JSON value, or a text that is signed as it stands
 */
export async function signEvent(p: { event: object | string; privateJwk: PrivateJwk }): Promise<string> {
  const kid = deviceIdToKid(deviceId(publicKeyOf(p.privateJwk)));
  const payload = typeof p.event === "string" ? p.event : JSON.stringify(p.event);
  const signed = [JSON.stringify({ alg: "ES256", kid }), payload]
    .map((part) => toBase64url(toUtf8Bytes(part)))
    .join(".");
  const key = await crypto.subtle.importKey("jwk", { ...p.privateJwk }, ALGORITHM, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign(ALGORITHM, key, new TextEncoder().encode(signed)));
  return `${signed}.${toBase64url(toLowS(signature))}`;
}
