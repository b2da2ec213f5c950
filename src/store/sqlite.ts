import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { SqliteDialect } from "kysely";
import type { Dialect, SqliteDatabase } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import { storable } from "./parameters.ts";
import { storeError } from "./storeErrors.ts";

/** How long a writer waits for another process that writes, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

/**
 * SQLite by node:sqlite. A transaction begins as a writer: one that began as a reader and then writes would fail
 * whenever another process wrote in between, and what it had read would not hold any more.
 *
 * @param file or `:memory:`
 * @throws FactoryChainError `store-open`
 */
export function sqliteDialect(file: string): Dialect {
  return new SqliteDialect({ database: openSqlite(file) });
}

/** node:sqlite as kysely wants it: a statement is a reader when it has columns to return. */
function openSqlite(file: string): SqliteDatabase {
  const database = connect(file);
  const meet = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw storeError({ error, store: file });
    }
  };
  const values = (parameters: readonly unknown[]) => storable(parameters) as SQLInputValue[];
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement: StatementSync = meet(() => database.prepare(sql === "begin" ? "begin immediate" : sql));
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => meet(() => statement.all(...values(parameters))),
        run: (parameters) => meet(() => statement.run(...values(parameters))),
        iterate: (parameters) => meet(() => statement.iterate(...values(parameters))),
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
