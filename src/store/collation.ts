import { sql } from "kysely";
import type { Transaction } from "kysely";
import { isPostgres } from "./engine.ts";

interface Column {
  table: string;
  column: string;
}

/**
 * Runs a step of the schema and gives every text column that it made the collation "C": texts then compare by their
 * bytes, as in SQLite, whatever language the database was created in, and an upgrade of the server's language data
 * cannot spoil an index.
 */
export async function withBinaryOrder<Schema>(tx: Transaction<Schema>, step: () => Promise<unknown>): Promise<void> {
  if (!isPostgres(tx)) {
    await step();
    return;
  }
  const before = new Set((await textColumns(tx)).map(({ table, column }) => `${table}.${column}`));
  await step();
  for (const { table, column } of await textColumns(tx)) {
    if (before.has(`${table}.${column}`)) continue;
    const change = sql`alter column ${sql.ref(column)} type text collate "C"`;
    await sql`alter table ${sql.table(table)} ${change}`.execute(tx);
  }
}

/** Text columns of the store's schema whose collation is another one than "C". */
async function textColumns<Schema>(tx: Transaction<Schema>): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select table_name::text as "table", column_name::text as "column" from information_schema.columns
    where table_schema = current_schema() and data_type = 'text' and collation_name is distinct from 'C'`.execute(tx);
  return rows;
}
