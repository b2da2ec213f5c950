import { z } from "zod";
import { askRelayer } from "./http.ts";

export interface ReadRefusedParameters {
  /** The relayer's API. */
  url: string;
  /** Only messages after this id; default: all. */
  after?: number;
  /** Only of this device, 0x-hex; default: of all. */
  device?: string;
  /** Only for this reason, a code of docs/formats/delivery-event.md; default: for all. */
  reason?: string;
  /** At most so many; default: all. */
  limit?: number;
}

const refusedSchema = z.array(
  z.object({
    /** Position in this relayer's inbox. */
    id: z.int(),
    /** When it came, seconds since 1970. */
    received: z.int(),
    /** Who is behind it: a device that signed it, otherwise whoever handed it over, as far as is known. */
    source: z.string(),
    topic: z.string(),
    /** As the message claims it, 0x-hex. */
    device: z.string().nullable(),
    eventId: z.string().nullable(),
    reason: z.string().nullable(),
    detail: z.string().nullable(),
    /** Bytes that it takes there, roughly. */
    size: z.int(),
  }),
);

export type RefusedMessage = z.infer<typeof refusedSchema>[number];

/** Messages a request. */
const PAGE = 500;

/**
 * Reads what a relayer refused and why, in the order in which it came. What is older than its retention is gone.
 *
 * @throws RetryableError `relayer-unreachable`
 * @example
 * const forged = await readRefused({ url, reason: "signature" });
 */
export async function readRefused(p: ReadRefusedParameters): Promise<RefusedMessage[]> {
  const { url, device, reason, limit = Infinity } = p;
  const messages: RefusedMessage[] = [];
  for (let after = p.after ?? 0; ;) {
    const most = Math.min(PAGE, limit - messages.length);
    const query = new URLSearchParams({ after: String(after), limit: String(most) });
    if (device !== undefined) query.set("device", device);
    if (reason !== undefined) query.set("reason", reason);
    const page = refusedSchema.parse(await askRelayer({ url, path: `/v1/refused?${query.toString()}` }));
    messages.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < most || messages.length >= limit) return messages;
    after = last.id;
  }
}
