/** Writes CBOR by hand, byte for byte, so that the product's library is not its own witness, and so that it can be wrong. */

const SIZES = [
  [24n, 0],
  [1n << 8n, 1],
  [1n << 16n, 2],
  [1n << 32n, 4],
  [1n << 64n, 8],
] as const;

/** The head of a data item: major type and argument, as short as can be. */
export function head(major: number, argument: number | bigint): Buffer {
  const value = BigInt(argument);
  const size = SIZES.find(([limit]) => value < limit)?.[1] ?? 8;
  if (size === 0) return Buffer.from([(major << 5) | Number(value)]);
  const info = 24 + Math.log2(size);
  return Buffer.from([(major << 5) | info, ...Buffer.from(value.toString(16).padStart(2 * size, "0"), "hex")]);
}

export const int = (value: number | bigint): Buffer => (value < 0 ? head(1, -1n - BigInt(value)) : head(0, value));
export const bstr = (bytes: Uint8Array): Buffer => Buffer.concat([head(2, bytes.length), bytes]);
export const tstr = (text: string): Buffer => Buffer.concat([head(3, Buffer.byteLength(text)), Buffer.from(text)]);
export const array = (...items: Uint8Array[]): Buffer => Buffer.concat([head(4, items.length), ...items]);
export const map = (...entries: (readonly [Uint8Array, Uint8Array])[]): Buffer =>
  Buffer.concat([head(5, entries.length), ...entries.flat()]);
export const tag = (number: number, item: Uint8Array): Buffer => Buffer.concat([head(6, number), item]);
export const NULL = Buffer.from([0xf6]);

export function float64(value: number): Buffer {
  const bytes = Buffer.alloc(9, 0xfb);
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

/** A JSON value as a small device would write it: members in their order, fractions in double precision. */
export function cborOf(value: unknown): Buffer {
  if (value === null) return NULL;
  if (typeof value === "boolean") return Buffer.from([value ? 0xf5 : 0xf4]);
  if (typeof value === "string") return tstr(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? int(value) : float64(value);
  if (Array.isArray(value)) return array(...value.map(cborOf));
  return map(...Object.entries(value as object).map(([name, member]) => [tstr(name), cborOf(member)] as const));
}
