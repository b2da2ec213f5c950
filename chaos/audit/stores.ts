import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import type { HeldEvents } from "./history.ts";

/** Events that it holds, and those that it knows to stand behind a root: of an older copy, that is what it has of them. */
const QUERY =
  "select device, event_id, content, 'counted' as status, null as reason from root_events union all " +
  "select device, event_id, content, status, reason from events where kind = 'delivery'";

interface Row {
  device: string;
  event_id: string;
  content: string;
  status: string;
  reason: string | null;
}

/** The events that a relayer holds. @param url as FACTORYCHAIN_STORE has it */
export async function readStore(p: { relayer: string; url: string }): Promise<HeldEvents> {
  const rows = /^postgres(ql)?:/.test(p.url) ? await readPostgres(p.url) : readSqlite(p.url);
  const events = rows.map(({ event_id: eventId, ...row }) => ({ ...row, eventId }));
  return { relayer: p.relayer, events };
}

function readSqlite(file: string): Row[] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 5000");
    return database.prepare(QUERY).all() as unknown as Row[];
  } finally {
    database.close();
  }
}

async function readPostgres(url: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(QUERY)).rows;
  } finally {
    await client.end();
  }
}
