import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { SKEW } from "./judge.ts";
import type { RelayerTables } from "./tables.ts";

/** Chain seconds for which a confirmed root that nobody has opened here stops everything: as long as a certificate lives. */
const STOP = 300;

/** Blocks whose times are asked for in one round. */
const DATED = 50;

/**
 * What a relayer must not judge at a block because it cannot open confirmed roots (relayer-agreement.md, rule 9). For a
 * while that is everything: nearly always a peer has the events. Then it is what such a report may have counted: events of
 * its own line, none later than its block and the skew, since no honest member signs for one in the future.
 */
export function createDoubt(db: Kysely<RelayerTables>, block: number) {
  let found: ReturnType<typeof hidden> | undefined;

  function hidden() {
    return db
      .selectFrom("unopened_roots")
      .innerJoin("chain_confirmations", (join) =>
        join
          .onRef("chain_confirmations.root", "=", "unopened_roots.root")
          .onRef("chain_confirmations.block", "=", "unopened_roots.block"),
      )
      .select(["order_id as order", "line", "unopened_roots.time as time"])
      .where("unopened_roots.block", "<=", block)
      .execute();
  }

  return {
    /** Whether nothing at all is judged. @param time of the block */
    async stopped(time: number): Promise<boolean> {
      return (await (found ??= hidden())).some((row) => row.time === null || time <= row.time + STOP);
    },

    /** Whether such a report may have counted an event of this time on a line. */
    async covers(p: { order: string; line: number; time: number }): Promise<boolean> {
      return (await (found ??= hidden())).some(
        ({ order, line, time }) => order === p.order && line === p.line && (time === null || p.time <= time + SKEW),
      );
    },
  };
}

/** Finds out when roots that are not opened were confirmed. */
export async function dateRoots({
  db,
  blockAt,
}: {
  db: Kysely<RelayerTables>;
  blockAt: (number: number) => Promise<BlockRef | null>;
}): Promise<void> {
  const undated = db.selectFrom("unopened_roots").select("block").distinct().where("time", "is", null).limit(DATED);
  for (const { block } of await undated.execute()) {
    const time = (await blockAt(block))?.time;
    if (time === undefined) continue;
    await db.updateTable("unopened_roots").set({ time }).where("block", "=", block).execute();
  }
}
