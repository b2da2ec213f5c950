import { HandleEmptyInListsPlugin, Kysely, replaceWithNoncontingentExpression as emptyList, sql } from "kysely";
import type { LogEvent } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import { isPostgres } from "./engine.ts";
import { coreMigrations, migrate } from "./migrations.ts";
import type { Migration } from "./migrations.ts";
import { postgresDialect } from "./postgres.ts";
import type { CoreSchema } from "./schema.ts";
import { sqliteDialect } from "./sqlite.ts";

/**
 * Opens a database and brings its tables up to date. What a commit returned for survives a power cut.
 *
 * @param url a file name, `sqlite:<file>` or `:memory:`; or `postgres://user:password@host:port/database`
 * @param migrations tables of the caller, after the core's own; the order is fixed once released
 * @param onQuery told how long each query took, in seconds
 * @param migrating called in each step of the migration, before it is committed
 * @throws FactoryChainError `store-url`, `store-open`, `store-newer`, `store-access`, `store-missing`, `store-read-only`,
 * `store-damaged`, `store-settings`
 * @throws RetryableError `store-unreachable`, `store-busy`, `store-conflict`, `store-full`; so does every later use
 * @example
 * const db = await openDatabase<RelayerSchema>({ url: "relayer.sqlite", migrations: relayerMigrations });
 */
export async function openDatabase<Schema = object>(p: {
  url: string;
  migrations?: readonly Migration[];
  onQuery?: (seconds: number) => void;
  migrating?: () => void;
}): Promise<Kysely<CoreSchema & Schema>> {
  const { onQuery = () => {}, migrating = () => {} } = p;
  const log = ({ queryDurationMillis }: LogEvent): void => onQuery(queryDurationMillis / 1000);
  const db = new Kysely<CoreSchema & Schema>(
    /^postgres(ql)?:/.test(p.url)
      ? // An empty list is in no list: SQLite knows, PostgreSQL calls it a mistake.
        { log, dialect: postgresDialect(p.url), plugins: [new HandleEmptyInListsPlugin({ strategy: emptyList })] }
      : { log, dialect: sqliteDialect(p.url.replace(/^sqlite:/, "")) },
  );
  try {
    if (isPostgres(db)) await checkSettings(db);
    await migrate({ db, migrations: [...coreMigrations, ...(p.migrations ?? [])], migrating });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

/** What a server must be for a commit to be durable and a text to come back as it was. */
async function checkSettings<Schema>(db: Kysely<Schema>): Promise<void> {
  const { rows } = await sql<{ encoding: string; fsync: string; commit: string }>`
    select current_setting('server_encoding') as encoding, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit`.execute(db);
  const { encoding, fsync, commit } = rows[0] ?? { encoding: "", fsync: "", commit: "" };
  const wrong = [
    ...(encoding === "UTF8" ? [] : [`its encoding is ${encoding}`]),
    ...(fsync === "on" ? [] : ["fsync is off"]),
    ...(commit === "off" ? ["synchronous_commit is off"] : []),
  ];
  if (wrong.length === 0) return;
  throw new FactoryChainError(
    "store-settings",
    `The PostgreSQL server cannot be trusted with a store: ${wrong.join(", ")}.`,
    {
      expected:
        "a database in UTF8, with fsync and synchronous_commit on: a signature that is forgotten may be given twice",
      advice: "Change the server's settings, or create the database with --encoding=UTF8 --template=template0.",
    },
  );
}
