import type { Kysely } from "kysely";
import { z } from "zod";
import { reportEventSchema } from "./batch.ts";
import { hash } from "./encoding.ts";
import type { EncodedMessage } from "./encoding.ts";
import { laterMessages } from "./signatureStore.ts";
import { batchOf } from "./heard.ts";
import type { RelayerTables } from "./tables.ts";

/** Events in one page, and characters of their messages: one message may have 87,000. */
const PAGE = 200;
const PAGE_SIZE = 4 * 1024 * 1024;

export const pageSchema = z.object({ after: z.coerce.number().int().nonnegative().default(0) });
export const rootsSchema = z.strictObject({ roots: z.array(hash).max(100) });

/** One page of what a peer holds of devices' events. */
export const eventPageSchema = z.object({
  messages: z
    .array(z.object({ payload: z.string().max(100_000), encoding: z.enum(["utf8", "base64url"]) }))
    .max(PAGE * 10),
  /** Where the next page begins. */
  last: z.number().int().nonnegative(),
  more: z.boolean(),
  /** Whether the peer itself is still taking in what it lost. */
  recovering: z.boolean(),
});

export const openedRootsSchema = z.object({
  roots: z.array(z.object({ root: z.string().max(66), events: z.array(reportEventSchema).max(10_000) })).max(100),
});

/** The newest signature that a peer has of a member, with the batch that it is on. */
export const newestSchema = z.object({
  newest: z.object({ batch: z.unknown(), signature: z.string().max(200) }).nullable(),
});

/** Events and corrections with an id above `after`, whatever became of them, as their devices sent them. */
export async function pageOfEvents(
  db: Kysely<RelayerTables>,
  after: number,
): Promise<Omit<z.infer<typeof eventPageSchema>, "recovering">> {
  const rows = await db
    .selectFrom("events")
    .select(["id", "payload", "encoding"])
    .where("id", ">", after)
    .orderBy("id")
    .limit(PAGE)
    .execute();
  let size = 0;
  const fitting = rows.filter(({ payload }, i) => (size += payload.length) <= PAGE_SIZE || i === 0);
  const later = await laterMessages(
    db,
    fitting.map(({ id }) => id),
  );
  const messages: EncodedMessage[] = [...fitting, ...later].map(({ payload, encoding }) => ({ payload, encoding }));
  const last = fitting.at(-1)?.id ?? after;
  return { messages, last, more: rows.length === PAGE || fitting.length < rows.length };
}

/** What this relayer has of a member's newest signature: what it proves, it proves to anybody. */
export async function newestOf(
  db: Kysely<RelayerTables>,
  member: string,
): Promise<z.infer<typeof newestSchema>["newest"]> {
  const row = await db
    .selectFrom("newest_shares")
    .select(["digest", "signature"])
    .where("member", "=", member)
    .executeTakeFirst();
  const batch = row && (await batchOf(db, row.digest));
  return row && batch !== undefined ? { batch, signature: row.signature } : null;
}

/** Block of the newest batch that this relayer signed, as far as its store knows; -1: none. */
export async function newestSigned(db: Kysely<RelayerTables>): Promise<number> {
  const row = await db.selectFrom("batches").select("block").orderBy("block", "desc").limit(1).executeTakeFirst();
  return row?.block ?? -1;
}
