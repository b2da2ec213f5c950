import type { Kysely, Transaction } from "kysely";
import { noCrashpoint } from "../lib/crashpoint.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { takeLock } from "../store/engine.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import { batchId, batchToJson, digestOf, preimageOf } from "./batch.ts";
import type { Batch } from "./batch.ts";
import { groupAt } from "./groups.ts";
import type { Log } from "./log.ts";
import { recover } from "./recover.ts";
import { keepRoots } from "./roots.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";

/** Shares that came before their batch, kept of each sender. */
const MOST_EARLY = 64;

/** A signature on a batch, and which peer handed it over; null: it is not known which. */
export interface Share {
  digest: string;
  signature: string;
  from: string | null;
}

export type BatchStore = ReturnType<typeof createBatchStore>;

/** Batches that this relayer signed, at most one digest for one id, and the signatures that it has on them. */
export function createBatchStore({
  db,
  chainId,
  sign,
  certified,
  suspects,
  fence = unfenced,
  crashpoint = noCrashpoint,
  log,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  /** Signs the keccak-256 of bytes; ERC-2098 compact signature. */
  sign: (preimage: string) => Promise<string>;
  /** A batch has its k signatures: it can be submitted. */
  certified: () => void;
  suspects: Suspects;
  /** Of the lease on the key: what this relayer signed is written by its holder alone. */
  fence?: Fence;
  crashpoint?: Crashpoint;
  log: Log;
}) {
  const early = new Map<string, Share[]>();

  /** Signs and keeps a batch; null when another digest was signed under its id. */
  async function signBatch(batch: Batch): Promise<string | null> {
    const [id, digest] = [batchId(batch), digestOf({ chainId, batch })];
    const free = await db.transaction().execute(async (tx) => {
      await fence(tx);
      const { numInsertedOrUpdatedRows } = await tx
        .insertInto("signed_digests")
        .values({ batch_id: id, digest })
        .onConflict((conflict) => conflict.column("batch_id").doNothing())
        .executeTakeFirstOrThrow();
      if (numInsertedOrUpdatedRows === 0n) {
        const known = tx.selectFrom("signed_digests").select("digest").where("batch_id", "=", id);
        return (await known.executeTakeFirstOrThrow()).digest === digest;
      }
      await tx
        .insertInto("batches")
        .values({
          digest,
          batch_id: id,
          escrow: batch.escrow,
          grp: batch.group,
          proposer: batch.proposer,
          block: batch.block.number,
          block_time: batch.block.time,
          document: batchToJson(batch),
          state: "open",
        })
        .execute();
      await keepRoots(tx, batch.reports);
      return true;
    });
    if (!free) return null;
    crashpoint("kept");
    const signature = await sign(preimageOf({ chainId, batch }));
    await addShare({ digest, signature, from: null });
    await replay(digest);
    return signature;
  }

  /** Takes in the signatures that came before their batch was known. */
  async function replay(digest: string): Promise<void> {
    for (const [from, shares] of [...early]) {
      const fitting = shares.filter((share) => share.digest === digest);
      if (fitting.length === 0) continue;
      const rest = shares.filter((share) => share.digest !== digest);
      if (rest.length > 0) early.set(from, rest);
      else early.delete(from);
      for (const share of fitting) await addShare(share);
    }
  }

  /**
   * A signature on a batch that this relayer signed. One on a batch that it has not seen waits a little. What is no live
   * member's signature on this very digest (another payload, domain, signer or epoch) is counted against who sent it.
   *
   * @returns false for such a one
   */
  async function addShare({ digest, signature, from }: Share): Promise<boolean> {
    const row = (await signed(digest)) ?? (await heard(digest));
    if (!row) {
      const name = from ?? "";
      const list = [...(early.get(name) ?? []), { digest, signature, from }];
      early.set(name, list.slice(-MOST_EARLY));
      return true;
    }
    // Most come twice, as an answer and by themselves: whose they are is found out once.
    const same = db
      .selectFrom("shares")
      .select("member")
      .where("digest", "=", digest)
      .where("signature", "=", signature);
    if (await same.executeTakeFirst()) return true;
    const group = await groupAt({ db, escrow: row.escrow, group: row.grp });
    const member = recover(digest, signature);
    if (!group || member === null || !group.live.includes(member)) {
      suspects.note({ member: from, kind: "invalid-share", detail: `for ${digest}, signed by ${member ?? "nobody"}` });
      return false;
    }
    const { threshold } = group;
    const signatures = await db.transaction().execute(async (tx) => {
      await keepNewest(tx, { member, block: row.block, digest, signature });
      return row.state === "open" ? await countShares(tx, { digest, member, signature, threshold }) : 0;
    });
    if (signatures < threshold) return true;
    log.info({ digest, signatures }, "a batch is certified");
    crashpoint("certified");
    certified();
    return true;
  }

  /** Keeps one more signature on an open batch, which is certified once it has enough. @returns how many it has */
  async function countShares(
    tx: Transaction<RelayerTables>,
    p: { digest: string; member: string; signature: string; threshold: number },
  ): Promise<number> {
    const { digest, member, signature } = p;
    // Of two that come at the same time, one must see the other.
    await takeLock({ tx, name: `shares of ${digest}` });
    await tx
      .insertInto("shares")
      .values({ digest, member, signature })
      .onConflict((conflict) => conflict.columns(["digest", "member"]).doNothing())
      .execute();
    const shares = await tx.selectFrom("shares").select("member").where("digest", "=", digest).execute();
    const open = tx.updateTable("batches").where("digest", "=", digest).where("state", "=", "open");
    if (shares.length >= p.threshold) await open.set({ state: "certified" }).execute();
    return shares.length;
  }

  function signed(digest: string) {
    const columns = ["escrow", "grp", "state", "block"] as const;
    return db.selectFrom("batches").select(columns).where("digest", "=", digest).executeTakeFirst();
  }

  /** One that only others signed is of no use, but says what they signed. */
  async function heard(digest: string) {
    const columns = ["escrow", "grp", "block"] as const;
    const row = await db.selectFrom("heard_batches").select(columns).where("digest", "=", digest).executeTakeFirst();
    return row && { ...row, state: "done" as const };
  }

  /** What each member signed last, by block: one that lost its store is told. */
  async function keepNewest(
    tx: Kysely<RelayerTables>,
    share: { member: string; block: number; digest: string; signature: string },
  ): Promise<void> {
    const { block, digest, signature } = share;
    await tx
      .insertInto("newest_shares")
      .values(share)
      .onConflict((conflict) =>
        conflict.column("member").doUpdateSet({ block, digest, signature }).where("newest_shares.block", "<", block),
      )
      .execute();
  }

  return {
    signBatch,
    addShare,

    replay,

    /** Signatures on batches that are not known here. */
    early: (): Share[] => [...early.values()].flat(),

    /** This relayer's own signatures on batches that may still count. */
    own: (address: string) =>
      db
        .selectFrom("batches")
        .innerJoin("shares", "shares.digest", "batches.digest")
        .select(["shares.digest as digest", "signature"])
        .where("state", "!=", "done")
        .where("member", "=", address)
        .orderBy("block", "desc")
        .limit(MOST_EARLY)
        .execute(),

    /** The digest that was signed for a batch id. */
    async digestFor(id: string): Promise<string | undefined> {
      const row = await db.selectFrom("signed_digests").select("digest").where("batch_id", "=", id).executeTakeFirst();
      return row?.digest;
    },

    /** How many of a proposer's are signed here, may still count, and lack signatures. */
    async countOpen(proposer: string): Promise<number> {
      const { count } = await db
        .selectFrom("batches")
        .select((row) => row.fn.countAll<number>().as("count"))
        .where("state", "=", "open")
        .where("proposer", "=", proposer)
        .executeTakeFirstOrThrow();
      return Number(count);
    },

    /** Batches that may still count. */
    open: () => db.selectFrom("batches").selectAll().where("state", "!=", "done").execute(),

    /** A batch is over: its signatures are worth nothing. */
    async close(digest: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        await fence(tx);
        await tx.updateTable("batches").set({ state: "done" }).where("digest", "=", digest).execute();
        await tx.deleteFrom("shares").where("digest", "=", digest).execute();
      });
    },
  };
}
