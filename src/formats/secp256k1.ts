import { secp256k1 } from "@noble/curves/secp256k1";
import { getBytes } from "ethers";
import type { DeviceKey } from "./envelope.ts";
import { deviceId } from "./jwk.ts";

/** WebCrypto has no secp256k1, and recovering a key as Ethereum does would miss a signature whose point lies beyond the order. */
const OPTIONS = { prehash: true, format: "compact" } as const;

/** Whether the key is the device's and signed these bytes with SHA-256; s may be high or low. */
export function verifySecp256k1(p: {
  key: DeviceKey;
  device: string;
  signed: Uint8Array;
  signature: Uint8Array;
}): boolean {
  const { key } = p;
  if (key.curve !== "secp256k1" || deviceId(key) !== p.device) return false;
  const point = getBytes(`0x04${key.x.slice(2)}${key.y.slice(2)}`);
  try {
    return secp256k1.verify(p.signature, p.signed, point, { ...OPTIONS, lowS: false });
  } catch {
    return false; // not a point of the curve
  }
}

/** r||s with low s over the SHA-256 hash of these bytes. */
export function signSecp256k1(p: { privateKey: Uint8Array; signed: Uint8Array }): Uint8Array {
  return secp256k1.sign(p.signed, p.privateKey, { prehash: true, lowS: true }).toCompactRawBytes();
}

/** A new private key and its point's x and y, 32 bytes each. */
export function newSecp256k1Key(): { privateKey: Uint8Array; x: Uint8Array; y: Uint8Array } {
  const privateKey = secp256k1.utils.randomPrivateKey();
  const point = secp256k1.getPublicKey(privateKey, false);
  return { privateKey, x: point.subarray(1, 33), y: point.subarray(33) };
}
