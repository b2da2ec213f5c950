import type { Kysely, Selectable, Transaction } from "kysely";
import type { TransactionRecord, TransactionStore } from "../chain/transactions.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { takeLock } from "./engine.ts";
import { unfenced } from "./lease.ts";
import type { Fence } from "./lease.ts";
import type { CoreSchema, TransactionTable } from "./schema.ts";

/**
 * Keeps a sender's transactions in a database.
 *
 * @param db may be typed with more tables than the core's
 * @param fence of the lease on the sender's key, where several processes share it: every change is refused to whoever
 * has lost the lease, in the transaction that would make it
 */
export function createTransactionStore<Schema extends CoreSchema>(p: {
  db: Kysely<Schema>;
  fence?: Fence;
}): TransactionStore {
  const db = p.db as unknown as Kysely<CoreSchema>;
  const { fence = unfenced } = p;

  function change<T>(action: (tx: Transaction<CoreSchema>) => Promise<T>): Promise<T> {
    return db.transaction().execute(async (tx) => {
      await fence(tx);
      return action(tx);
    });
  }

  async function find(query: { sender: string; id: string }): Promise<TransactionRecord | null> {
    const row = await db
      .selectFrom("transactions")
      .selectAll()
      .where("sender", "=", query.sender)
      .where("id", "=", query.id)
      .executeTakeFirst();
    return row === undefined ? null : recordOf(row);
  }

  async function next(sender: string): Promise<number> {
    return await nextOf(db, sender);
  }

  return {
    find,
    next,

    async reserve({ sender, intent, floor }) {
      await change(async (tx) => {
        await takeLock({ tx, name: `transactions of ${sender}` });
        await tx
          .insertInto("transactions")
          .values({
            sender,
            nonce: Math.max(await nextOf(tx, sender), floor),
            id: intent.id,
            recipient: intent.to,
            data: intent.data,
            gas: intent.gas.toString(),
            state: "intent",
            raw: null,
            hash: null,
            block_number: null,
            block_hash: null,
            block_time: null,
          })
          .onConflict((conflict) => conflict.columns(["sender", "id"]).doNothing())
          .execute();
      });
      const record = await find({ sender, id: intent.id });
      if (record === null) throw new Error("A recorded intent is gone.");
      return record;
    },

    async prepare({ sender, nonce, raw, hash }) {
      const { numUpdatedRows } = await change((tx) =>
        tx
          .updateTable("transactions")
          .set({ state: "prepared", raw, hash })
          .where("sender", "=", sender)
          .where("nonce", "=", nonce)
          .where("state", "=", "intent")
          .executeTakeFirstOrThrow(),
      );
      if (numUpdatedRows === 0n) throw otherBytes({ sender, nonce });
    },

    async conclude({ sender, nonce, state, block }) {
      await change((tx) =>
        tx
          .updateTable("transactions")
          .set({ state, block_number: block.number, block_hash: block.hash, block_time: block.time.toString() })
          .where("sender", "=", sender)
          .where("nonce", "=", nonce)
          .where("state", "in", state === "replaced" ? ["intent", "prepared"] : ["prepared"])
          .execute(),
      );
    },

    async reopen(query) {
      await change((tx) => {
        const update = tx
          .updateTable("transactions")
          .set((expression) => ({
            state: expression
              .case()
              .when("raw", "is", null)
              .then("intent" as const)
              .else("prepared" as const)
              .end(),
            block_number: null,
            block_hash: null,
            block_time: null,
          }))
          .where("sender", "=", query.sender)
          .where("state", "in", ["included", "replaced"]);
        const which =
          "above" in query ? update.where("block_number", ">", query.above) : update.where("nonce", ">=", query.from);
        return which.execute();
      });
    },

    async open(sender) {
      const rows = await db
        .selectFrom("transactions")
        .selectAll()
        .where("sender", "=", sender)
        .where("state", "in", ["intent", "prepared"])
        .orderBy("nonce")
        .execute();
      return rows.map(recordOf);
    },
  };
}

async function nextOf(db: Kysely<CoreSchema>, sender: string): Promise<number> {
  const { highest } = await db
    .selectFrom("transactions")
    .select((expression) => expression.fn.max<number | null>("nonce").as("highest"))
    .where("sender", "=", sender)
    .executeTakeFirstOrThrow();
  return highest === null ? 0 : Number(highest) + 1;
}

function recordOf(row: Selectable<TransactionTable>): TransactionRecord {
  return {
    sender: row.sender,
    nonce: row.nonce,
    id: row.id,
    to: row.recipient,
    data: row.data,
    gas: BigInt(row.gas),
    state: row.state,
    raw: row.raw,
    hash: row.hash,
    block:
      row.block_number === null || row.block_hash === null
        ? null
        : { number: row.block_number, hash: row.block_hash, time: Number(row.block_time) },
  };
}

function otherBytes(p: { sender: string; nonce: number }): FactoryChainError {
  return new FactoryChainError("nonce-signed", `Nonce ${p.nonce} of ${p.sender} has its signed bytes already.`, {
    expected: "one process per key, and one signature per nonce",
    advice: "See that no second process runs with this key and store.",
  });
}
