import { createPublicKey, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";
import type { Verifier } from "../formats/ecdsa.ts";
import { hexToBase64url } from "../formats/jwk.ts";
import type { DeviceKey } from "../formats/envelope.ts";
import { memo } from "../lib/memo.ts";

/** A key's reading costs as much as a verification. */
const MOST_KEPT = 10_000;

/**
 * Verifies by OpenSSL: on secp256k1 some ten times as fast as JavaScript, and on a thread of its own. On P-256 to hand it
 * to a thread takes most of the time that it takes here.
 */
export function createNativeVerifier(): Verifier {
  const read = memo(MOST_KEPT, readKey, ({ curve, x, y }) => curve + x + y);

  return ({ key, signed, signature }) => {
    const whole = read(key);
    if (whole === null) return false;
    const by = { key: whole, dsaEncoding: "ieee-p1363" } as const;
    if (key.curve === "P-256") return verify("sha256", signed, by, signature);
    return new Promise((resolve) => {
      verify("sha256", signed, by, signature, (error, good) => resolve(error === null && good));
    });
  };
}

/** Null when it is no point of the curve. */
function readKey({ curve, x, y }: DeviceKey): KeyObject | null {
  try {
    const jwk = { kty: "EC", crv: curve, x: hexToBase64url(x), y: hexToBase64url(y) };
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return null;
  }
}
