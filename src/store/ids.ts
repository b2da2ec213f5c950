import type { Transaction } from "kysely";
import type { CoreSchema } from "./schema.ts";

/**
 * Takes ids that nobody had before, also after rows were deleted. Transactions that take ids of one name wait for each
 * other, so ids become visible in their order: whoever pages by id misses nothing, as he could with a sequence.
 *
 * @param name of the table
 * @returns the first of `count` consecutive ids; the first of all is 1
 */
export async function takeIds<Schema>(p: { tx: Transaction<Schema>; name: string; count?: number }): Promise<number> {
  const { count = 1 } = p;
  const core = p.tx as unknown as Transaction<CoreSchema>;
  const { last } = await core
    .insertInto("counters")
    .values({ name: p.name, last: count })
    .onConflict((conflict) =>
      conflict.column("name").doUpdateSet((row) => ({ last: row("counters.last", "+", row.ref("excluded.last")) })),
    )
    .returning("last")
    .executeTakeFirstOrThrow();
  return last - count + 1;
}
