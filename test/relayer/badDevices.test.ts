import type { AddressInfo } from "node:net";
import { expect } from "chai";
import mqtt from "mqtt";
import { connectMqtt } from "../../src/relayer/mqtt.ts";
import { runCli } from "../cli/run.ts";
import { cborOf, int, map, tstr } from "../support/cbor.ts";
import { createDevice } from "../support/device.ts";
import type { Device } from "../support/device.ts";
import { describeMosquitto, startOwnMosquitto } from "../support/mosquitto.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { NOW } from "../support/relayerNetwork.ts";
import { until } from "../support/until.ts";

const ORDERS = {
  "P-256": 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  secp256k1: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
};
const ALGORITHMS = { "P-256": { jws: "ES256", cose: -7 }, secp256k1: { jws: "ES256K", cose: -47 } };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

type Curve = keyof typeof ORDERS;
type Transport = "MQTT" | "POST /v1/events";
type Envelope = "JWS" | "COSE";
interface Sent {
  message: Uint8Array;
  topic?: string;
}

/** How a device writes in one of the envelopes; the payload is what the envelope usually holds, JSON or CBOR. */
function writer(envelope: Envelope, curve: Curve) {
  const other = curve === "P-256" ? "secp256k1" : "P-256";
  const isJws = envelope === "JWS";
  /** Any bytes under a true signature. */
  function sign(device: Device, payload: Uint8Array, header: { alg?: string | number; kid?: Device } = {}): Uint8Array {
    const { alg = isJws ? ALGORITHMS[device.curve].jws : ALGORITHMS[device.curve].cose, kid = device } = header;
    if (!isJws) {
      const named = [int(1), typeof alg === "number" ? int(alg) : tstr(alg)] as const;
      return device.signCose(payload, { sealed: map(named, device.headers(60).contentType, kid.headers().kid) });
    }
    const parts = [Buffer.from(JSON.stringify({ alg, kid: kid.kid })), payload];
    const signed = parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
    return Buffer.from(`${signed}.${device.signBytes(Buffer.from(signed)).toString("base64url")}`);
  }
  const encode = (event: object): Buffer => (isJws ? Buffer.from(JSON.stringify(event)) : cborOf(event));
  const twice = (event: object): Buffer => {
    const bytes = encode(event);
    if (isJws) return Buffer.from(bytes.toString().replace("{", '{"eventID":"other",'));
    return Buffer.concat([Buffer.from([bytes[0]! + 1]), tstr("eventID"), tstr("other"), bytes.subarray(1)]);
  };
  const deep = (): Buffer =>
    isJws ? Buffer.from("[".repeat(5_000) + "]".repeat(5_000)) : Buffer.from([...Array<number>(5_000).fill(0x81), 0]);
  const unsupported = isJws ? ["none", "HS256", "RS256"] : [-257, -8, "ES256"];

  function highS(message: Uint8Array): Uint8Array {
    const at = isJws ? Buffer.from(message).lastIndexOf(".") + 1 : message.length - 64;
    const tail = Buffer.from(message.subarray(at));
    const signature = isJws ? Buffer.from(tail.toString(), "base64url") : tail;
    const s = ORDERS[curve] - BigInt(`0x${signature.subarray(32).toString("hex")}`);
    const twin = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
    return Buffer.concat([message.subarray(0, at), isJws ? Buffer.from(twin.toString("base64url")) : twin]);
  }
  return { sign, encode, twice, deep, unsupported, highS, other, write: (d: Device, e: object) => sign(d, encode(e)) };
}

