import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import { batchFromJson } from "./batch.ts";
import type { RelayerTables } from "./tables.ts";

/** Seconds after block B for which a batch is kept; its certificate dies after 300. */
const KEPT = 3_600;
/** Seconds for which one is kept that only others signed: they can send much. */
const KEPT_HEARD = 600;
/** Rows in one go, so that no head waits long. */
const MOST = 50;
const MOST_HEARD = 500;

/**
 * Forgets batches whose time is over, what was signed for them, and roots that were never confirmed (relayer-agreement.md,
 * rule 14). Keys of counted events stay for ever, so that none counts again; `retention.ts` forgets the events.
 */
export async function prune({
  db,
  head,
  fence = unfenced,
}: {
  db: Kysely<RelayerTables>;
  head: BlockRef;
  fence?: Fence;
}): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await fence(tx);
    await pruneBatches(tx, head.time - KEPT);
    await pruneHeard(tx, head.time - KEPT_HEARD);
  });
}

async function pruneBatches(tx: Kysely<RelayerTables>, before: number): Promise<void> {
  const rows = await tx
    .selectFrom("batches")
    .select(["digest", "batch_id", "document"])
    .where("state", "=", "done")
    .where("block_time", "<", before)
    .where("digest", "not in", tx.selectFrom("newest_shares").select("digest"))
    // The newest one says up to where this relayer signed.
    .where(
      "block",
      "<",
      tx.selectFrom("batches").select((row) => row.fn.max("block").as("block")),
    )
    .limit(MOST)
    .execute();
  if (rows.length === 0) return;
  await forgetRoots(tx, rows, before);
  const [digests, ids] = [rows.map(({ digest }) => digest), rows.map(({ batch_id }) => batch_id)];
  await tx.deleteFrom("signed_digests").where("batch_id", "in", ids).execute();
  await tx.deleteFrom("shares").where("digest", "in", digests).execute();
  await tx.deleteFrom("batches").where("digest", "in", digests).execute();
}

async function pruneHeard(tx: Kysely<RelayerTables>, before: number): Promise<void> {
  const rows = await tx
    .selectFrom("heard_batches")
    .select(["digest", "document"])
    .where("block_time", "<", before)
    .where("digest", "not in", tx.selectFrom("newest_shares").select("digest"))
    .limit(MOST_HEARD)
    .execute();
  if (rows.length === 0) return;
  await forgetRoots(tx, rows, before);
  const digests = rows.map(({ digest }) => digest);
  await tx.deleteFrom("heard_batches").where("digest", "in", digests).execute();
}

/** The events behind their roots, unless they were confirmed, or may yet be by a later batch that says the same. */
async function forgetRoots(tx: Kysely<RelayerTables>, rows: { document: string }[], before: number): Promise<void> {
  const rootsOf = (list: { document: string }[]) =>
    list.flatMap(({ document }) => batchFromJson(JSON.parse(document)).reports.map(({ root }) => root));
  const open = tx
    .selectFrom("batches")
    .select("document")
    .where("block_time", ">=", before)
    .where("state", "!=", "done");
  const live = tx.selectFrom("heard_batches").select("document").where("block_time", ">=", before);
  const used = new Set(rootsOf([...(await open.execute()), ...(await live.execute())]));
  const roots = rootsOf(rows).filter((root) => !used.has(root));
  const confirmed = tx.selectFrom("chain_confirmations").select("root").where("root", "in", roots);
  await tx.deleteFrom("root_events").where("root", "in", roots).where("root", "not in", confirmed).execute();
}
