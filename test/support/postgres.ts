import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { findPostgres, startPostgres } from "../../scripts/services/postgres.ts";
import type { PostgresServer } from "../../scripts/services/postgres.ts";

/** Where the machine's PostgreSQL is; null without one. */
export const postgresFolder = findPostgres(process.env["PATH"] ?? "");

// One server for all tests of a run; it ends with this process.
let shared: Promise<PostgresServer> | null = null;
let stores = 0;

/** A server of one test's own, which may do with it what it likes. `remove` ends it and deletes its data. */
export async function startOwnPostgres(
  settings: Record<string, string> = {},
): Promise<PostgresServer & { remove(): Promise<void> }> {
  if (postgresFolder === null) throw new Error("There is no PostgreSQL on this machine.");
  const folder = mkdtempSync(join(tmpdir(), "factorychain-postgres-"));
  const clean = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  const server = await startPostgres({ bin: postgresFolder, folder, settings });
  const remove = async (): Promise<void> => {
    await server.kill();
    clean();
  };
  return { ...server, remove };
}

/** The URL of an empty store on the shared server: a schema of its own. */
export async function newPostgresStore(): Promise<string> {
  shared ??= startOwnPostgres({ max_connections: "300" });
  const { url } = await shared;
  return newSchema(url);
}

/** Makes a schema on a server and answers the URL of a store in it. */
export async function newSchema(url: string): Promise<string> {
  const name = `store_${String(++stores)}`;
  await onServer(url, (client) => client.query(`create schema ${name}`));
  const store = new URL(url);
  store.searchParams.set("options", `-c search_path=${name}`);
  return store.href;
}

/** Does something on a server with a connection of its own. */
export async function onServer<T>(url: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}
