import type { LogDescription } from "ethers";
import type { Expression, ExpressionBuilder, SqlBool, Transaction } from "kysely";
import type { ChainLog } from "../chain/transactions.ts";
import type { RelayerTables } from "./tables.ts";

export type Tables = Transaction<RelayerTables>;

/** Writes what one event of a contract says. `time` is that of its block, where the event needs it. */
export type Handler = (
  db: Tables,
  args: LogDescription["args"],
  log: ChainLog,
  time: number | undefined,
) => Promise<unknown>;

export function insert<T extends keyof RelayerTables>(
  db: Tables,
  table: T,
  values: RelayerTables[T],
): Promise<unknown> {
  return db
    .insertInto(table)
    .values(values as never)
    .execute();
}

export function lower(value: unknown): string {
  return String(value).toLowerCase();
}

/** Lets events of which something else was said before be judged again. */
export async function reopenEvents(
  db: Tables,
  which: (event: ExpressionBuilder<RelayerTables, "events">) => Expression<SqlBool>,
): Promise<void> {
  const open = { status: "pending", reason: null, detail: null } as const;
  const ids = db.selectFrom("events").select("id").where(which);
  await db.updateTable("messages").set(open).where("event", "in", ids).execute();
  await db
    .updateTable("events")
    .set({ ...open, judged: 0 })
    .where(which)
    .execute();
}
