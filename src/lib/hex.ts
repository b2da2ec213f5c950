/** The bytes of 0x-hex that is known to be such: ethers' reads digit by digit, which takes milliseconds for a batch. */
export function fromHex(hex: string): Buffer {
  return Buffer.from(hex.slice(2), "hex");
}

/** Bytes as 0x-hex. */
export function toHex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`;
}
