import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { startPostgres } from "../scripts/services/postgres.ts";
import type { PostgresServer } from "../scripts/services/postgres.ts";
import type { Stage } from "./faults/fault.ts";

/** Stores of one act, on a server that it may kill. */
export interface Stores {
  server: NonNullable<Stage["storeServer"]>;
  /** URL of an empty one. */
  newStore(): Promise<string>;
  stop(): Promise<void>;
}

/** A PostgreSQL server for the relayers' stores, each in a schema of its own. It is started when one is first wanted. */
export function offerStores(p: { bin: string }): Stores {
  // Of its own: PostgreSQL may run as another user, who may not look into our folders.
  const folder = mkdtempSync(join(tmpdir(), "factorychain-postgres-"));
  let started: Promise<PostgresServer> | null = null;
  let stores = 0;
  const running = (): Promise<PostgresServer> =>
    (started ??= startPostgres({ bin: p.bin, folder, settings: { max_connections: "200" } }));
  return {
    server: {
      kill: async () => (await running()).kill(),
      start: async () => (await running()).start(),
    },
    async newStore() {
      const { url } = await running();
      const name = `chaos_${++stores}`;
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`create schema ${name}`).finally(() => client.end());
      const store = new URL(url);
      store.searchParams.set("options", `-c search_path=${name}`);
      return store.href;
    },
    async stop() {
      await (await started)?.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
