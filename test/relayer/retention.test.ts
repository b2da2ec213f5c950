import { expect } from "chai";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import type { Kysely } from "kysely";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInbox } from "../../src/relayer/inbox.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import { createRetention, RETENTION } from "../../src/relayer/retention.ts";
import type { RetentionLimits } from "../../src/relayer/retention.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createDevice } from "../support/device.ts";
import { deliveryOf } from "../support/orderNetwork.ts";
import { describeStores } from "../support/stores.ts";

const DAY = 86_400;

/** An inbox with its retention on a store, and a registered device. */
async function openInbox(url: string, limits: Partial<RetentionLimits> = {}) {
  const db = (await openDatabase<RelayerTables>({
    url,
    migrations: relayerMigrations,
  })) as unknown as Kysely<RelayerTables>;
  let now = 1_000_000;
  const clock = () => now;
  const retention = createRetention({ db, clock, limits: { ...RETENTION, ...limits } });
  const inbox = createInbox({ db, clock, head: () => 1, admitted: () => undefined, stored: retention.noticed });
  const device = createDevice();
  const { id, x, y } = device;
  const validity = { valid_from: 0, valid_until: 9_000_000_000, block: 0, revoked_block: null };
  await db
    .insertInto("chain_devices")
    .values({ device: id, owner: 1, curve: "P-256", x, y, ...validity })
    .execute();
  const junk = (text: string, topic: string) => inbox.receive({ topic, payload: Buffer.from(text), retained: false });
  const sourcesOf = async () => {
    const rows = await db
      .selectFrom("messages")
      .select((row) => ["source", row.fn.countAll<number>().as("count")])
      .where("status", "in", ["refused", "duplicate"])
      .groupBy("source")
      .execute();
    return Object.fromEntries(rows.map(({ source, count }) => [source, Number(count)]));
  };
  return { db, inbox, retention, device, junk, sourcesOf, pass: (seconds: number) => (now += seconds) };
}

