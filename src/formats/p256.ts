import { deviceId, hexToBase64url } from "./jwk.ts";
import type { DeviceKey } from "./envelope.ts";

/** The order of P-256 (SEC 2), and half of it: s above that is the twin of a signature whose s is below. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const HALF = ORDER / 2n;
const ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;
/** Imported keys by device id. A key's import costs as much as a verification. */
const imported = new Map<string, { x: string; y: string; key: CryptoKey }>();
const MOST_IMPORTED = 10_000;

type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
type Bytes = Uint8Array<ArrayBuffer>;

/** Whether s of r||s is above half the order. */
export function isHighS(signature: Uint8Array): boolean {
  return toInteger(signature.subarray(32)) > HALF;
}

/** r||s with s brought below half the order. */
export function toLowS(signature: Uint8Array): Bytes {
  const low = Uint8Array.from(signature);
  if (!isHighS(low)) return low;
  const s = (ORDER - toInteger(low.subarray(32))).toString(16).padStart(64, "0");
  for (let i = 0; i < 32; i++) low[32 + i] = parseInt(s.slice(2 * i, 2 * i + 2), 16);
  return low;
}

/** Whether the key is the device's and signed these bytes, by WebCrypto: native in Node and in browsers. */
export async function verifyP256(p: {
  key: DeviceKey;
  device: string;
  signed: Uint8Array;
  signature: Uint8Array;
}): Promise<boolean> {
  if (p.key.curve !== "P-256") return false;
  const key = await importOnce(p.device, p.key);
  return key !== null && crypto.subtle.verify(ALGORITHM, key, p.signature, p.signed);
}

async function importOnce(device: string, key: DeviceKey): Promise<CryptoKey | null> {
  const known = imported.get(device);
  if (known !== undefined) return known.x === key.x && known.y === key.y ? known.key : null;
  if (deviceId(key) !== device) return null;
  const jwk = { kty: "EC", crv: "P-256", x: hexToBase64url(key.x), y: hexToBase64url(key.y) };
  try {
    const whole = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    if (imported.size >= MOST_IMPORTED) imported.clear();
    imported.set(device, { x: key.x, y: key.y, key: whole });
    return whole;
  } catch {
    return null; // not a point of the curve
  }
}

function toInteger(bytes: Uint8Array): bigint {
  let hex = "0x";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}
