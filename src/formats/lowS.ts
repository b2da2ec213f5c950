import type { DeviceKey } from "./envelope.ts";

type Curve = DeviceKey["curve"];

/** The curves' orders (SEC 2): s above half of it is the twin of a signature whose s is below. */
const ORDERS: Record<Curve, bigint> = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};

/** Whether s of r||s is above half the order. */
export function isHighS(p: { curve: Curve; signature: Uint8Array }): boolean {
  return toInteger(p.signature.subarray(32)) > ORDERS[p.curve] / 2n;
}

/** r||s with s brought below half the order. */
export function toLowS(p: { curve: Curve; signature: Uint8Array }): Uint8Array<ArrayBuffer> {
  const low = Uint8Array.from(p.signature);
  if (!isHighS(p)) return low;
  const s = (ORDERS[p.curve] - toInteger(low.subarray(32))).toString(16).padStart(64, "0");
  for (let i = 0; i < 32; i++) low[32 + i] = parseInt(s.slice(2 * i, 2 * i + 2), 16);
  return low;
}

function toInteger(bytes: Uint8Array): bigint {
  let hex = "0x";
  for (const byte of bytes) hex += byte.toString(16).padStart(2, "0");
  return BigInt(hex);
}
