import { sql } from "kysely";
import type { Kysely } from "kysely";
import { readCheckpoints } from "../store/checkpoints.ts";
import type { CoreSchema } from "../store/schema.ts";
import type { RelayerDatabase } from "./relayer.ts";
import type { RelayerTables } from "./tables.ts";

/** What the store says about a relayer. */
export interface Figures {
  messages: { status: string; reason: string | null; count: number }[];
  events: { status: string; reason: string | null; count: number }[];
  batches: { state: string; count: number }[];
  /** Batches ever signed. */
  signed: number;
  shares: number;
  /** Accounts that submitted something. */
  accounts: { sender: string; open: number; next: number }[];
  /** Holder is empty when nobody has it; null before the first. */
  lease: { holder: string; epoch: number } | null;
  /** The newest block that was followed, and seconds since it was made. */
  head: { number: number; age: number } | null;
}

/**
 * Reads a relayer's figures.
 *
 * @param lease name of the lease on the relayer's key
 * @param now seconds since 1970
 * @throws RetryableError `store-...`
 */
export async function readFigures(p: { db: RelayerDatabase; lease: string; now: number }): Promise<Figures> {
  const db = p.db as unknown as Kysely<RelayerTables>;
  const core = p.db as unknown as Kysely<CoreSchema>;
  const count = sql<number>`count(*)`.as("count");
  const byReason = (table: "messages" | "events") =>
    db.selectFrom(table).select(["status", "reason", count]).groupBy(["status", "reason"]).execute();
  const all = async (table: "signed_digests" | "shares") =>
    Number((await db.selectFrom(table).select(count).executeTakeFirstOrThrow()).count);
  const open = sql<number>`sum(case when state in ('intent', 'prepared') then 1 else 0 end)`.as("open");
  const [block] = await readCheckpoints(core);
  return {
    messages: (await byReason("messages")).map(counted),
    events: (await byReason("events")).map(counted),
    batches: (await db.selectFrom("batches").select(["state", count]).groupBy("state").execute()).map(counted),
    signed: await all("signed_digests"),
    shares: await all("shares"),
    accounts: (
      await core
        .selectFrom("transactions")
        .select(["sender", sql<number>`max(nonce)`.as("highest"), open])
        .groupBy("sender")
        .execute()
    ).map(({ sender, highest, open }) => ({ sender, open: Number(open), next: Number(highest) + 1 })),
    lease:
      (await core.selectFrom("leases").select(["holder", "epoch"]).where("name", "=", p.lease).executeTakeFirst()) ??
      null,
    head: block === undefined ? null : { number: block.number, age: Math.max(0, p.now - block.time) },
  };
}

/** PostgreSQL counts in 64 bits, which come as text. */
function counted<Row extends { count: number }>(row: Row): Row {
  return { ...row, count: Number(row.count) };
}
