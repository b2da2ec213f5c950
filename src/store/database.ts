import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue } from "node:sqlite";
import { Kysely, SqliteDialect } from "kysely";
import type { SqliteDatabase } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import { coreMigrations, migrate } from "./migrations.ts";
import type { Migration } from "./migrations.ts";
import type { CoreSchema } from "./schema.ts";

/** How long a writer waits for another process that writes, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

/**
 * Opens a database and brings its tables up to date. What a commit returned for survives a power cut.
 *
 * @param url a file name, `sqlite:<file>` or `:memory:`
 * @param migrations tables of the caller, after the core's own; the order is fixed once released
 * @throws FactoryChainError `store-url`, `store-open`, `store-newer`
 * @example
 * const db = await openDatabase<RelayerSchema>({ url: "relayer.sqlite", migrations: relayerMigrations });
 */
export async function openDatabase<Schema = object>(p: {
  url: string;
  migrations?: readonly Migration[];
}): Promise<Kysely<CoreSchema & Schema>> {
  const db = new Kysely<CoreSchema & Schema>({ dialect: new SqliteDialect({ database: openSqlite(fileOf(p.url)) }) });
  try {
    await migrate({ db, migrations: [...coreMigrations, ...(p.migrations ?? [])] });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return db;
}

function fileOf(url: string): string {
  if (/^(postgres|postgresql):/.test(url)) {
    throw new FactoryChainError("store-url", "This version keeps its store in SQLite only.", {
      expected: "a file name, or sqlite:<file>",
      advice: "Name a file on a local disk.",
    });
  }
  return url.replace(/^sqlite:/, "");
}

/** node:sqlite as kysely wants it: a statement is a reader when it has columns to return. */
function openSqlite(file: string): SqliteDatabase {
  const database = connect(file);
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
  };
}

function connect(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    return database;
  } catch (cause) {
    database?.close();
    throw new FactoryChainError("store-open", `The store ${file} cannot be opened: ${(cause as Error).message}.`, {
      expected: "an SQLite file that this user may write, or none, in a folder that exists",
      advice: "Check the path and its permissions; a damaged file is restored from a backup or moved away.",
      cause,
    });
  }
}
