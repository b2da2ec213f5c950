import { p256 } from "@noble/curves/p256";
import { Signature, SigningKey, TypedDataEncoder, concat, getBytes, hexlify } from "ethers";
import type { TypedDataDomain } from "ethers";
import { isDeviceOf } from "./deviceKeys.ts";
import { fields } from "./terms.ts";

/** Mirrors `DeviceSignature` of Consent.sol; 0x-hex, 32 bytes each. */
export interface DeviceSignature {
  /** The device's public key. */
  x: string;
  y: string;
  r: string;
  /** Low; on secp256k1 the `vs` of ERC-2098. */
  s: string;
  /** From the key's leaf to the root in the terms. */
  proof: string[];
}

/** What a device says of a line: delivered before and now, cumulative and in the line's scale. */
export interface DeviceDelivery {
  /** The order's id, 0x-hex. */
  order: string;
  /** Index of the line, from 0. */
  line: number;
  from: bigint;
  to: bigint;
}

/** The keys that an order demands: the root in its terms, and their curve. */
export interface DemandedKeys {
  root: string;
  /** P-256; otherwise secp256k1. */
  p256: boolean;
}

const TYPES = { DeviceDelivery: fields("bytes32 order,uint16 line,uint48 from,uint48 to") };

/** The EIP-712 digest that a device signs, in the escrow's domain: see `escrowDomain`. */
export function deviceDigest({ domain, delivery }: { domain: TypedDataDomain; delivery: DeviceDelivery }): string {
  return TypedDataEncoder.hash(domain, TYPES, delivery);
}

/** Whether the contract would take a signature: the key is among those of the order, and signed this digest with low s. */
export function isGoodSignature(p: { device: DeviceSignature; digest: string; keys: DemandedKeys }): boolean {
  const { device, digest, keys } = p;
  if (!isDeviceOf({ root: keys.root, key: device, proof: device.proof })) return false;
  const key = concat(["0x04", device.x, device.y]);
  try {
    if (keys.p256) {
      const signature = getBytes(concat([device.r, device.s]));
      // What is signed is the digest itself: `prehash` would hash it once more.
      const options = { lowS: true, prehash: false, format: "compact" } as const;
      return p256.verify(signature, getBytes(digest), getBytes(key), options);
    }
    const signature = Signature.from({ r: device.r, yParityAndS: device.s });
    return SigningKey.recoverPublicKey(digest, signature) === key;
  } catch {
    return false; // no signature, or no key of the curve
  }
}

/**
 * Signs a digest as a device does, with low s.
 * @param p.privateKey 0x-hex, 32 bytes
 * @returns the signature and its key, without a proof
 */
export function signAsDevice(p: { privateKey: string; p256: boolean; digest: string }): Omit<DeviceSignature, "proof"> {
  if (p.p256) {
    const secret = getBytes(p.privateKey);
    const signature = p256.sign(getBytes(p.digest), secret, { lowS: true, prehash: false }).toCompactRawBytes();
    const key = p256.getPublicKey(secret, false);
    return { ...pointOf(key), r: hexlify(signature.subarray(0, 32)), s: hexlify(signature.subarray(32)) };
  }
  const key = new SigningKey(p.privateKey);
  const { r, yParityAndS } = key.sign(p.digest);
  return { ...pointOf(getBytes(key.publicKey)), r, s: yParityAndS };
}

/** An uncompressed point: a byte 4, x, y. */
function pointOf(key: Uint8Array): { x: string; y: string } {
  return { x: hexlify(key.subarray(1, 33)), y: hexlify(key.subarray(33)) };
}
