import { DatabaseSync } from "node:sqlite";
import type { SQLInputValue, StatementSync } from "node:sqlite";
import { SqliteDialect } from "kysely";
import type { Dialect, SqliteDatabase } from "kysely";
import { FactoryChainError } from "../lib/errors.ts";
import { storable } from "./parameters.ts";
import { storeError } from "./storeErrors.ts";

/** How long a writer waits for another process that writes, in milliseconds. */
const BUSY_TIMEOUT = 5_000;

/** Bytes of pages that are kept in memory: with SQLite's 2 MB, a relayer under load reads most of them again and again. */
const CACHE = 16 * 1024 * 1024;

/** Statements that are kept ready: to read one's text again costs more than to run it. */
const MOST_STATEMENTS = 300;
/** What reads or writes rows, and leaves the tables as they are. */
const ON_ROWS = /^\s*(select|insert|update|delete|with)\b/i;

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
  const open = (sql: string): StatementSync => meet(() => database.prepare(sql));
  const ready = createStatements(open);
  let begun = false;
  return {
    close: () => database.close(),
    prepare: (text) => {
      if (begun && !database.isTransaction) {
        if (text !== "rollback") throw new Error("The transaction was undone by SQLite; nothing more belongs to it.");
        begun = false;
        return NOTHING;
      }
      const sql = text === "begin" ? "begin immediate" : text;
      const { statement, reader } = ready(sql);
      return {
        reader,
        all: (parameters) => meet(() => statement.all(...values(parameters))),
        run: (parameters) => {
          const changes = meet(() => statement.run(...values(parameters)));
          if (text === "begin") begun = true;
          else if (text === "commit" || text === "rollback") begun = false;
          return changes;
        },
        // Whoever is still reading its rows shares it with nobody.
        iterate: (parameters) => meet(() => open(sql).iterate(...values(parameters))),
      };
    },
  };
}

/** Statements by their text, those used last; none outlives a change of the tables. */
function createStatements(open: (sql: string) => StatementSync) {
  const known = new Map<string, { statement: StatementSync; reader: boolean }>();
  return (sql: string): { statement: StatementSync; reader: boolean } => {
    const found = known.get(sql);
    known.delete(sql);
    const entry = found ?? opened(open(sql));
    if (ON_ROWS.test(sql)) known.set(sql, entry);
    else if (!/^(begin|commit|rollback)/.test(sql)) known.clear();
    const [oldest] = known.keys();
    if (known.size > MOST_STATEMENTS && oldest !== undefined) known.delete(oldest);
    return entry;
  };
}

function opened(statement: StatementSync): { statement: StatementSync; reader: boolean } {
  return { statement, reader: statement.columns().length > 0 };
}

function connect(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("PRAGMA foreign_keys = ON");
    database.exec(`PRAGMA cache_size = -${CACHE / 1024}`);
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
