import { PostgresAdapter, sql } from "kysely";
import type { Kysely, RawBuilder, Transaction } from "kysely";

/** Whether a database is PostgreSQL; otherwise it is SQLite. The few places where they differ ask here. */
export function isPostgres<Schema>(db: Kysely<Schema>): boolean {
  return db.getExecutor().adapter instanceof PostgresAdapter;
}

/** The database's own time, in seconds since 1970 with fractions: processes that share a store share this clock. */
export function databaseTime<Schema>(db: Kysely<Schema>): RawBuilder<number> {
  return isPostgres(db)
    ? sql<number>`extract(epoch from clock_timestamp())::double precision`
    : sql<number>`unixepoch('subsec')`;
}

/**
 * Makes transactions that look before they write take turns, until each ends. SQLite lets only one transaction write
 * anyway (they begin as writers, see sqlite.ts), so there is nothing to do.
 */
export async function takeLock<Schema>({ tx, name }: { tx: Transaction<Schema>; name: string }): Promise<void> {
  if (!isPostgres(tx)) return;
  await sql`select pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || ${name}::text, 0))`.execute(tx);
}
