import { z } from "zod";
import { askRelayer } from "./http.ts";

export interface ReadRelayerStatusParameters {
  /** The relayer's API. */
  url: string;
}

const count = z.int().min(0);
const statusSchema = z.object({
  /** 0x-hex address. */
  relayer: z.string(),
  /** The newest block that it judged; time in seconds since 1970. */
  head: z.object({ number: count, time: count }),
  messages: z.object({
    received: count,
    counted: count,
    duplicate: count,
    refused: count,
    waiting: count,
    /** Valid, and not confirmed yet. */
    pending: count,
  }),
  /** Batches that are not final. */
  open: count,
});

export type RelayerStatus = z.infer<typeof statusSchema>;

/**
 * Asks a relayer how far it is.
 *
 * @throws RetryableError `relayer-unreachable`
 * @example
 * const { messages, open } = await readRelayerStatus({ url: "http://127.0.0.1:18701" });
 */
export async function readRelayerStatus({ url }: ReadRelayerStatusParameters): Promise<RelayerStatus> {
  return statusSchema.parse(await askRelayer({ url, path: "/v1/status" }));
}
