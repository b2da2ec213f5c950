import pg from "pg";
import { PostgresDialect } from "kysely";
import type { Dialect, PostgresPool, PostgresPoolClient } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import { storable } from "./parameters.ts";
import { storeError } from "./storeErrors.ts";

/** Connections of one process. */
const CONNECTIONS = 10;
/** Longest wait for a connection, and for an answer, in milliseconds. */
const PATIENCE = { connection: 5_000, answer: 30_000 };

/**
 * What every session is told at its start. A commit that returned is on the server's disk. A transaction whose process
 * stands still is ended by the server, so that nobody waits longer than this for its locks; in milliseconds.
 */
const SESSION = "-c synchronous_commit=on -c idle_in_transaction_session_timeout=10000 -c lock_timeout=20000";

/** PostgreSQL's own numbers of its types. */
const BIGINT = 20;

/**
 * PostgreSQL through a pool of connections. A connection that is lost rejects what was under way with a RetryableError;
 * the pool makes a new one for whatever comes next.
 *
 * @throws FactoryChainError `store-url`
 */
export function postgresDialect(url: string): Dialect {
  const store = nameOf(url);
  const pool = new pg.Pool({
    connectionString: withSession(url),
    application_name: "factorychain",
    max: CONNECTIONS,
    connectionTimeoutMillis: PATIENCE.connection,
    query_timeout: PATIENCE.answer,
    keepAlive: true,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  // Without listeners, a connection that is lost while nobody uses it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return new PostgresDialect({ pool: explained({ pool, store }) });
}

/** The pool, with errors in words and parameters that PostgreSQL can keep. */
function explained({ pool, store }: { pool: pg.Pool; store: string }): PostgresPool {
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>();
  const meet = async <T>(action: Promise<T>): Promise<T> => {
    try {
      return await action;
    } catch (error) {
      throw storeError({ error, store });
    }
  };
  const wrap = (client: pg.PoolClient): PostgresPoolClient => ({
    query: ((text: string, parameters: readonly unknown[]) =>
      meet(client.query(text, storable(parameters)))) as unknown as PostgresPoolClient["query"],
    release: (error?: Error | boolean) => client.release(error),
  });
  return {
    connect: async () => {
      const client = await meet(pool.connect());
      const known = clients.get(client) ?? wrap(client);
      clients.set(client, known);
      return known;
    },
    end: () => pool.end(),
  } as PostgresPool;
}

/** Our bigint columns are counts, blocks and times: numbers, as in SQLite. Sums of money are text in both. */
function parserOf(type: number, format?: "text" | "binary"): (value: string) => unknown {
  if (type === BIGINT && format !== "binary") return safeInteger;
  return pg.types.getTypeParser(type, format) as (value: string) => unknown;
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`The store holds ${text}, which is no number that can be read.`);
  return value;
}

/** Our settings first: what the URL itself says in `options` (such as a schema) comes after them. */
function withSession(url: string): string {
  const parsed = new URL(url);
  const own = parsed.searchParams.get("options");
  parsed.searchParams.set("options", own === null ? SESSION : `${SESSION} ${own}`);
  return parsed.href;
}

/** Host and database; never the user or the password. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) {
    throw new FactoryChainError("store-url", "The URL of the store cannot be read.", {
      expected: "postgres://user:password@host:port/database",
      advice: "Write special characters of the password in percent-encoding.",
    });
  }
  const { host, pathname, searchParams } = new URL(url);
  return `${host || (searchParams.get("host") ?? "localhost")}${pathname}`;
}
