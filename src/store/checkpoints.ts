import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import type { CoreSchema } from "./schema.ts";

/** How many checkpoints are kept one by one; of older ones, as many blocks whose number is a multiple of `SPARSE`. */
const RECENT = 256;
const SPARSE = 100;

type Database = Kysely<CoreSchema>;

/** The checkpoints, newest first, as a follower wants them. */
export async function readCheckpoints<Schema extends CoreSchema>(db: Kysely<Schema>): Promise<BlockRef[]> {
  const rows = await (db as unknown as Database)
    .selectFrom("checkpoints")
    .selectAll()
    .orderBy("number", "desc")
    .execute();
  return rows.map((row) => ({ number: row.number, hash: row.hash, time: Number(row.time) }));
}

/** Records that everything up to this block is in the store; call it inside the transaction that wrote it. */
export async function writeCheckpoint<Schema extends CoreSchema>(db: Kysely<Schema>, block: BlockRef): Promise<void> {
  const core = db as unknown as Database;
  await core
    .insertInto("checkpoints")
    .values({ number: block.number, hash: block.hash, time: block.time.toString() })
    .execute();
  const oldest = await core
    .selectFrom("checkpoints")
    .select("number")
    .orderBy("number", "desc")
    .offset(RECENT)
    .limit(1)
    .executeTakeFirst();
  if (oldest === undefined) return;
  if (oldest.number % SPARSE !== 0) {
    await core.deleteFrom("checkpoints").where("number", "=", oldest.number).execute();
  }
  await core
    .deleteFrom("checkpoints")
    .where("number", "<", oldest.number - RECENT * SPARSE)
    .execute();
}

/** Forgets the checkpoints above a block, or all; call it inside the transaction that undoes their effects. */
export async function dropCheckpoints<Schema extends CoreSchema>(
  db: Kysely<Schema>,
  to: BlockRef | null,
): Promise<void> {
  const core = db as unknown as Database;
  await core
    .deleteFrom("checkpoints")
    .where("number", ">", to === null ? -1 : to.number)
    .execute();
}
