import { z } from "zod";

/** How a message's bytes are written as text, as in recorded streams: text as it is, anything else in base64url. */
export type Encoding = "utf8" | "base64url";

export interface EncodedMessage {
  payload: string;
  encoding: Encoding;
}

export function encodeMessage(bytes: Uint8Array): EncodedMessage {
  const ascii = bytes.every((byte) => byte >= 0x20 && byte < 0x7f);
  const encoding = ascii ? "utf8" : "base64url";
  return { payload: Buffer.from(bytes).toString(encoding), encoding };
}

export function decodeMessage(message: EncodedMessage): Uint8Array {
  return Buffer.from(message.payload, message.encoding);
}

/** A hash, and an account, as peers name them; in the one form in which they are kept. */
export const hash = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .toLowerCase();
export const account = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .toLowerCase();
