import { deviceId, hexToBase64url } from "./jwk.ts";
import type { DeviceKey } from "./envelope.ts";

const ALGORITHM = { name: "ECDSA", hash: "SHA-256" } as const;
/** Imported keys by device id. A key's import costs as much as a verification. */
const imported = new Map<string, { x: string; y: string; key: CryptoKey }>();
const MOST_IMPORTED = 10_000;

type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Whether the key is the device's and signed these bytes, by WebCrypto: native in Node and in browsers. s may be high or low. */
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
