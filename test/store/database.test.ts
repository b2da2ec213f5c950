import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { sql } from "kysely";
import type { FactoryChainError } from "../../src/lib/errors.ts";
import { bindStore } from "../../src/store/binding.ts";
import { dropCheckpoints, readCheckpoints, writeCheckpoint } from "../../src/store/checkpoints.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { Migration } from "../../src/store/migrations.ts";

interface Notes {
  notes: { text: string };
}

const notes: Migration = {
  name: "test-0001-notes",
  up: (db) => db.schema.createTable("notes").addColumn("text", "text").execute(),
};

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error as FactoryChainError,
  );

describe("database", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "store-"));
    file = join(folder, "a.sqlite");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

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

  it("keeps what it was given, and applies each migration once", async () => {
    for (const expected of [0, 1]) {
      const db = await openDatabase<Notes>({ url: file, migrations: [notes] });
      expect((await db.selectFrom("notes").selectAll().execute()).length).to.equal(expected);
      await db.insertInto("notes").values({ text: "x" }).execute();
      await db.destroy();
    }
  });

  it("leaves nothing of a migration that fails, and goes on with it later", async () => {
    const broken: Migration = {
      name: notes.name,
      async up(db) {
        await notes.up(db);
        throw new Error("power cut");
      },
    };
    expect((await failureOf(openDatabase({ url: file, migrations: [broken] })))?.message).to.equal("power cut");
    const db = await openDatabase<Notes>({ url: file, migrations: [notes] });
    expect(await db.selectFrom("notes").selectAll().execute()).to.deep.equal([]);
    await db.destroy();
  });

  it("refuses the store of a newer version", async () => {
    await (await openDatabase({ url: file, migrations: [notes] })).destroy();
    const error = await failureOf(openDatabase({ url: file }));
    expect(error).to.include({ code: "store-newer" });
    expect(error?.message).to.include(notes.name);
  });

  it("refuses what is no store, with advice", async () => {
    writeFileSync(file, "these are not the bytes of a database, but enough of them to be read as some header");
    for (const url of [file, join(folder, "missing", "a.sqlite"), folder]) {
      const error = await failureOf(openDatabase({ url }));
      expect(error).to.include({ code: "store-open" }).and.to.have.property("advice");
    }
    expect(await failureOf(openDatabase({ url: "postgres://host/db" }))).to.include({ code: "store-url" });
  });

  it("undoes a transaction that fails", async () => {
    const db = await openDatabase<Notes>({ url: file, migrations: [notes] });
    const error = await failureOf(
      db.transaction().execute(async (trx) => {
        await trx.insertInto("notes").values({ text: "x" }).execute();
        throw new Error("no");
      }),
    );
    expect(error?.message).to.equal("no");
    expect(await db.selectFrom("notes").selectAll().execute()).to.deep.equal([]);
    await db.destroy();
  });

  it("belongs to the chain and key that it was made for", async () => {
    const db = await openDatabase({ url: file });
    await bindStore({ db, values: { genesis: "0x1", signer: "0xa" } });
    await bindStore({ db, values: { genesis: "0x1", signer: "0xa" } });
    const error = await failureOf(bindStore({ db, values: { genesis: "0x2" } }));
    expect(error).to.include({ code: "store-foreign" });
    expect(error?.message).to.include("0x1").and.to.include("0x2");
    await db.destroy();
  });

  it("keeps recent checkpoints one by one, older ones sparsely, and not for ever", async () => {
    const db = await openDatabase({ url: ":memory:" });
    const ref = (number: number) => ({ number, hash: `0x${number}`, time: 4_000_000_000 + number });
    await db.transaction().execute(async (trx) => {
      for (let number = 1; number <= 1_000; number++) await writeCheckpoint(trx, ref(number));
    });
    const numbers = (await readCheckpoints(db)).map(({ number }) => number);
    expect(numbers.slice(0, 256)).to.deep.equal(Array.from({ length: 256 }, (_, index) => 1_000 - index));
    expect(numbers.slice(256)).to.deep.equal([700, 600, 500, 400, 300, 200, 100]);
    expect((await readCheckpoints(db))[0]).to.deep.equal(ref(1_000));
    for (let number = 100_000; number < 100_300; number++) await writeCheckpoint(db, ref(number));
    expect((await readCheckpoints(db)).at(-1)?.number).to.be.greaterThan(10_000);
    await dropCheckpoints(db, ref(100_010));
    expect((await readCheckpoints(db))[0]?.number).to.be.at.most(100_010);
    await dropCheckpoints(db, null);
    expect(await readCheckpoints(db)).to.deep.equal([]);
    await db.destroy();
  });
});