/** One network, in which these come one after the other; its order is of 10 pieces, of which 1 is delivered by the book. */
async function createScene(transport: Transport, envelope: Envelope, curve: Curve) {
  const place = await createOrderNetwork();
  const { network, chain, step } = place;
  const [device, revoked, late, stranger, unknown] = Array.from({ length: 5 }, () => createDevice({ curve })) as [
    Device,
    Device,
    Device,
    Device,
    Device,
  ];
  for (const one of [device, revoked, late]) place.enrol(one, 1);
  place.enrol(stranger, 3);
  chain.emit("deviceRegistry", "DeviceRevoked", [revoked.id, 1]);
  await step(2);
  const { api } = network[0]!.relayer;
  await api.listen({ host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${String((api.addresses()[0] as AddressInfo).port)}`;
  const ends: (() => Promise<unknown>)[] = [() => api.close()];
  let publish: (sent: Sent) => Promise<unknown>;
  const retained: string[] = [];
  const kept = () =>
    network[0]!.db.selectFrom("messages").select(["id", "status", "reason", "detail"]).orderBy("id").execute();

  if (transport === "MQTT") {
    const broker = await startOwnMosquitto();
    const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
    const old = writer(envelope, curve).write(device, deliveryOf("retained", 3));
    await client.publishAsync(device.topic, Buffer.from(old), { qos: 1, retain: true });
    const readers = network.map(({ relayer }, i) => {
      const settings = { url: broker.url, version: 5, clientId: `relayer-${String(i)}`, share: null } as const;
      return connectMqtt({ settings, inbox: relayer, log: silent });
    });
    ends.push(...readers.map((reader) => reader.close), () => client.endAsync(true), broker.remove);
    await until(async () => (await kept()).length === 1);
    retained.push(...(await kept()).map(({ status, reason }) => `${status} ${reason ?? ""}`));
    publish = ({ message, topic = device.topic }) => client.publishAsync(topic, Buffer.from(message), { qos: 1 });
  } else {
    publish = ({ message }) => {
      const type = message[0] === 0x65 ? "application/jose" : "application/cose";
      const headers = { "content-type": type };
      return fetch(`${url}/v1/events`, { method: "POST", headers, body: Buffer.from(message) });
    };
  }

  /** Sends it, lets a block pass, and says what became of it. */
  async function fate(sent: Sent): Promise<string> {
    const before = (await kept()).at(-1)?.id ?? 0;
    await publish(sent);
    const found = async () => (await kept()).find(({ id }) => id > before);
    await until(async () => (await found()) !== undefined);
    await step(1);
    const { status, reason } = (await found())!;
    return `${status} ${reason ?? ""}`.trim();
  }
  return { ...place, device, revoked, late, stranger, unknown, fate, retained, url, ends };
}

describeMosquitto("devices that do wrong", () => {
  for (const transport of ["MQTT", "POST /v1/events"] as const)
    for (const envelope of ["JWS", "COSE"] as const)
      for (const curve of ["P-256", "secp256k1"] as const)
        describe(`by ${transport}, in ${envelope}, with ${ALGORITHMS[curve].jws}`, () => {
          let scene: Awaited<ReturnType<typeof createScene>>;
          const by = writer(envelope, curve);
          let refused = 0;
          before(async () => {
            scene = await createScene(transport, envelope, curve);
            refused = scene.retained.length;
            expect(await scene.fate({ message: by.write(scene.device, deliveryOf("good", 1)) })).to.match(
              /pending|counted/,
            );
            await scene.step(12);
          });
          after(async () => {
            for (const end of scene.ends) await end();
            await scene.close();
          });

          async function expectFate(expected: string, sent: Sent): Promise<void> {
            expect(await scene.fate(sent)).to.equal(expected);
            if (expected.startsWith("refused")) refused++;
          }
          const bad = (more: object = {}, id = "bad"): object => deliveryOf(id, 3, more);

          it("a duplicate is harmless", () =>
            expectFate("duplicate", { message: by.write(scene.device, deliveryOf("good", 1)) }));
          it("the same event in the other envelope is a duplicate", () =>
            expectFate("duplicate", {
              message: writer(envelope === "JWS" ? "COSE" : "JWS", curve).write(scene.device, deliveryOf("good", 1)),
            }));
          it("other content under the same id: what was confirmed stands", () =>
            expectFate("refused conflict", { message: by.write(scene.device, bad({}, "good")) }));
          it("the high-s twin of a good signature", () =>
            expectFate("refused signature", { message: by.highS(by.write(scene.device, bad())) }));
          it("another device's signature", () =>
            expectFate("refused signature", {
              message: by.sign(scene.unknown, by.encode(bad()), { kid: scene.device }),
            }));
          it("the algorithm of the other curve", () =>
            expectFate("refused signature", {
              message: by.sign(scene.device, by.encode(bad()), {
                alg: ALGORITHMS[by.other as Curve][envelope === "JWS" ? "jws" : "cose"],
              }),
            }));
          it("algorithms that are none of ours", async () => {
            for (const alg of by.unsupported)
              await expectFate("refused unsupported", { message: by.sign(scene.device, by.encode(bad()), { alg }) });
          });
          it("a revoked key", () =>
            expectFate("refused device-revoked", {
              message: by.write(scene.revoked, bad({}, "revoked")),
              topic: scene.revoked.topic,
            }));
          it("a registration that has expired", () => {
            const eventTime = new Date((NOW - 2_000) * 1000).toISOString();
            return expectFate("refused device-validity", {
              message: by.write(scene.late, bad({ eventTime }, "late")),
              topic: scene.late.topic,
            });
          });
          it("a device that nobody registered waits", () =>
            expectFate("waiting device-unknown", {
              message: by.write(scene.unknown, bad({}, "unknown")),
              topic: scene.unknown.topic,
            }));
          it("a device of somebody who is not the buyer waits for an order of its own", () =>
            expectFate("waiting order-unknown", {
              message: by.write(scene.stranger, bad({}, "stranger")),
              topic: scene.stranger.topic,
            }));
          it("an order of another chain waits", () => {
            const bizTransaction = `urn:factorychain:order:0x${"ab".repeat(32)}`;
            const event = bad({ bizTransactionList: [{ type: "po", bizTransaction }] }, "elsewhere");
            return expectFate("waiting order-unknown", { message: by.write(scene.device, event) });
          });
          it("a message that is too large", () =>
            expectFate("refused too-large", { message: by.write(scene.device, bad({ note: "x".repeat(70_000) })) }));
          it("a payload that is cut off", () =>
            expectFate("refused malformed", { message: by.sign(scene.device, by.encode(bad()).subarray(0, 40)) }));
          it("a message that is cut off", async () => {
            const message = by.write(scene.device, bad());
            const reason = envelope === "JWS" ? "signature" : "malformed";
            await expectFate(`refused ${reason}`, { message: message.subarray(0, message.length - 22) });
          });
          it("a name that stands twice", () =>
            expectFate("refused malformed", { message: by.sign(scene.device, by.twice(bad())) }));
          it("nesting that is too deep", () =>
            expectFate("refused malformed", { message: by.sign(scene.device, by.deep()) }));
          if (transport === "MQTT") {
            it("another device's topic, and a topic that is none of a device's", async () => {
              const message = by.write(scene.device, bad());
              await expectFate("refused topic", { message, topic: scene.late.topic });
              await expectFate("refused topic", { message, topic: "factorychain/devices/x/events" });
            });
            it("a retained message", () => {
              expect(scene.retained).to.deep.equal(["refused retained"]);
            });
          }

          it("events out of order count, and so does what is true after all that; nothing else ever does", async () => {
            for (const sequence of [3, 1, 2]) {
              const event = deliveryOf(`s${String(sequence)}`, 1, { "factorychain:sequence": sequence });
              await scene.fate({ message: by.write(scene.device, event) });
            }
            await scene.step(20);
            expect(scene.chain.delivered(scene.order)).to.equal(4n);
          });

          it("is listed with its reasons", async () => {
            const { stdout, code } = await runCli("relayer", "refused", "--url", scene.url, "--json");
            const listed = JSON.parse(stdout) as { reason: string; detail: string }[];
            expect(code).to.equal(0);
            expect(listed).to.have.length(refused);
            for (const { reason, detail } of listed) expect(`${reason}: ${detail}`).to.match(/^[a-z-]+: .{10,}/);
          });

          it("an event that comes again after days, when all but its key is gone, is not paid again", async () => {
            for (const { db } of scene.network) {
              await db.deleteFrom("messages").execute();
              await db.deleteFrom("events").execute();
            }
            await scene.fate({ message: by.write(scene.device, deliveryOf("good", 1)) });
            await scene.fate({ message: by.write(scene.device, bad({}, "s1")) });
            await scene.step(20);
            expect(scene.chain.delivered(scene.order)).to.equal(4n);
          });
        });
});
