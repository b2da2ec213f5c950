import { expect } from "chai";
import mqtt from "mqtt";
import type { MqttClient } from "mqtt";
import { readFileSync } from "node:fs";
import { RetryableError } from "../../src/lib/errors.ts";
import type { Message } from "../../src/relayer/inbox.ts";
import { connectMqtt } from "../../src/relayer/mqtt.ts";
import type { MqttSettings } from "../../src/relayer/mqtt.ts";
import { unfenced } from "../../src/store/lease.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { createAuthority, describeMosquitto, startOwnMosquitto } from "../support/mosquitto.ts";
import { until } from "../support/until.ts";

const TOPIC = "factorychain/devices/d1/events";
/** What a relayer may have on its way at once, and what it lets the broker keep. */
const [WINDOW, HELD] = [256, 8];

describeMosquitto("a relayer at Mosquitto", () => {
  const ends: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function broker(...p: Parameters<typeof startOwnMosquitto>) {
    const server = await startOwnMosquitto(...p);
    ends.push(server.remove);
    return server;
  }

  /** A relayer's reading; `take` stands for its inbox. */
  function read(url: string, more: Partial<MqttSettings> = {}, take: (text: string) => Promise<void> = async () => {}) {
    const [heard, away, warned]: [string[], string[], string[]] = [[], [], []];
    const note = (fields: object, text: string) => warned.push(`${text} ${JSON.stringify(fields)}`);
    const textOf = ({ payload }: Message) => Buffer.from(payload).toString();
    const reader = connectMqtt({
      settings: { url, version: 5, clientId: "relayer-1", share: null, ...more },
      inbox: {
        receive: async (message) => {
          await take(textOf(message));
          heard.push(textOf(message));
        },
        turnAway: (message) => Promise.resolve(void away.push(textOf(message))),
      },
      log: { info: note, warn: note, error: note },
    });
    let open = true;
    const close = async () => {
      if (open) await reader.close();
      open = false;
    };
    ends.push(close);
    return { ...reader, close, heard, away, warned };
  }

  async function publisher(url: string, options: object = {}): Promise<MqttClient> {
    const client = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 100, ...options });
    ends.push(() => client.endAsync(true));
    return client;
  }
  const send = (client: MqttClient, names: readonly string[], topic = TOPIC) =>
    Promise.all(names.map((name) => client.publishAsync(topic, name, { qos: 1 })));
  const names = (count: number, prefix = "m") => Array.from({ length: count }, (_, i) => `${prefix}${String(i)}`);

  for (const version of [4, 5] as const) {
    it(`is given in MQTT ${version === 4 ? "3.1.1" : "5"} what came while it was away, in order, and nothing twice`, async () => {
      const { url } = await broker();
      const before = read(url, { version });
      await until(before.connected);
      const device = await publisher(url);
      await send(device, names(300));
      await until(() => before.heard.length === 300);
      await before.close();
      await send(device, names(300, "n"));
      const after = read(url, { version });
      await until(() => after.heard.length >= 300);
      await send(device, ["last"]);
      await until(() => after.heard.includes("last"));
      expect(before.heard).to.deep.equal(names(300));
      expect(after.heard).to.deep.equal([...names(300, "n"), "last"]);
    });
  }

  it("acknowledges nothing before it is durable: what was under way when it died comes again", async () => {
    const { url } = await broker();
    const stuck = read(url, {}, (text) => (text === "m3" ? new Promise(() => {}) : Promise.resolve()));
    await until(stuck.connected);
    await send(await publisher(url), names(6));
    await until(() => stuck.heard.length === 5);
    await stuck.close();
    const after = read(url);
    await until(() => after.heard.length >= 3);
    // m4 and m5 were durable, but their turn was after m3: duplicates are harmless, losses are not.
    expect(after.heard).to.deep.equal(["m3", "m4", "m5"]);
  });

  it("takes a bounded number into memory while its store is away, and everything when it is back", async () => {
    const { url } = await broker();
    const asked = new Set<string>();
    let [away, most] = [true, 0];
    const reader = read(url, {}, (text) => {
      asked.add(text);
      return away ? Promise.reject(new RetryableError("store-unreachable", "Away.")) : Promise.resolve();
    });
    await until(reader.connected);
    await send(await publisher(url), names(2 * WINDOW));
    await until(() => asked.size === WINDOW);
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      most = Math.max(most, asked.size);
    }
    expect(most).to.equal(WINDOW);
    expect(reader.warned.filter((text) => text.startsWith("messages wait for the store"))).to.have.length(1);
    away = false;
    await until(() => reader.heard.length === 2 * WINDOW);
    expect([...reader.heard].sort()).to.deep.equal(names(2 * WINDOW).sort());
  });

  it("leaves messages without room with the broker, but never so many that others cannot come", async () => {
    const { url } = await broker();
    const full = () => Promise.reject(new RetryableError("quota-full", "Full."));
    const reader = read(url, {}, (text) => (text.startsWith("stranger") ? full() : Promise.resolve()));
    await until(reader.connected);
    const device = await publisher(url);
    await send(device, [...names(2 * WINDOW, "stranger"), "good"]);
    await until(() => reader.heard.includes("good"));
    expect(reader.away).to.have.length(2 * WINDOW - HELD);
    await reader.close();
    const later = read(url);
    await until(() => later.heard.length >= HELD);
    expect(later.heard).to.deep.equal(names(HELD, "stranger"));
  });

  it("shares events with the other replica of its operator, each event to one, while other operators get all", async () => {
    const { url } = await broker();
    const share = "0xa";
    const [a, b] = ["a", "b"].map((name) => read(url, { share, clientId: `relayer-1-${name}` })) as [
      ReturnType<typeof read>,
      ReturnType<typeof read>,
    ];
    const other = read(url, { clientId: "relayer-2" });
    await until(() => a.connected() && b.connected() && other.connected());
    await send(await publisher(url), names(200));
    await until(() => a.heard.length + b.heard.length >= 200 && other.heard.length >= 200);
    expect([...a.heard, ...b.heard].sort()).to.deep.equal(names(200).sort());
    expect(Math.min(a.heard.length, b.heard.length)).to.be.above(20);
    expect(other.heard).to.deep.equal(names(200));
  });

  it("shares events among two processes with one store, and each event settles once", async () => {
    const { url } = await broker();
    const network = await createOrderNetwork({ members: 1, threshold: 1 });
    const [member] = network.network;
    const processes = [member!.relayer, network.replica(0, unfenced)];
    await processes[1]!.observe();
    const silent = { info: () => {}, warn: () => {}, error: () => {} };
    const readers = processes.map((inbox, i) => {
      const settings = { url, version: 5, clientId: `relayer-1-${String(i)}`, share: "0xa" } as const;
      const reader = connectMqtt({ settings, inbox, log: silent });
      ends.push(reader.close);
      return reader;
    });
    await until(() => readers.every(({ connected }) => connected()));
    const device = await publisher(url);
    const { topic, signJws } = network.device;
    const messages = names(10).map((name) => Buffer.from(signJws(deliveryOf(name, 1))));
    await Promise.all([...messages, ...messages].map((payload) => device.publishAsync(topic, payload, { qos: 1 })));
    const kept = () => member!.db.selectFrom("messages").select("status").execute();
    await until(async () => (await kept()).length === 20);
    await network.step(20);
    expect(network.chain.delivered(network.order)).to.equal(10n);
    expect((await kept()).map(({ status }) => status).sort()).to.deep.equal([
      ...names(10).map(() => "counted"),
      ...names(10).map(() => "duplicate"),
    ]);
  });

  it("loses nothing when the broker is killed and starts again, and goes on by itself", async () => {
    const server = await broker();
    let open = false;
    const reader = read(server.url, {}, async () => {
      if (!open) await new Promise(() => {});
    });
    await until(reader.connected);
    const device = await publisher(server.url, {
      clientId: "device",
      clean: false,
      properties: { sessionExpiryInterval: 60 },
    });
    await send(device, names(50));
    await server.save();
    await server.kill();
    await until(() => !reader.connected());
    open = true;
    await server.start();
    await until(() => reader.heard.length >= 50);
    await send(device, ["last"]);
    await until(() => reader.heard.includes("last"));
    expect(reader.heard).to.deep.equal([...names(50), "last"]);
  });

  it("says that a message was retained", async () => {
    const { url } = await broker();
    const device = await publisher(url);
    await device.publishAsync(TOPIC, "old", { qos: 1, retain: true });
    const flags: boolean[] = [];
    const reader = connectMqtt({
      settings: { url, version: 5, clientId: "relayer-1", share: null },
      inbox: {
        receive: ({ retained }) => Promise.resolve(void flags.push(retained)),
        turnAway: () => Promise.resolve(),
      },
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    ends.push(reader.close);
    await until(() => flags.length === 1);
    expect(flags).to.deep.equal([true]);
  });

  describe("with TLS", () => {
    let authority: ReturnType<typeof createAuthority>;
    let foreign: ReturnType<typeof createAuthority>;
    before(() => {
      [authority, foreign] = [createAuthority("Factory"), createAuthority("Somebody else")];
    });
    after(() => {
      authority.remove();
      foreign.remove();
    });
    const pem = (pair: { cert: string; key: string }, ca = authority.ca) => ({
      ca: readFileSync(ca, "utf8"),
      cert: readFileSync(pair.cert, "utf8"),
      key: readFileSync(pair.key, "utf8"),
    });

    it("shows its certificate, and checks the broker's", async () => {
      const { url } = await broker({ tls: { ...authority.issue("broker"), ca: authority.ca } });
      const tls = pem(authority.issue("relayer"));
      const reader = read(url, { tls });
      await until(reader.connected);
      await send(await publisher(url, tls), ["one"]);
      await until(() => reader.heard.length === 1);
    });

    it("is not let in with a certificate that has expired, is another authority's, or is missing, and says so", async () => {
      const { url } = await broker({ tls: { ...authority.issue("broker"), ca: authority.ca } });
      const { ca } = pem(authority.issue("relayer"));
      const wrong = [pem(authority.issue("expired", -1)), { ...pem(foreign.issue("foreign")), ca }, { ca }];
      for (const tls of wrong) {
        const reader = read(url, { tls });
        await until(() => reader.warned.length > 0);
        expect(reader.connected()).to.equal(false);
        expect(reader.warned[0]).to.match(/the broker does not answer/);
        await reader.close();
      }
    });

    it("hears nothing of a device whose certificate has expired, is another authority's, or is missing", async () => {
      const { url } = await broker({ tls: { ...authority.issue("broker"), ca: authority.ca } });
      const reader = read(url, { tls: pem(authority.issue("relayer")) });
      await until(reader.connected);
      const { ca } = pem(authority.issue("device"));
      const wrong = [pem(authority.issue("old-device", -1)), { ...pem(foreign.issue("other-device")), ca }, { ca }];
      for (const tls of wrong) {
        const refused = await mqtt.connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0, ...tls }).then(
          (client) => client.endAsync(true).then(() => false),
          () => true,
        );
        expect(refused).to.equal(true);
      }
      await send(await publisher(url, pem(authority.issue("good-device"))), ["good"]);
      await until(() => reader.heard.length > 0);
      expect(reader.heard).to.deep.equal(["good"]);
    });

    it("does not talk to a broker whose certificate has expired, or is another authority's", async () => {
      const tls = pem(authority.issue("relayer"));
      for (const [pair, says] of [
        [authority.issue("late", -1), /expired/],
        [foreign.issue("fake"), /self-signed|unable to (get|verify)|certificate/],
      ] as const) {
        const { url } = await broker({ tls: pair });
        const reader = read(url, { tls });
        await until(() => reader.warned.length > 0);
        expect(reader.connected()).to.equal(false);
        expect(reader.warned[0]).to.match(says);
        await reader.close();
      }
    });
  });
});
