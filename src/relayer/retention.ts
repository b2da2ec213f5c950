import { sql } from "kysely";
import type { Kysely } from "kysely";
import type { RelayerTables } from "./tables.ts";

/** How much is kept of what can never count, or has done all it could. */
export interface RetentionLimits {
  /** Refused messages: so many, of so many megabytes; as much again of those that a registered device has signed. */
  refusedMessages: number;
  refusedMegabytes: number;
  /** Days for which refused messages and duplicates stay. */
  refusedDays: number;
  /** Days for which the messages and events of an order stay after it was closed. Keys of what was confirmed stay for ever. */
  settledDays: number;
}

export const RETENTION: RetentionLimits = {
  refusedMessages: 20_000,
  refusedMegabytes: 64,
  refusedDays: 90,
  settledDays: 30,
};

const DAY = 86_400;
const MEGABYTE = 1024 * 1024;
/** Seconds between looks at what is too old. */
const LOOK = 60;
/** What is over a bound is brought so far below it that not every message has to be counted. */
const AIM = 0.9;
/** Rows in one statement. */
const ROWS = 1_000;

/** Chain facts, or facts of the event itself, which are found again if it comes again: nothing is lost with the record. */
const FOUND_AGAIN = ["device-revoked", "device-validity", "unknown-item", "unit", "scale", "quantity"] as const;

/**
 * Keeps garbage from filling the disk. Space is shared evenly among sources: one that floods pushes out its own messages
 * first. A source is a topic or an address; a device, once its key has signed, so that nobody can push out what
 * registered devices sent without having their keys.
 */
export function createRetention(p: {
  db: Kysely<RelayerTables>;
  /** Seconds since 1970. */
  clock: () => number;
  limits?: RetentionLimits;
}) {
  const { db, clock, limits = RETENTION } = p;
  const often = Math.max(1, Math.floor((limits.refusedMessages * (1 - AIM)) / 2));
  let since = often;
  let looked = 0;

  /** After each commit: bounds hold whenever as many messages came as lie between bound and aim. */
  async function noticed(spare: number): Promise<void> {
    since += spare;
    if (since < often) return;
    since = 0;
    for (const status of ["refused", "duplicate"] as const) {
      await share(status, sql<boolean>`source like 'device:%'`);
      await share(status, sql<boolean>`source not like 'device:%'`);
    }
  }

  /** From time to time: what is too old, and what closed orders leave behind. */
  async function look(): Promise<void> {
    const now = clock();
    if (now - looked < LOOK) return;
    looked = now;
    const old = now - limits.refusedDays * DAY;
    await db
      .deleteFrom("messages")
      .where("status", "in", ["refused", "duplicate"])
      .where("received", "<", old)
      .execute();
    await db
      .deleteFrom("events")
      .where("status", "=", "refused")
      .where("reason", "in", FOUND_AGAIN)
      .where("received", "<", old)
      .execute();
    await settle(now);
  }

  async function share(status: "refused" | "duplicate", part: ReturnType<typeof sql<boolean>>): Promise<void> {
    const rows = await db
      .selectFrom("messages")
      .select((row) => ["source", row.fn.countAll<number>().as("count"), row.fn.sum<number>("size").as("bytes")])
      .where("status", "=", status)
      .where(part)
      .groupBy("source")
      .execute();
    const sources = rows.map(({ source, count, bytes }) => ({ source, count: Number(count), bytes: Number(bytes) }));
    const most = {
      count: evenShare(
        sources.map(({ count }) => count),
        limits.refusedMessages,
      ),
      bytes: evenShare(
        sources.map(({ bytes }) => bytes),
        limits.refusedMegabytes * MEGABYTE,
      ),
    };
    for (const { source, count, bytes } of sources) {
      if (count > most.count || bytes > most.bytes) await shorten({ status, source, ...most });
    }
    // More sources than there is room for messages: the oldest go, whosever they are.
    const left = sources.reduce((sum, { count }) => sum + Math.min(count, Math.max(1, Math.floor(most.count))), 0);
    if (left > limits.refusedMessages) {
      const oldest = db
        .selectFrom("messages")
        .select("id")
        .where("status", "=", status)
        .where(part)
        .orderBy("id")
        .limit(left - Math.floor(limits.refusedMessages * AIM));
      await db.deleteFrom("messages").where("id", "in", oldest).execute();
    }
  }

  /** Keeps the newest messages of one source, one at least. */
  async function shorten(q: { status: "refused" | "duplicate"; source: string; count: number; bytes: number }) {
    const { status, source } = q;
    const rows = await db
      .selectFrom("messages")
      .select(["id", "size"])
      .where("status", "=", status)
      .where("source", "=", source)
      .orderBy("id", "desc")
      .execute();
    let bytes = 0;
    const over = rows.findIndex(({ size }, index) => {
      bytes += size;
      return index > 0 && (index >= q.count || bytes > q.bytes);
    });
    if (over === -1) return;
    await db
      .deleteFrom("messages")
      .where("status", "=", status)
      .where("source", "=", source)
      .where("id", "<=", rows[over]?.id ?? 0)
      .execute();
  }

  /** What was sent about orders that were closed long ago. An event that comes again is refused, or found confirmed, anew. */
  async function settle(now: number): Promise<void> {
    const closed = db.selectFrom("chain_orders").select("id").where("closed_block", "is not", null);
    const known = db.selectFrom("closed_orders").select("order_id");
    await db.deleteFrom("closed_orders").where("order_id", "not in", closed).execute();
    const news = await closed.where("id", "not in", known).limit(ROWS).execute();
    if (news.length > 0) {
      const rows = news.map(({ id }) => ({ order_id: id, seen: now }));
      await db
        .insertInto("closed_orders")
        .values(rows)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
    const past = db
      .selectFrom("closed_orders")
      .select("order_id")
      .where("seen", "<", now - limits.settledDays * DAY);
    const events = await db
      .selectFrom("events")
      .select("id")
      .where("order_id", "in", past)
      .where("status", "in", ["counted", "refused"])
      .limit(ROWS)
      .execute();
    const ids = events.map(({ id }) => id);
    await db.deleteFrom("messages").where("event", "in", ids).execute();
    await db.deleteFrom("event_signatures").where("event", "in", ids).execute();
    await db.deleteFrom("events").where("id", "in", ids).execute();
    // As long as there is more, it goes on with the next block: what comes in a day must go in a day.
    if (news.length === ROWS || ids.length === ROWS) looked = 0;
  }

  return { noticed, look };
}

/** The share for which those who want more get as much as possible and all the same; infinite when there is enough. */
function evenShare(wants: readonly number[], bound: number): number {
  if (wants.reduce((sum, want) => sum + want, 0) <= bound) return Infinity;
  let room = bound * AIM;
  const sorted = [...wants].sort((a, b) => a - b);
  for (const [index, want] of sorted.entries()) {
    const share = room / (sorted.length - index);
    if (want > share) return share;
    room -= want;
  }
  return Infinity;
}
