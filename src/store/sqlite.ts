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

/** What is prepared when there is nothing to do. */
const NOTHING: ReturnType<SqliteDatabase["prepare"]> = {
  reader: false,
  all: () => [],
  run: () => ({ changes: 0, lastInsertRowid: 0 }),
  iterate: () => [][Symbol.iterator](),
};

/**
 * node:sqlite as kysely wants it: a statement is a reader when it has columns to return. SQLite undoes a transaction by
 * itself when the disk is full or fails: then there is nothing to roll back, and what follows must not be written
 * without the rest.
 */
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
  let open = false;
  return {
    close: () => database.close(),
    prepare: (sql) => {
      if (open && !database.isTransaction) {
        if (sql !== "rollback") throw new Error("The transaction was undone by SQLite; nothing more belongs to it.");
        open = false;
        return NOTHING;
      }
      const statement: StatementSync = meet(() => database.prepare(sql === "begin" ? "begin immediate" : sql));
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => meet(() => statement.all(...values(parameters))),
        run: (parameters) => {
          const changes = meet(() => statement.run(...values(parameters)));
          if (sql === "begin") open = true;
          else if (sql === "commit" || sql === "rollback") open = false;
          return changes;
        },
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
