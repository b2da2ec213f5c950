import { encode } from "cborg";
import { getBytes, toUtf8Bytes } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { fromBase64url, toBase64url } from "./base64url.ts";
import { toBeSigned } from "./cose.ts";
import { ALGORITHM_IDS, CONTENT_FORMATS, LABELS } from "./coseHeaders.ts";
import { algorithmOf } from "./ecdsa.ts";
import type { DeviceKey } from "./envelope.ts";
import { base64urlToHex, deviceId, deviceIdToKid } from "./jwk.ts";
import { toLowS } from "./lowS.ts";
import { newSecp256k1Key, signSecp256k1 } from "./secp256k1.ts";

/** A device's private key, as RFC 7517 writes it. */
export interface PrivateJwk {
  kty: "EC";
  crv: DeviceKey["curve"];
  x: string;
  y: string;
  d: string;
}

/** How a message may be written: JSON in a JWS, JSON in COSE_Sign1, or CBOR in COSE_Sign1. */
export const MESSAGE_FORMS = ["jws", "cose", "cose-cbor"] as const;
export type MessageForm = (typeof MESSAGE_FORMS)[number];

const P256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const TAG = 0xd2;

/** A new device key. For simulated devices and tools: a real device never lets its key out. */
export async function newPrivateJwk(p: { curve?: DeviceKey["curve"] } = {}): Promise<PrivateJwk> {
  if (p.curve === "secp256k1") {
    const { privateKey, x, y } = newSecp256k1Key();
    return { kty: "EC", crv: "secp256k1", x: toBase64url(x), y: toBase64url(y), d: toBase64url(privateKey) };
  }
  const pair = await crypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const { x = "", y = "", d = "" } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  return { kty: "EC", crv: "P-256", x, y, d };
}

/** @throws FactoryChainError `devices-invalid` */
export function publicKeyOf(jwk: PrivateJwk): DeviceKey {
  const [x, y] = [base64urlToHex(jwk.x), base64urlToHex(jwk.y)];
  if (x === null || y === null) {
    throw new FactoryChainError("devices-invalid", `The private key is not one on ${jwk.crv}.`, {
      expected: "x and y of 32 bytes in base64url",
    });
  }
  return { curve: jwk.crv, x, y };
}

/**
 * Makes the message that a device sends, with the algorithm of the key's curve (ES256 or ES256K) and low s.
 * @param p.event any JSON value, or JSON text, which is signed as it stands where the form is not `cose-cbor`
 */
export async function signEvent(p: {
  event: object | string;
  privateJwk: PrivateJwk;
  form?: MessageForm;
}): Promise<Uint8Array> {
  const { event, privateJwk, form = "jws" } = p;
  const json = typeof event === "string" ? event : JSON.stringify(event);
  if (form === "jws") return signJws({ payload: toUtf8Bytes(json), privateJwk });
  if (form === "cose") return signCose({ payload: toUtf8Bytes(json), contentType: "application/json", privateJwk });
  return signCose({ payload: encode(JSON.parse(json)), contentType: "application/cbor", privateJwk });
}

async function signJws(p: { payload: Uint8Array; privateJwk: PrivateJwk }): Promise<Uint8Array> {
  const key = publicKeyOf(p.privateJwk);
  const header = JSON.stringify({ alg: algorithmOf(key.curve), kid: deviceIdToKid(deviceId(key)) });
  const signed = `${toBase64url(toUtf8Bytes(header))}.${toBase64url(p.payload)}`;
  const signature = await sign({ privateJwk: p.privateJwk, signed: toUtf8Bytes(signed) });
  return toUtf8Bytes(`${signed}.${toBase64url(signature)}`);
}

async function signCose(p: {
  payload: Uint8Array;
  contentType: keyof typeof CONTENT_FORMATS;
  privateJwk: PrivateJwk;
}): Promise<Uint8Array> {
  const { payload, contentType, privateJwk } = p;
  const key = publicKeyOf(privateJwk);
  const header = new Map<bigint, bigint | Uint8Array>([
    [LABELS.alg, ALGORITHM_IDS[algorithmOf(key.curve)]],
    [LABELS["content type"], CONTENT_FORMATS[contentType]],
    [LABELS.kid, getBytes(deviceId(key))],
  ]);
  const protectedHeader = encode(header);
  const signature = await sign({ privateJwk, signed: toBeSigned({ protectedHeader, payload }) });
  return Uint8Array.from([TAG, ...encode([protectedHeader, new Map(), payload, signature])]);
}

/** r||s with low s. */
async function sign(p: { privateJwk: PrivateJwk; signed: Uint8Array }): Promise<Uint8Array> {
  const { privateJwk } = p;
  if (privateJwk.crv === "secp256k1")
    return signSecp256k1({ privateKey: fromBase64url(privateJwk.d) ?? new Uint8Array(), signed: p.signed });
  const key = await crypto.subtle.importKey("jwk", { ...privateJwk }, P256, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign(P256, key, Uint8Array.from(p.signed)));
  return toLowS({ curve: "P-256", signature });
}
