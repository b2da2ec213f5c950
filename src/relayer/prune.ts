import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import { batchFromJson } from "./batch.ts";
import type { RelayerTables } from "./tables.ts";

/** Seconds after block B for which a batch is kept; its certificate dies after 300. */
const KEPT = 86_400;
/** Rows in one go, so that no head waits long. */
const MOST = 50;

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
  const roots = rows.flatMap(({ document }) => batchFromJson(JSON.parse(document)).reports.map(({ root }) => root));
  const confirmed = tx.selectFrom("chain_confirmations").select("root").where("root", "in", roots);
  await tx.deleteFrom("root_events").where("root", "in", roots).where("root", "not in", confirmed).execute();
  const [digests, ids] = [rows.map(({ digest }) => digest), rows.map(({ batch_id }) => batch_id)];
  await tx.deleteFrom("signed_digests").where("batch_id", "in", ids).execute();
  await tx.deleteFrom("shares").where("digest", "in", digests).execute();
  await tx.deleteFrom("batches").where("digest", "in", digests).execute();
}
