import { sql } from "kysely";
import type { Kysely, Transaction } from "kysely";
import { RetryableError } from "../lib/errors.ts";
import { databaseTime, isPostgres } from "./engine.ts";
import type { CoreSchema } from "./schema.ts";

/** Call it first in a transaction that only the holder of a lease may commit: it throws `lease-lost` for anybody else. */
export type Fence = <Schema>(tx: Transaction<Schema>) => Promise<void>;

/** For a store that only one process can have, such as one in memory. */
export const unfenced: Fence = () => Promise.resolve();

export type Lease = ReturnType<typeof createLease>;

/**
 * A right that one process at a time has, kept in the store that all of them share and measured by its clock. Clocks
 * and pauses decide only who works, never what is written: each time the lease changes hands its epoch grows, and a
 * transaction that begins with `fence` is refused once its epoch is not the present one. A transaction that passed the
 * fence ends before the lease can change hands.
 *
 * @param name of what is leased
 * @param holder of this process, unlike that of any other one
 * @param ttl seconds after which a lease that was not renewed is free
 * @param hasEnded whether a holder's process is known to be gone: its lease is free at once
 * @param clock seconds that never go back, of this process
 */
export function createLease({
  db,
  name,
  holder,
  ttl,
  hasEnded = () => false,
  clock = () => performance.now() / 1000,
}: {
  db: Kysely<CoreSchema>;
  name: string;
  holder: string;
  ttl: number;
  hasEnded?: (holder: string) => boolean;
  clock?: () => number;
}) {
  const now = databaseTime(db);
  const expires = sql<number>`${now} + ${ttl}`;
  /** Set while this process has the lease. */
  let epoch: number | null = null;
  let renewed = 0;

  /** Takes the lease if it is free, or was `from` another holder who is gone. */
  async function take(from: string | null): Promise<boolean> {
    const asked = clock();
    const row = await db
      .insertInto("leases")
      .values({ name, holder, epoch: 1, expires })
      .onConflict((conflict) =>
        conflict
          .column("name")
          .doUpdateSet((row) => ({
            holder,
            epoch: row("leases.epoch", "+", 1),
            expires: row.ref("excluded.expires"),
          }))
          .where((row) => (from === null ? row("leases.expires", "<=", now) : row("leases.holder", "=", from))),
      )
      .returning("epoch")
      .executeTakeFirst();
    if (row === undefined) return false;
    [epoch, renewed] = [row.epoch, asked];
    return true;
  }

  /** Who has the lease now; null when nobody ever had it or it was given back. */
  async function current(): Promise<string | null> {
    const row = await db.selectFrom("leases").select("holder").where("name", "=", name).executeTakeFirst();
    return row?.holder === "" ? null : (row?.holder ?? null);
  }

  function own(among: Kysely<CoreSchema>) {
    return among
      .selectFrom("leases")
      .select("epoch")
      .where("name", "=", name)
      .where("holder", "=", holder)
      .where("epoch", "=", epoch ?? -1);
  }

  return {
    current,

    /** Tries to get the lease. @returns whether this process has it */
    async acquire(): Promise<boolean> {
      if (await take(null)) return true;
      const other = await current();
      return other !== null && other !== holder && hasEnded(other) && (await take(other));
    },

    /** Makes the lease last for another `ttl`. @returns whether this process still has it */
    async renew(): Promise<boolean> {
      const asked = clock();
      const { numUpdatedRows } = await db
        .updateTable("leases")
        .set({ expires })
        .where("name", "=", name)
        .where("holder", "=", holder)
        .where("epoch", "=", epoch ?? -1)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) renewed = asked;
      else epoch = null;
      return numUpdatedRows > 0n;
    },

    /** Gives the lease back, so that another process can have it at once. */
    async release(): Promise<void> {
      const given = epoch;
      epoch = null;
      await db
        .updateTable("leases")
        .set({ holder: "", expires: 0 })
        .where("name", "=", name)
        .where("holder", "=", holder)
        .where("epoch", "=", given ?? -1)
        .execute();
    },

    /** Whether this process may believe that it has the lease: it was renewed less than `ttl` ago. */
    isHeld: (): boolean => epoch !== null && clock() - renewed < ttl,

    /**
     * Refuses the transaction that calls it unless this process has the lease, and lets nobody take it before the
     * transaction ends.
     *
     * @throws RetryableError `lease-lost`
     */
    fence: (async (tx) => {
      const query = own(tx as unknown as Transaction<CoreSchema>);
      const row = await (isPostgres(tx) ? query.forShare() : query).executeTakeFirst();
      if (row === undefined) throw lost(name);
    }) as Fence,
  };
}

function lost(name: string): RetryableError {
  return new RetryableError("lease-lost", `Another process has the lease of ${name}.`, {
    expected: "one process at a time that signs and submits with a key",
    advice: "Nothing was written. This process stands by, and takes over when the other one ends.",
  });
}
