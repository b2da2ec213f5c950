import { expect } from "chai";
import type { Kysely } from "kysely";
import { createInbox } from "../../src/relayer/inbox.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { openDatabase } from "../../src/store/database.ts";
import type { Receipt } from "../../src/relayer/inbox.ts";
import { createDevice } from "../support/device.ts";
import type { Device } from "../support/device.ts";
import { failureOf } from "../support/failureOf.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { describeStores } from "../support/stores.ts";

describeStores("messages that a relayer admits together", ({ newStore }) => {
  let network: Awaited<ReturnType<typeof createOrderNetwork>>;
  afterEach(() => network.close());

  async function fixture(quotas?: { unregistered: number; device: number }) {
    network = await createOrderNetwork({ newStore, ...(quotas ? { quotas } : {}) });
    const { device } = network;
    const relayer = network.network[0]!.relayer;
    const other = createDevice({ curve: "secp256k1" });
    network.enrol(other, 1);
    await network.step(1);
    const send = (payload: Uint8Array, from: Device = device): Promise<Receipt> =>
      relayer.receive({ topic: from.topic, payload, retained: false });
    const list = async () =>
      (await relayer.api.inject("/v1/messages")).json<
        { eventId: string | null; status: string; reason: string | null }[]
      >();
    const shown = async () =>
      (await list()).map((row) => `${row.eventId ?? "-"} ${row.status} ${row.reason ?? ""}`.trim());
    return { device, other, send, shown };
  }

  it("keeps them in the order in which they came, whatever is wrong with some", async () => {
    const { device, other, send, shown } = await fixture();
    const forged = createDevice().signJws(deliveryOf("c", 1), { kid: device.kid });
    const sent = [
      send(device.signJws(deliveryOf("a", 1))),
      send(Buffer.from("garbage")),
      send(forged),
      send(other.signJws(deliveryOf("d", 1)), other),
      send(Buffer.alloc(70_000, "e")),
      send(device.signJws(deliveryOf("a", 1))),
      send(device.signJws(deliveryOf("a", 2))),
      send(device.signJws(deliveryOf("a", 3))),
      send(device.signJws(deliveryOf("b", 1))),
    ];
    const receipts = await Promise.all(sent);
    expect(receipts.map(({ fresh }) => fresh)).to.deep.equal([
      true,
      false,
      false,
      true,
      false,
      false,
      true,
      false,
      true,
    ]);
    expect(await shown()).to.deep.equal([
      "a pending",
      "- refused unsupported",
      "c refused signature",
      "d pending",
      "- refused too-large",
      "a duplicate",
      "a pending",
      "a refused conflict",
      "b pending",
    ]);
  });

  it("counts their quotas together, and refuses nobody else's place", async () => {
    const { device, send, shown } = await fixture({ unregistered: 2, device: 500 });
    const strangers = Array.from({ length: 4 }, () => createDevice());
    const sent = strangers.map((stranger, i) =>
      failureOf(send(stranger.signJws(deliveryOf(`s${String(i)}`, 1)), stranger)),
    );
    const good = send(device.signJws(deliveryOf("a", 1)));
    const failures = await Promise.all(sent);
    expect(failures.map((failure) => (failure as { code?: string } | undefined)?.code)).to.deep.equal([
      undefined,
      undefined,
      "quota-full",
      "quota-full",
    ]);
    expect(await good).to.include({ fresh: true, status: "pending" });
    expect(await shown()).to.deep.equal(["s0 waiting device-unknown", "s1 waiting device-unknown", "a pending"]);
  });

  it("settles a hundred that came at once, each exactly once", async () => {
    const { device, send } = await fixture();
    const { chain, order, step } = network;
    const messages = Array.from({ length: 50 }, (_, i) => device.signJws(deliveryOf(`n${String(i % 10)}`, 1)));
    await Promise.all([...messages, ...messages].map((payload) => send(payload)));
    for (const { relayer } of network.network.slice(1)) {
      for (const payload of messages.slice(0, 10))
        await relayer.receive({ topic: device.topic, payload, retained: false });
    }
    await step(20);
    expect(chain.delivered(order)).to.equal(10n);
  });

  it("keeps one row for each, however many come again", async () => {
    const { device, send } = await fixture();
    const payload = device.signJws(deliveryOf("a", 1, { note: "x".repeat(10_000) }));
    await Promise.all(Array.from({ length: 20 }, () => send(payload)));
    const { db } = network.network[0]!;
    const events = await db.selectFrom("events").select("payload").execute();
    const messages = await db.selectFrom("messages").select(["payload", "event"]).orderBy("id").execute();
    expect(events.map((row) => Buffer.from(row.payload, "utf8").equals(payload))).to.deep.equal([true]);
    expect(messages.map((row) => row.payload.length).reduce((a, b) => a + b)).to.equal(0);
    expect(messages.filter(({ event }) => event !== null)).to.have.length(1);
  });
});

describe("a message that cannot be handled", () => {
  it("fails alone, and what came with it is kept", async () => {
    const db = await openDatabase<RelayerTables>({ url: ":memory:", migrations: relayerMigrations });
    const device = createDevice();
    const { id, x, y } = device;
    const registered = { device: id, owner: 1, curve: "P-256", x, y, valid_from: 0, valid_until: 9e9, block: 0 };
    await db
      .insertInto("chain_devices")
      .values({ ...registered, revoked_block: null })
      .execute();
    const heard: number[] = [];
    const inbox = createInbox({
      db: db as unknown as Kysely<RelayerTables>,
      clock: () => 1,
      head: () => 1,
      verifier: ({ signed }) => {
        if (Buffer.from(Buffer.from(signed).toString().split(".")[1]!, "base64url").includes("poison"))
          throw new Error("broken");
        return true;
      },
      admitted: (messages) => heard.push(messages.length),
    });
    const send = (eventId: string) =>
      failureOf(
        inbox.receive({ topic: device.topic, payload: device.signJws(deliveryOf(eventId, 1)), retained: false }),
      );
    const failures = await Promise.all(["a", "b", "poison", "c"].map(send));
    expect(failures.map((error) => error?.message)).to.deep.equal([undefined, undefined, "broken", undefined]);
    const kept = await db.selectFrom("events").select("event_id").orderBy("id").execute();
    expect(kept.map(({ event_id }) => event_id)).to.deep.equal(["a", "b", "c"]);
    expect(heard.reduce((a, b) => a + b)).to.equal(3);
    await db.destroy();
  });
});
