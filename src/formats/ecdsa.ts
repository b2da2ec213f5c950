import type { DeviceKey } from "./envelope.ts";
import { deviceId } from "./jwk.ts";
import { isHighS } from "./lowS.ts";
import { verifyP256 } from "./p256.ts";
import type { EventRefusedError, RefusalReason } from "./reasons.ts";
import { verifySecp256k1 } from "./secp256k1.ts";

/**
 * The one curve of each algorithm, by JOSE's names (RFC 7518, section 3.4, and RFC 8812, section 3.2). Both hash with
 * SHA-256. COSE would let ES256 go with any curve (RFC 9053, section 2.1); here a key has one algorithm and no other.
 */
const CURVES = { ES256: "P-256", ES256K: "secp256k1" } as const satisfies Record<string, DeviceKey["curve"]>;

export type Algorithm = keyof typeof CURVES;

export const ALGORITHMS = Object.keys(CURVES) as readonly Algorithm[];

export function isAlgorithm(name: string): name is Algorithm {
  return Object.hasOwn(CURVES, name);
}

export function curveOf(algorithm: Algorithm): DeviceKey["curve"] {
  return CURVES[algorithm];
}

/** The algorithm with which a key of this curve signs. */
export function algorithmOf(curve: DeviceKey["curve"]): Algorithm {
  return curve === "P-256" ? "ES256" : "ES256K";
}

/** Refuses what cannot be a signature, whatever the key: another length, or a high s. */
export function checkSignature(p: {
  algorithm: Algorithm;
  signature: Uint8Array;
  refuse: (reason: RefusalReason, what: string) => EventRefusedError;
}): void {
  if (p.signature.length !== 64)
    throw p.refuse("signature", `The signature has ${p.signature.length} bytes instead of r and s, 64 together.`);
  if (isHighS({ curve: CURVES[p.algorithm], signature: p.signature }))
    throw p.refuse("signature", "The signature is the high-s twin of another one.");
}

/**
 * Whether a key signed these bytes with SHA-256, r||s of 64 bytes; s may be high or low. The key is on either curve, and
 * its point need not be one: that is no signature then. Both r and s must lie in 1..n-1.
 */
export type Verifier = (p: { key: DeviceKey; signed: Uint8Array; signature: Uint8Array }) => boolean | Promise<boolean>;

/**
 * Whether the key is the device's, on the algorithm's curve, and signed these bytes.
 * @param p.by how, where the platform has something faster than what browsers have
 */
export function verifyEcdsa(p: {
  algorithm: Algorithm;
  key: DeviceKey;
  device: string;
  signed: Uint8Array;
  signature: Uint8Array;
  by?: Verifier | undefined;
}): boolean | Promise<boolean> {
  if (p.by) return p.key.curve === CURVES[p.algorithm] && deviceId(p.key) === p.device && p.by(p);
  return p.algorithm === "ES256" ? verifyP256(p) : verifySecp256k1(p);
}