describeStores("what a relayer keeps of what never counts", ({ newStore }) => {
  let open: Awaited<ReturnType<typeof openInbox>>;
  afterEach(() => open.db.destroy());

  it("is bounded, and a source that floods pushes out its own messages first", async () => {
    open = await openInbox(await newStore(), { refusedMessages: 200 });
    const { junk, sourcesOf, db } = open;
    for (let i = 0; i < 30; i++) await junk(`quiet ${String(i)}`, "quiet");
    for (let i = 0; i < 900; i += 30)
      await Promise.all(Array.from({ length: 30 }, (_, k) => junk(`flood ${String(i + k)}`, "loud")));
    for (let i = 0; i < 20; i++) await junk(`late ${String(i)}`, "late");
    const sources = await sourcesOf();
    expect(sources).to.include({ "topic:quiet": 30, "topic:late": 20 });
    expect(sources["topic:loud"]).to.be.within(100, 200);
    const [newest] = await db
      .selectFrom("messages")
      .select("payload")
      .where("source", "=", "topic:loud")
      .orderBy("id", "desc")
      .limit(1)
      .execute();
    expect(newest?.payload).to.equal("flood 899");
  });

  it("is bounded in bytes", async () => {
    open = await openInbox(await newStore(), { refusedMegabytes: 0.2, refusedMessages: 400 });
    for (let i = 0; i < 300; i++) await open.junk("x".repeat(5_000), `t${String(i % 3)}`);
    const { bytes } = await open.db
      .selectFrom("messages")
      .select((row) => row.fn.sum<number>("size").as("bytes"))
      .executeTakeFirstOrThrow();
    expect(Number(bytes)).to.be.within(100_000, 320_000);
  });

  it("is bounded when each message has a source of its own", async () => {
    open = await openInbox(await newStore(), { refusedMessages: 100 });
    for (let i = 0; i < 400; i++) await open.junk("x", `t${String(i)}`);
    expect(Object.keys(await open.sourcesOf()).length).to.be.within(80, 115);
  });

  it("never loses what a registered device signed to who has no key", async () => {
    open = await openInbox(await newStore(), { refusedMessages: 100 });
    const { device, inbox, junk, sourcesOf } = open;
    const send = (payload: Uint8Array) => inbox.receive({ topic: device.topic, payload, retained: false });
    for (let n = 1; n <= 20; n++) await send(device.signJws(deliveryOf("twice", n)));
    // Forged in its name, on its topic: the claim is not believed.
    const thief = createDevice();
    for (let n = 0; n < 150; n++) await send(thief.signJws(deliveryOf(`f${String(n)}`, 1), { kid: device.kid }));
    for (let n = 0; n < 300; n++) await junk(`flood ${String(n)}`, `t${String(n)}`);
    expect((await sourcesOf())[`device:${device.id}`]).to.equal(18);
  });

  it("ends after some days", async () => {
    open = await openInbox(await newStore(), { refusedDays: 2 });
    const { junk, retention, pass, sourcesOf } = open;
    await junk("old", "a");
    pass(DAY);
    await junk("new", "b");
    await retention.look();
    expect(Object.keys(await sourcesOf())).to.deep.equal(["topic:a", "topic:b"]);
    pass(DAY + 100);
    await retention.look();
    expect(Object.keys(await sourcesOf())).to.deep.equal(["topic:b"]);
  });

  it("goes with an order that was closed some days before; keys of what was confirmed stay", async () => {
    open = await openInbox(await newStore(), { settledDays: 3 });
    const { db, device, inbox, retention, pass } = open;
    const order = { escrow: "", buyer: "", supplier: "", clauses: "", conditions: "", lines: "", block: 1 };
    const ended = { ended_block: null, closed_block: null };
    await db.insertInto("chain_orders").values([{ id: "0xa", ...order, ...ended }, { id: "0xb", ...order, ...ended }]).execute(); // prettier-ignore
    for (const id of ["0xa", "0xb"]) {
      await inbox.receive({ topic: null, payload: device.signJws(deliveryOf(id, 1)), retained: false });
      await db.updateTable("events").set({ status: "counted", order_id: id }).where("event_id", "=", id).execute();
    }
    const key = { root: "0x1", device: device.id, event_id: "0xa", content: "0x2", quantity: "1" };
    await db.insertInto("root_events").values(key).execute();
    const left = async () =>
      (await db.selectFrom("events").select("event_id").orderBy("id").execute()).map((row) => row.event_id);
    await db.updateTable("chain_orders").set({ closed_block: 2 }).where("id", "=", "0xa").execute();
    for (const [days, events] of [
      [0, 2],
      [2, 2],
      [1.1, 1],
    ] as const) {
      // prettier-ignore
      pass(days * DAY + 61);
      await retention.look();
      expect(await left(), String(days)).to.have.length(events);
    }
    expect(await left()).to.deep.equal(["0xb"]);
    expect(await db.selectFrom("messages").select("id").execute()).to.have.length(1);
    expect(await db.selectFrom("root_events").selectAll().execute()).to.deep.equal([key]);
  });

  it("goes with the next look, not a minute later, as long as there is more than one look takes", async () => {
    open = await openInbox(await newStore(), { settledDays: 3 });
    const { db, retention, pass } = open;
    const order = { escrow: "", buyer: "", supplier: "", clauses: "", conditions: "", lines: "" };
    const closed = Array.from({ length: 1_500 }, (_, i) => ({ id: `0x${String(i)}`, ...order, block: 1 }));
    for (let from = 0; from < closed.length; from += 500)
      await db
        .insertInto("chain_orders")
        .values(closed.slice(from, from + 500).map((row) => ({ ...row, ended_block: null, closed_block: 2 })))
        .execute();
    const seen = async () => (await db.selectFrom("closed_orders").select("order_id").execute()).length;
    await retention.look();
    expect(await seen()).to.equal(1_000);
    await retention.look();
    expect(await seen()).to.equal(1_500);
    await db.insertInto("chain_orders").values({ id: "0xa", ...order, block: 1, ended_block: null, closed_block: 2 }).execute(); // prettier-ignore
    await retention.look();
    expect(await seen(), "within the minute").to.equal(1_500);
    pass(61);
    await retention.look();
    expect(await seen()).to.equal(1_501);
  });

  it("begins anew when the chain takes back that an order was closed", async () => {
    open = await openInbox(await newStore(), { settledDays: 3 });
    const { db, retention, pass } = open;
    const order = { escrow: "", buyer: "", supplier: "", clauses: "", conditions: "", lines: "", block: 1 };
    await db
      .insertInto("chain_orders")
      .values({ id: "0xa", ...order, ended_block: null, closed_block: 2 })
      .execute();
    await retention.look();
    expect(await db.selectFrom("closed_orders").selectAll().execute()).to.have.length(1);
    await db.updateTable("chain_orders").set({ closed_block: null }).execute();
    pass(61);
    await retention.look();
    expect(await db.selectFrom("closed_orders").selectAll().execute()).to.have.length(0);
  });
});

describe("a flood of garbage", () => {
  it("of 50,000 messages leaves a store no larger than its bounds allow", async () => {
    const folder = mkdtempSync(join(tmpdir(), "flood-"));
    const file = join(folder, "a.sqlite");
    const limits = { refusedMessages: 5_000, refusedMegabytes: 4 };
    const open = await openInbox(file, limits);
    try {
      const { junk, db } = open;
      for (let i = 0; i < 50_000; i += 250) {
        const garbage = Array.from({ length: 250 }, (_, k) =>
          junk(`${String(i + k)} ${"x".repeat(500)}`, `t${String(k % 50)}`),
        );
        await Promise.all(garbage);
      }
      const { rows } = await db
        .selectFrom("messages")
        .select((row) => row.fn.countAll<number>().as("rows"))
        .executeTakeFirstOrThrow();
      expect(Number(rows)).to.be.within(4_000, 5_300);
      const size = ["", "-wal", "-shm"].reduce((sum, end) => sum + statSync(file + end).size, 0);
      expect(size).to.be.below(4 * limits.refusedMegabytes * 1024 * 1024);
    } finally {
      await open.db.destroy();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
