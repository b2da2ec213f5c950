import type { Kysely, Transaction } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import { withBinaryOrder } from "./collation.ts";
import { takeLock } from "./engine.ts";

/** One step of the schema. Released steps never change; new ones are added at the end of their list. */
export interface Migration {
  /** Unique, such as `core-0001-transactions`. */
  name: string;
  /** @param db without a schema: that of the program is not the one that a step finds */
  up(db: Kysely<never>): Promise<void>;
}

/** The tables that every store has. */
export const coreMigrations: readonly Migration[] = [
  {
    name: "core-0001-chain",
    async up(db) {
      await db.schema
        .createTable("transactions")
        .addColumn("sender", "text", (column) => column.notNull())
        .addColumn("nonce", "integer", (column) => column.notNull())
        .addColumn("id", "text", (column) => column.notNull())
        .addColumn("recipient", "text", (column) => column.notNull())
        .addColumn("data", "text", (column) => column.notNull())
        .addColumn("gas", "text", (column) => column.notNull())
        .addColumn("state", "text", (column) => column.notNull())
        .addColumn("raw", "text")
        .addColumn("hash", "text")
        .addColumn("block_number", "integer")
        .addColumn("block_hash", "text")
        .addColumn("block_time", "text")
        .addPrimaryKeyConstraint("transactions_nonce", ["sender", "nonce"])
        .addUniqueConstraint("transactions_intent", ["sender", "id"])
        .execute();
      await db.schema
        .createIndex("transactions_state")
        .on("transactions")
        .columns(["sender", "state", "nonce"])
        .execute();
      await db.schema
        .createTable("checkpoints")
        .addColumn("number", "integer", (column) => column.primaryKey())
        .addColumn("hash", "text", (column) => column.notNull())
        .addColumn("time", "text", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("bindings")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("value", "text", (column) => column.notNull())
        .execute();
    },
  },
  {
    name: "core-0002-leases",
    async up(db) {
      await db.schema
        .createTable("leases")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("holder", "text", (column) => column.notNull())
        .addColumn("epoch", "bigint", (column) => column.notNull())
        .addColumn("expires", "double precision", (column) => column.notNull())
        .execute();
      await db.schema
        .createTable("counters")
        .addColumn("name", "text", (column) => column.primaryKey())
        .addColumn("last", "bigint", (column) => column.notNull())
        .execute();
    },
  },
];

/**
 * Applies what is missing, in order, each step with its mark in one transaction. Processes that start together wait for
 * each other, and each step is applied once.
 *
 * @param p.migrating called in each step, before it is committed
 * @throws FactoryChainError `store-newer` when the store knows a step that this program does not
 */
export async function migrate<Schema>(p: {
  db: Kysely<Schema>;
  migrations: readonly Migration[];
  migrating?: () => void;
}): Promise<void> {
  const db = p.db as unknown as Kysely<{ migrations: { name: string } }>;
  const step = <T>(action: (tx: Transaction<{ migrations: { name: string } }>) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (tx) => {
      await takeLock({ tx, name: "migrations" });
      return action(tx);
    });
  const applied = await step(async (tx) => {
    await withBinaryOrder(tx, () =>
      tx.schema
        .createTable("migrations")
        .ifNotExists()
        .addColumn("name", "text", (column) => column.primaryKey())
        .execute(),
    );
    const rows = await tx.selectFrom("migrations").select("name").execute();
    return new Set(rows.map((row) => row.name));
  });
  for (const { name, up } of p.migrations) {
    if (applied.delete(name)) continue;
    await step(async (tx) => {
      const done = await tx.selectFrom("migrations").select("name").where("name", "=", name).executeTakeFirst();
      if (done !== undefined) return;
      await withBinaryOrder(tx, () => up(tx as unknown as Kysely<never>));
      await tx.insertInto("migrations").values({ name }).execute();
      p.migrating?.();
    });
  }
  if (applied.size > 0) {
    throw new FactoryChainError(
      "store-newer",
      `The store was written by another version: ${[...applied].join(", ")}.`,
      {
        expected: "a store of this version or an older one, of the same program",
        advice: "Start the version that wrote it, or give this one a store of its own.",
      },
    );
  }
}
