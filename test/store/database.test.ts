import { expect } from "chai";
import type { Kysely } from "kysely";
import { bindStore } from "../../src/store/binding.ts";
import { dropCheckpoints, readCheckpoints, writeCheckpoint } from "../../src/store/checkpoints.ts";
import { openDatabase } from "../../src/store/database.ts";
import { takeIds } from "../../src/store/ids.ts";
import type { Migration } from "../../src/store/migrations.ts";
import type { CoreSchema } from "../../src/store/schema.ts";
import { failureOf } from "../support/failureOf.ts";
import { describeStores } from "../support/stores.ts";

interface Notes {
  notes: { text: string; number: number | null };
}

const notes: Migration = {
  name: "test-0001-notes",
  up: (db) => db.schema.createTable("notes").addColumn("text", "text").addColumn("number", "bigint").execute(),
};

describeStores("database", ({ kind, newStore }) => {
  let url: string;
  const opened: Kysely<CoreSchema>[] = [];
  const open = async (migrations = [notes]): Promise<Kysely<CoreSchema & Notes>> => {
    const db = await openDatabase<Notes>({ url, migrations });
    opened.push(db as unknown as Kysely<CoreSchema>);
    return db;
  };
  const core = (db: Kysely<CoreSchema & Notes>) => db as unknown as Kysely<CoreSchema>;
  const write = (db: Kysely<CoreSchema & Notes>, texts: string[], number: number | null = null) =>
    db
      .insertInto("notes")
      .values(texts.map((text) => ({ text, number })))
      .execute();

  beforeEach(async () => (url = await newStore()));
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.destroy();
  });

  it("keeps what it was given, and applies each migration once", async () => {
    for (const expected of [0, 1]) {
      const db = await open();
      expect((await db.selectFrom("notes").selectAll().execute()).length).to.equal(expected);
      await write(db, ["x"]);
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
    expect((await failureOf(open([broken])))?.message).to.equal("power cut");
    expect(await (await open()).selectFrom("notes").selectAll().execute()).to.deep.equal([]);
  });

  it("refuses the store of a newer version", async () => {
    await open();
    const error = await failureOf(open([]));
    expect(error).to.include({ code: "store-newer" });
    expect(error?.message).to.include(notes.name);
  });

  it("undoes a transaction that fails", async () => {
    const db = await open();
    const error = await failureOf(
      db.transaction().execute(async (tx) => {
        await tx.insertInto("notes").values({ text: "x", number: null }).execute();
        throw new Error("no");
      }),
    );
    expect(error?.message).to.equal("no");
    expect(await db.selectFrom("notes").selectAll().execute()).to.deep.equal([]);
  });

  it("belongs to the chain and key that it was made for", async () => {
    const db = core(await open());
    await bindStore({ db, values: { genesis: "0x1", signer: "0xa" } });
    await bindStore({ db, values: { genesis: "0x1", signer: "0xa" } });
    const error = await failureOf(bindStore({ db, values: { genesis: "0x2" } }));
    expect(error).to.include({ code: "store-foreign" });
    expect(error?.message).to.include("0x1").and.to.include("0x2");
  });

  it("keeps recent checkpoints one by one, older ones sparsely, and not for ever", async () => {
    const db = core(await open());
    const ref = (number: number) => ({ number, hash: `0x${number}`, time: 4_000_000_000 + number });
    await db.transaction().execute(async (tx) => {
      for (let number = 1; number <= 1_000; number++) await writeCheckpoint(tx, ref(number));
    });
    const numbers = (await readCheckpoints(db)).map(({ number }) => number);
    expect(numbers.slice(0, 256)).to.deep.equal(Array.from({ length: 256 }, (_, index) => 1_000 - index));
    expect(numbers.slice(256)).to.deep.equal([700, 600, 500, 400, 300, 200, 100]);
    expect((await readCheckpoints(db))[0]).to.deep.equal(ref(1_000));
    await db.transaction().execute(async (tx) => {
      for (let number = 100_000; number < 100_300; number++) await writeCheckpoint(tx, ref(number));
    });
    expect((await readCheckpoints(db)).at(-1)?.number).to.be.greaterThan(10_000);
    await dropCheckpoints(db, ref(100_010));
    expect((await readCheckpoints(db))[0]?.number).to.be.at.most(100_010);
    await dropCheckpoints(db, null);
    expect(await readCheckpoints(db)).to.deep.equal([]);
  });

  it("takes a checkpoint once", async () => {
    const db = core(await open());
    const block = { number: 7, hash: "0x7", time: 1 };
    await writeCheckpoint(db, block);
    expect(await failureOf(writeCheckpoint(db, block))).to.be.instanceOf(Error);
  });

  it("returns numbers as numbers, far beyond 32 bits, and counts too", async () => {
    const db = await open();
    await write(db, ["x"], Number.MAX_SAFE_INTEGER);
    const row = await db
      .selectFrom("notes")
      .select((query) => ["number", query.fn.countAll<number>().as("count")])
      .groupBy("number")
      .executeTakeFirstOrThrow();
    expect(row).to.deep.equal({ number: 2 ** 53 - 1, count: 1 });
  });

  it("keeps every text that can be kept, and a mark for what cannot", async () => {
    const db = await open();
    await write(db, ["철강 🏗 \u0001 \\ ' \" %", "a\u0000b", "half \uD83C of a pair"]);
    const texts = (await db.selectFrom("notes").select("text").execute()).map(({ text }) => text);
    expect(texts).to.deep.equal(["철강 🏗 \u0001 \\ ' \" %", "a\uFFFDb", "half \uFFFD of a pair"]);
    const found = await db.selectFrom("notes").select("text").where("text", "=", "a\u0000b").execute();
    expect(found.length).to.equal(1);
  });

  it("compares texts by their bytes", async () => {
    const db = await open();
    await write(db, ["b", "a", "B", "_", "é", "z", "-a", "10", "9"]);
    const texts = (await db.selectFrom("notes").select("text").orderBy("text").execute()).map(({ text }) => text);
    expect(texts).to.deep.equal(["-a", "10", "9", "B", "_", "a", "b", "z", "é"]);
    expect(await db.selectFrom("notes").select("text").where("text", "=", "A").execute()).to.deep.equal([]);
  });

  it("finds nothing in an empty list", async () => {
    const db = await open();
    await write(db, ["x"]);
    expect(await db.selectFrom("notes").selectAll().where("text", "in", []).execute()).to.deep.equal([]);
    expect((await db.selectFrom("notes").selectAll().where("text", "not in", []).execute()).length).to.equal(1);
  });

  it("refuses a statement with more parameters than both engines take", async () => {
    const db = await open();
    const texts = Array.from({ length: 40_000 }, (_, index) => String(index));
    const error = await failureOf(db.selectFrom("notes").selectAll().where("text", "in", texts).execute());
    expect(error?.message).to.match(/40000 parameters|too many SQL variables/);
  });

  it("gives ids in the order in which they become visible, and none twice", async () => {
    // Two connections to SQLite cannot take turns within one process: to wait is to hold the process up.
    const one = await open();
    const all = [one, kind === "SQLite" ? one : await open()] as const;
    const seen: number[] = [];
    const take = (db: Kysely<CoreSchema & Notes>) =>
      db.transaction().execute(async (tx) => {
        const id = await takeIds({ tx, name: "notes" });
        await tx.insertInto("notes").values({ text: "x", number: id }).execute();
        const { last } = await tx
          .selectFrom("notes")
          .select((query) => query.fn.max<number>("number").as("last"))
          .executeTakeFirstOrThrow();
        expect(last).to.equal(id);
        seen.push(id);
      });
    await Promise.all(Array.from({ length: 20 }, (_, index) => take(all[index % 2]!)));
    expect([...seen].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 20 }, (_, index) => index + 1));
    await all[0].deleteFrom("notes").execute();
    const first = await all[0].transaction().execute((tx) => takeIds({ tx, name: "notes", count: 5 }));
    expect([first, await all[0].transaction().execute((tx) => takeIds({ tx, name: "notes" }))]).to.deep.equal([21, 26]);
  });
});
