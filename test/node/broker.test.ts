import { expect } from "chai";
import { DatabaseSync } from "node:sqlite";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { join } from "node:path";
import { startBroker } from "../../src/node/broker.ts";
import type { Broker } from "../../src/node/broker.ts";
import { openJournal } from "../../src/node/journal.ts";
import { temporaryFolder } from "../cli/run.ts";
import { until } from "../support/until.ts";

const TOPIC = "factorychain/devices/d1/events";
const SESSIONS = ["relayer-a", "relayer-b"];

describe("the embedded broker", () => {
  let place: ReturnType<typeof temporaryFolder>;
  let broker: Broker | null = null;
  const clients: MqttClient[] = [];

  beforeEach(() => {
    place = temporaryFolder();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker?.close();
    broker = null;
    place.remove();
  });

  async function start(): Promise<Broker> {
    const journal = openJournal({ file: join(place.folder, "broker.sqlite"), sessions: SESSIONS });
    broker = await startBroker({ port: 0, journal, heard: () => {} });
    return broker;
  }

  async function connect(clientId: string): Promise<MqttClient> {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${broker?.port}`, {
      clientId,
      clean: false,
      reconnectPeriod: 0,
    });
    clients.push(client);
    return client;
  }

  /** A relayer's session; `take` false: it never acknowledges. */
  async function listen(clientId: string, take = true): Promise<string[]> {
    const heard: string[] = [];
    const client = mqtt.connect(`mqtt://127.0.0.1:${broker?.port}`, {
      clientId,
      clean: false,
      reconnectPeriod: 0,
      manualConnect: true,
    });
    client.handleMessage = (packet, done) => {
      heard.push(packet.payload.toString());
      if (take) done();
    };
    clients.push(client);
    await new Promise((resolve) => {
      client.once("connect", resolve);
      client.connect();
    });
    await client.subscribeAsync("factorychain/devices/+/events", { qos: 1 });
    return heard;
  }

  async function stop(): Promise<void> {
    await Promise.all(clients.splice(0).map((client) => client.endAsync(true)));
    await broker?.close();
    broker = null;
  }

  /** How many rows the broker's journal holds. */
  function kept(table: "messages" | "acknowledged"): number {
    const db = new DatabaseSync(join(place.folder, "broker.sqlite"), { readOnly: true });
    try {
      return (db.prepare(`SELECT count(*) AS count FROM ${table}`).get() as { count: number }).count;
    } finally {
      db.close();
    }
  }

  async function publish(...payloads: string[]): Promise<void> {
    const device = await connect("device");
    for (const payload of payloads) await device.publishAsync(TOPIC, payload, { qos: 1 });
  }

  it("delivers an event to every relayer once", async () => {
    await start();
    const [a, b] = [await listen("relayer-a"), await listen("relayer-b")];
    await publish("one", "two", "last");
    await until(() => a.includes("last") && b.includes("last"));
    expect(a).to.deep.equal(["one", "two", "last"]);
    expect(b).to.deep.equal(["one", "two", "last"]);
  });

  it("gives a relayer what a device was told is safe before the relayer ever came", async () => {
    await start();
    await publish("one", "two");
    await stop();
    await start();
    const heard = await listen("relayer-a");
    await until(() => heard.length >= 2);
    expect(heard).to.deep.equal(["one", "two"]);
  });

  it("gives only what was not acknowledged after a restart, and only to whom it is missing", async () => {
    await start();
    await listen("relayer-a");
    const untaken = await listen("relayer-b", false);
    await publish("one", "two");
    await until(() => kept("acknowledged") === 2 && untaken.length > 0);
    await stop();

    await start();
    const [a, b] = [await listen("relayer-a"), await listen("relayer-b")];
    await publish("last");
    await until(() => a.includes("last") && b.includes("last"));
    expect(a).to.deep.equal(["last"]);
    expect(b).to.deep.equal(["one", "two", "last"]);
  });

  it("forgets what every relayer has", async () => {
    await start();
    await listen("relayer-a");
    await listen("relayer-b");
    await publish("one");
    await until(() => kept("messages") === 0);
    await stop();
    const journal = openJournal({ file: join(place.folder, "broker.sqlite"), sessions: ["relayer-c"] });
    expect(journal.missing("relayer-c")).to.deep.equal([]);
    journal.close();
  });

  it("keeps what it acknowledged although it is killed at that moment", async () => {
    const journal = openJournal({ file: join(place.folder, "broker.sqlite"), sessions: SESSIONS });
    journal.keep({ topic: TOPIC, payload: Buffer.from("safe") });
    // Not closed, as after a kill: another process sees what was committed.
    const again = openJournal({ file: join(place.folder, "broker.sqlite"), sessions: SESSIONS });
    expect(again.missing("relayer-a").map(({ payload }) => Buffer.from(payload).toString())).to.deep.equal(["safe"]);
    again.close();
    journal.close();
  });

  it("tells relayers that a message was sent to be retained, and retains nothing", async () => {
    await start();
    const flags: boolean[] = [];
    const client = await connect("relayer-a");
    client.on("message", (_topic, _payload, { retain }) => flags.push(retain));
    await client.subscribeAsync("factorychain/devices/+/events", { qos: 1 });
    const device = await connect("device");
    await device.publishAsync(TOPIC, "old?", { qos: 1, retain: true });
    await until(() => flags.length > 0);
    expect(flags).to.deep.equal([true]);
    const later = await listen("somebody-else");
    await device.publishAsync(TOPIC, "last", { qos: 1 });
    await until(() => later.includes("last"));
    expect(later).to.deep.equal(["last"]);
  });

  it("takes nothing on other topics", async () => {
    await start();
    const device = await connect("device");
    const closed = new Promise<void>((resolve) => device.once("close", () => resolve()));
    void device.publishAsync("elsewhere", "x", { qos: 1 }).catch(() => {});
    await closed;
  });
});
