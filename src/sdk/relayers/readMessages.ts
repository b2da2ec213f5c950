import { z } from "zod";
import { askRelayer } from "./http.ts";

export interface ReadMessagesParameters {
  /** The relayer's API. */
  url: string;
  /** Only messages after this id; default: all. */
  after?: number;
  /** Only messages that stand so; default: all. */
  status?: RelayerMessage["status"];
  /** At most so many; default: all. */
  limit?: number;
}

const messagesSchema = z.array(
  z.object({
    /** Position in this relayer's inbox. */
    id: z.int(),
    /** As the message claims it. */
    eventId: z.string().nullable(),
    /** The device's id, 0x-hex, where it could be read. */
    device: z.string().nullable(),
    status: z.enum(["pending", "counted", "duplicate", "refused", "waiting"]),
    /** A code of docs/formats/delivery-event.md. */
    reason: z.string().nullable(),
    detail: z.string().nullable(),
    /** Id of the order, once it is known. */
    order: z.string().nullable(),
  }),
);

export type RelayerMessage = z.infer<typeof messagesSchema>[number];

/** Messages a request. */
const PAGE = 500;

/**
 * Reads what a relayer received and what became of it, in the order in which it came.
 *
 * @throws RetryableError `relayer-unreachable`
 * @example
 * const refused = (await readMessages({ url })).filter(({ status }) => status === "refused");
 */
export async function readMessages(p: ReadMessagesParameters): Promise<RelayerMessage[]> {
  const { url, after = 0, status, limit = Infinity } = p;
  const messages: RelayerMessage[] = [];
  for (let from = after; ;) {
    const most = Math.min(PAGE, limit - messages.length);
    const which = status === undefined ? "" : `&status=${status}`;
    const path = `/v1/messages?after=${String(from)}&limit=${String(most)}${which}`;
    const page = messagesSchema.parse(await askRelayer({ url, path }));
    messages.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < most || messages.length >= limit) return messages;
    from = last.id;
  }
}
