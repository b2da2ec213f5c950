import { FactoryChainError } from "../lib/errors.ts";

/** Fields of a packed word with their widths in bits, from the most significant bit. */
export type Layout = readonly (readonly [name: string, bits: number])[];

/** Clauses of OrderTerms.sol. */
export const CLAUSE_BITS: Layout = [
  ["due", 40],
  ["expiry", 40],
  ["retentionUntil", 40],
  ["grace", 24],
  ["penaltyRate", 20],
  ["capDays", 14],
  ["retention", 20],
  ["group", 40],
  ["points", 8],
  ["options", 10],
];

/** Progress of DeliveryReport.sol. */
export const PROGRESS_BITS: Layout = [
  ["order", 16],
  ["line", 16],
  ["from", 48],
  ["to", 48],
  ["late", 48],
  ["latest", 40],
  ["nothing", 40],
];

/** Booking of Booking.sol. */
export const BOOKING_BITS: Layout = [
  ["earned", 56],
  ["lot", 32],
  ["line", 16],
  ["delivered", 48],
  ["late", 48],
  ["paid", 56],
];

/** A line of first terms. */
export const LINE_BITS: Layout = [
  ["quantity", 40],
  ["total", 56],
];

/** @throws FactoryChainError `terms-range` when a value does not fit its width */
export function pack(layout: Layout, values: Record<string, number | bigint>): bigint {
  return layout.reduce(
    (word, [name, bits]) => (word << BigInt(bits)) | inRange(name, BigInt(values[name] ?? 0), bits),
    0n,
  );
}

/** The fields of a word. */
export function unpack(layout: Layout, word: bigint): Record<string, bigint> {
  const values: Record<string, bigint> = {};
  for (const [name, bits] of [...layout].reverse()) {
    values[name] = BigInt.asUintN(bits, word);
    word >>= BigInt(bits);
  }
  return values;
}

function inRange(name: string, value: bigint, bits: number): bigint {
  if (value < 0n || value >> BigInt(bits) !== 0n) {
    throw new FactoryChainError("terms-range", `The order's ${name} is ${value}.`, {
      expected: `a whole number from 0 and below 2^${bits}`,
    });
  }
  return value;
}
