import type { Kysely } from "kysely";
import { z } from "zod";
import type { BlockRef } from "../chain/transactions.ts";
import { batchFromJson, batchToJson, digestOf, eventsRoot } from "./batch.ts";
import type { Batch } from "./batch.ts";
import type { BatchStore, Share } from "./batchStore.ts";
import { MAX_LISTED } from "./build.ts";
import { groupAt, groupsAt } from "./groups.ts";
import type { Log } from "./log.ts";
import type { Peers } from "./peers.ts";
import { recover } from "./recover.ts";
import { countListed, MAX_AGE } from "./review.ts";
import { keepRoots } from "./roots.ts";
import type { RelayerTables } from "./tables.ts";

/** Batches of others that are kept of each signer while they may still count, and characters of all of these. */
const MOST_KEPT = 64;
const MOST_SIZE = 32 * 1024 * 1024;
/** Heads at which one batch is asked for. */
const TRIES = 5;

/** A batch, to whoever heard of a signature on it. */
export const heardSchema = z.object({ batch: z.unknown() });

/** A batch that is known here, signed or heard of. */
export async function batchOf(db: Kysely<RelayerTables>, digest: string): Promise<unknown> {
  for (const table of ["batches", "heard_batches"] as const) {
    const row = await db.selectFrom(table).select("document").where("digest", "=", digest).executeTakeFirst();
    if (row) return JSON.parse(row.document) as unknown;
  }
  return undefined;
}

/**
 * Fetches batches that others signed and this relayer did not: a signature that a member shows is one step to a
 * certificate, and the chain will hold the roots of its reports, not their events. As long as one honest member is up
 * beside those that signed, what they signed is known to more than them.
 */
export function createHeard({
  db,
  chainId,
  address,
  batches,
  peers,
  log,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  address: string;
  batches: Pick<BatchStore, "early" | "replay">;
  peers: Peers;
  log: Log;
}) {
  const tries = new Map<string, number>();

  /**
   * At each head asks every sender for one batch that it showed a signature on: who shows many that are worth nothing
   * holds up nobody else's.
   *
   * @returns whether a root was opened that is confirmed already
   */
  async function advance(head: BlockRef): Promise<boolean> {
    const shares = batches.early();
    for (const name of tries.keys()) if (!shares.some((share) => nameOf(share) === name)) tries.delete(name);
    if (shares.length === 0) return false;
    const members = new Set((await groupsAt({ db, block: head.number })).flatMap(({ live }) => live));
    const wanted = new Map<string | null, { share: Share; signer: string }>();
    for (const share of shares) {
      const count = tries.get(nameOf(share)) ?? 0;
      const signer = recover(share.digest, share.signature);
      if (wanted.has(share.from) || count === TRIES || signer === null) continue;
      if (signer === address || !members.has(signer) || !(await hasRoom(signer, head))) continue;
      wanted.set(share.from, { share, signer });
      tries.set(nameOf(share), count + 1);
    }
    const opened = await Promise.all([...wanted.values()].map((one) => fetch(one, head)));
    return opened.includes(true);
  }

  async function hasRoom(signer: string, head: BlockRef): Promise<boolean> {
    const { count, size } = await db
      .selectFrom("heard_batches")
      .select((row) => [row.fn.countAll<number>().as("count"), row.fn.sum<number>("size").as("size")])
      .where("member", "=", signer)
      .where("block_time", ">=", head.time - MAX_AGE)
      .executeTakeFirstOrThrow();
    return Number(count) < MOST_KEPT && Number(size) < MOST_SIZE;
  }

  /** From whoever handed the signature over; where that is not known, from any. */
  async function fetch({ share, signer }: { share: Share; signer: string }, head: BlockRef): Promise<boolean> {
    const known = peers.list.filter((peer) => peers.nameOf(peer) === share.from);
    for (const peer of known.length > 0 ? known : peers.list) {
      const answer = await peers.request(peer, `/v1/peer/batches/${share.digest}`, heardSchema);
      const batch = read(answer?.batch, share.digest);
      if (!batch || head.time > batch.block.time + MAX_AGE) continue;
      const group = await groupAt({ db, escrow: batch.escrow, group: batch.group });
      if (!group?.live.includes(signer)) continue;
      const opened = await keep(batch, share.digest, signer);
      log.info({ digest: share.digest, signer, from: share.from }, "fetched a batch that others signed");
      await batches.replay(share.digest);
      return opened;
    }
    return false;
  }

  function read(value: unknown, digest: string): Batch | null {
    try {
      const batch = batchFromJson(value);
      if (countListed(batch) > MAX_LISTED) return null;
      const whole = batch.reports.every(({ root, events }) => root === eventsRoot(events));
      return whole && digestOf({ chainId, batch }) === digest ? batch : null;
    } catch {
      return null;
    }
  }

  async function keep(batch: Batch, digest: string, member: string): Promise<boolean> {
    const document = batchToJson(batch);
    const { escrow, group: grp } = batch;
    const { number: block, time: block_time } = batch.block;
    const roots = batch.reports.map(({ root }) => root);
    const missing = db.selectFrom("unopened_roots").select("root").where("root", "in", roots);
    const opened = (await missing.execute()).length > 0;
    await db.transaction().execute(async (tx) => {
      await tx
        .insertInto("heard_batches")
        .values({ digest, member, escrow, grp, block, block_time, size: document.length, document })
        .onConflict((conflict) => conflict.column("digest").doNothing())
        .execute();
      await keepRoots(tx, batch.reports);
    });
    return opened;
  }

  return { advance };
}

/** Who showed which signature's batch: another one that shows it too is asked for itself. */
function nameOf({ digest, from }: Share): string {
  return `${from ?? ""} ${digest}`;
}
