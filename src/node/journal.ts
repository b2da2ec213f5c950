import { DatabaseSync } from "node:sqlite";

/** A message that a device was told is safe. */
export interface JournalEntry {
  id: number;
  topic: string;
  payload: Uint8Array;
}

/**
 * What was accepted from devices and not yet acknowledged by every session that must have it. A message is durable when
 * `keep` returns; acknowledgements may be lost in a crash, which costs a second delivery.
 *
 * @param file of SQLite; ":memory:" for tests
 * @param sessions client ids that must have every message
 */
export function openJournal(p: { file: string; sessions: readonly string[] }) {
  const db = new DatabaseSync(p.file);
  // FULL: a device that was told "safe" may forget its copy, so the page must be on the disk by then.
  db.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS acknowledged (
      message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
      session TEXT NOT NULL,
      PRIMARY KEY (message, session)
    ) WITHOUT ROWID;
    PRAGMA foreign_keys = ON;
  `);
  const insert = db.prepare("INSERT INTO messages (topic, payload) VALUES (?, ?)");
  const acknowledge = db.prepare("INSERT OR IGNORE INTO acknowledged SELECT id, ? FROM messages WHERE id = ?");
  const count = db.prepare("SELECT count(*) AS count FROM acknowledged WHERE message = ?");
  const remove = db.prepare("DELETE FROM messages WHERE id = ?");
  const missing = db.prepare(`
    SELECT id, topic, payload FROM messages
    WHERE id NOT IN (SELECT message FROM acknowledged WHERE session = ?) ORDER BY id
  `);

  return {
    keep: (message: { topic: string; payload: Uint8Array }): number =>
      Number(insert.run(message.topic, message.payload).lastInsertRowid),

    /** A session has these messages; what all sessions have is forgotten. */
    acknowledge(acknowledged: readonly { id: number; session: string }[]): void {
      db.exec("BEGIN");
      for (const { id, session } of acknowledged) {
        if (!p.sessions.includes(session)) continue;
        acknowledge.run(session, id);
        if ((count.get(id) as { count: number }).count >= p.sessions.length) remove.run(id);
      }
      db.exec("COMMIT");
    },

    /** What a session does not have, oldest first. */
    missing: (session: string): JournalEntry[] =>
      p.sessions.includes(session) ? (missing.all(session) as unknown as JournalEntry[]) : [],

    close: (): void => db.close(),
  };
}

export type Journal = ReturnType<typeof openJournal>;
