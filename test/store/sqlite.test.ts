import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { sql } from "kysely";
import { openDatabase } from "../../src/store/database.ts";
import { failureOf } from "../support/failureOf.ts";

describe("a store in SQLite", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
    file = join(folder, "a.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const bind = (name: string) => ({ name, value: "x".repeat(10_000) });

  it("survives whatever happens after a commit: WAL, full synchronisation, foreign keys", async () => {
    const db = await openDatabase({ url: `sqlite:${file}` });
    const pragma = async (name: string) =>
      Object.values((await sql.raw<Record<string, unknown>>(`PRAGMA ${name}`).execute(db)).rows[0] ?? {})[0];
    expect(await pragma("journal_mode")).to.equal("wal");
    expect(await pragma("synchronous")).to.equal(2);
    expect(await pragma("foreign_keys")).to.equal(1);
    expect(await pragma("busy_timeout")).to.equal(5000);
    await db.destroy();
  });

  it("refuses what is no store, with advice", async () => {
    writeFileSync(file, "these are not the bytes of a database, but enough of them to be read as some header");
    for (const url of [file, join(folder, "missing", "a.sqlite"), folder]) {
      const error = await failureOf(openDatabase({ url }));
      expect(error).to.include({ code: "store-open" }).and.to.have.property("advice");
    }
  });

  it("says when its disk is full, and goes on when there is room", async () => {
    const db = await openDatabase({ url: file });
    await sql`PRAGMA max_page_count = 1`.execute(db);
    const error = await failureOf(db.insertInto("bindings").values(bind("a")).execute());
    expect(error).to.include({ code: "store-full", retryable: true });
    await sql`PRAGMA max_page_count = 100000`.execute(db);
    await db.insertInto("bindings").values(bind("a")).execute();
    await db.destroy();
  });

  it("says so too when SQLite undid the transaction by itself, and lets nothing of it be written", async () => {
    const db = await openDatabase({ url: file });
    await sql`PRAGMA max_page_count = 100`.execute(db);
    await sql`PRAGMA cache_size = 1`.execute(db); // what does not fit is written before the commit, and fails there
    const large = (name: string) => ({ name, value: "x".repeat(1_000_000) });
    const error = await failureOf(
      db.transaction().execute(async (tx) => {
        await tx.insertInto("bindings").values(bind("a")).execute();
        await tx.insertInto("bindings").values(large("b")).execute();
      }),
    );
    expect(error).to.include({ code: "store-full", retryable: true });
    const careless = await failureOf(
      db.transaction().execute(async (tx) => {
        await tx.insertInto("bindings").values(bind("a")).execute();
        await failureOf(tx.insertInto("bindings").values(large("b")).execute());
        await tx.insertInto("bindings").values(bind("c")).execute();
      }),
    );
    expect(careless?.message).to.include("undone by SQLite");
    expect(await db.selectFrom("bindings").select("name").execute()).to.deep.equal([]);
    await db.insertInto("bindings").values(bind("d")).execute();
    await db.destroy();
  });

  it("says when it must not be written", async () => {
    const db = await openDatabase({ url: file });
    await sql`PRAGMA query_only = ON`.execute(db);
    const error = await failureOf(db.insertInto("bindings").values(bind("a")).execute());
    expect(error).to.include({ code: "store-read-only", retryable: false }).and.to.have.property("advice");
    await db.destroy();
  });

  it("lets a transaction that looks before it writes see what another process wrote meanwhile", async () => {
    const [one, two] = [await openDatabase({ url: file }), await openDatabase({ url: file })];
    await one.transaction().execute(async (tx) => {
      await tx.selectFrom("bindings").selectAll().execute();
      await sql`PRAGMA busy_timeout = 10`.execute(two);
      const error = await failureOf(two.insertInto("bindings").values(bind("b")).execute());
      expect(error).to.include({ code: "store-busy", retryable: true });
      await tx.insertInto("bindings").values(bind("a")).execute();
    });
    await two.insertInto("bindings").values(bind("b")).execute();
    expect((await one.selectFrom("bindings").selectAll().execute()).length).to.equal(2);
    await Promise.all([one.destroy(), two.destroy()]);
  });
});
