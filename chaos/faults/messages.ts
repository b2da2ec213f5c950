import { newPrivateJwk } from "../../src/formats/signEvent.ts";
import { inOtherEnvelope, signText, topicOf } from "../devices.ts";
import type { Made, Message } from "../devices.ts";
import { pause } from "./fault.ts";
import type { FaultKind, FaultKinds, Stage } from "./fault.ts";

/** Something is sent that must not count. @param write the messages, in their order */
function bad(name: string, write: (stage: Stage) => Promise<Message[]>): FaultKind {
  return {
    lane: "messages",
    async run(stage) {
      for (const message of await write(stage)) await stage.traffic.publish(message);
      return name;
    },
  };
}

/** A good event that nobody sends: what is made of it must not count. */
async function unsent({ traffic }: Stage, more: Partial<Parameters<typeof traffic.make>[0]> = {}): Promise<Made> {
  return await traffic.make({ parcel: traffic.spare(), kind: "either", ...more });
}

/** One that was sent before. */
function earlier({ traffic, rng }: Stage): Made | null {
  return traffic.made.length === 0 ? null : rng.pick(traffic.made);
}

const jws = (one: Made, p: Partial<Parameters<typeof signText>[0]> = {}): Message => ({
  topic: one.message.topic,
  payload: signText({ text: JSON.stringify(one.event), jwk: one.jwk, ...p }),
});

/** Members of an event replaced. */
const changed = (name: string, more: (stage: Stage) => object): FaultKind =>
  bad(name, async (stage) => [jws(await unsent(stage, { more: more(stage) }))]);

function quantityOf(quantity: unknown, more: object = {}): object {
  return { quantityList: [{ epcClass: "https://id.gs1.org/01/00000000010009", quantity, ...more }] };
}

const hex = ({ rng }: Stage): string => Array.from({ length: 64 }, () => rng.nat(16).toString(16)).join("");

export const messageFaults: FaultKinds = {
  "message:doubled": {
    lane: "messages",
    async run(stage) {
      const one = earlier(stage);
      if (one === null) return null;
      const times = 2 + stage.rng.nat(8);
      await Promise.all(Array.from({ length: times }, () => stage.traffic.publish(one.message)));
      return "message:doubled";
    },
  },
  "message:replayed-later": {
    lane: "messages",
    async run({ traffic, rng }) {
      const old = traffic.made.slice(0, Math.ceil(traffic.made.length / 3));
      if (old.length === 0) return null;
      for (let count = 1 + rng.nat(4); count > 0; count--) await traffic.publish(rng.pick(old).message);
      return "message:replayed-later";
    },
  },
  "message:other-envelope": {
    lane: "messages",
    async run(stage) {
      const one = earlier(stage);
      if (one === null) return null;
      for (const form of ["jws", "cose", "cose-cbor"] as const)
        await stage.traffic.publish(await inOtherEnvelope(one, form));
      return "message:other-envelope";
    },
  },
  "message:reordered": {
    lane: "messages",
    async run({ traffic, rng }) {
      const some = [await traffic.next(), await traffic.next(), await traffic.next()].flatMap((one) => one ?? []);
      if (some.length < 2) return null;
      for (const one of some.reverse()) {
        await pause(rng.nat(400));
        await traffic.send(one);
      }
      return "message:reordered";
    },
  },
  // It gets lost before it reaches the broker; the device has no acknowledgement and sends it later.
  "message:dropped": {
    lane: "messages",
    async run({ traffic, rng }) {
      const one = await traffic.next();
      if (one === null) return null;
      await pause(1_000 + rng.nat(2_000));
      await traffic.send(one);
      return "message:dropped";
    },
  },
  // Whoever listens now gets it as it is; whoever subscribes later gets an old message, and must refuse it.
  "message:retained": {
    lane: "messages",
    async run(stage) {
      const one = await unsent(stage);
      stage.traffic.made.push(one);
      one.sent.acknowledged = await stage.traffic.publish(one.message, true);
      return "message:retained";
    },
  },
  "bad:two-contents": {
    lane: "messages",
    async run(stage) {
      const { traffic, rng } = stage;
      const first = await unsent(stage);
      const rival = await unsent(stage, { jwk: first.jwk, eventId: first.sent.eventId });
      traffic.made.push(first, rival);
      await traffic.publish(first.message);
      await pause(rng.nat(3_000));
      await traffic.publish(rival.message);
      return "bad:two-contents";
    },
  },
  "bad:high-s": bad("bad:high-s", async (stage) => [jws(await unsent(stage), { highS: true })]),
  "bad:wrong-topic": bad("bad:wrong-topic", async (stage) => {
    const one = await unsent(stage);
    const others = stage.scene.trade.devices.filter((jwk) => jwk !== one.jwk);
    return [{ ...one.message, topic: topicOf(stage.rng.pick(others)) }];
  }),
  "bad:other-key": bad("bad:other-key", async (stage) => {
    const one = await unsent(stage);
    return [jws(one, { jwk: await newPrivateJwk(), header: { kid: one.message.topic.split("/")[2] } })];
  }),
  "bad:unregistered-device": bad("bad:unregistered-device", async (stage) => {
    return [(await unsent(stage, { jwk: await newPrivateJwk() })).message];
  }),
  "bad:revoked-device": bad("bad:revoked-device", async (stage) => {
    return [(await unsent(stage, { jwk: stage.scene.revoked })).message];
  }),
  "bad:algorithm": bad("bad:algorithm", async (stage) => {
    const one = await unsent(stage);
    return ["none", "HS256", "ES256K", "RS256"].map((alg) => jws(one, { header: { alg } }));
  }),
  "bad:header": bad("bad:header", async (stage) => {
    const one = await unsent(stage);
    return [{ crit: ["exp"], exp: 1 }, { jku: "https://a.invalid" }, { b64: false }].map((header) =>
      jws(one, { header }),
    );
  }),
  "bad:too-large": changed("bad:too-large", () => ({ padding: "x".repeat(70_000) })),
  "bad:nested": bad("bad:nested", async (stage) => {
    const one = await unsent(stage);
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    return [jws(one, { text: JSON.stringify({ ...one.event, deep: 0 }).replace('"deep":0', `"deep":${deep}`) })];
  }),
  "bad:name-twice": bad("bad:name-twice", async (stage) => {
    const one = await unsent(stage);
    return [jws(one, { text: JSON.stringify(one.event).replace("{", '{"action":"OBSERVE",') })];
  }),
  "bad:broken-cbor": bad("bad:broken-cbor", async (stage) => {
    const { message } = await unsent(stage, { form: "cose-cbor" });
    const cut = message.payload.slice(0, 20 + stage.rng.nat(message.payload.length - 40));
    return [{ ...message, payload: cut }];
  }),
  "bad:garbage": bad("bad:garbage", async (stage) => {
    const { message } = await unsent(stage);
    return [{ ...message, payload: Uint8Array.from({ length: 1 + stage.rng.nat(2_000) }, () => stage.rng.nat(256)) }];
  }),
  "bad:changed-byte": bad("bad:changed-byte", async (stage) => {
    const { message } = await unsent(stage, { form: "jws" });
    const text = Buffer.from(message.payload).toString();
    // A digit of the quantity, deep in the payload: the signature is not over this.
    const [head = "", payload = "", signature = ""] = text.split(".");
    const said = Buffer.from(payload, "base64url")
      .toString()
      .replace(/"quantity":\d/, '"quantity":9');
    const other = Buffer.from(said.replace("OBSERVE", "ADD")).toString("base64url");
    return [{ ...message, payload: Buffer.from([head, other, signature].join(".")) }];
  }),
  "bad:other-chain": changed("bad:other-chain", (stage) => ({
    bizTransactionList: [{ type: "po", bizTransaction: `urn:factorychain:order:0x${hex(stage)}` }],
  })),
  "bad:unknown-order": changed("bad:unknown-order", () => ({
    bizTransactionList: [{ type: "po", bizTransaction: "https://orders.invalid/PO-99999" }],
  })),
  "bad:future": bad("bad:future", async (stage) => {
    return [(await unsent(stage, { time: Math.floor(Date.now() / 1000) + 20 * 86_400 })).message];
  }),
  "bad:after-expiry": bad("bad:after-expiry", async (stage) => {
    return [(await unsent(stage, { time: Math.floor(Date.now() / 1000) + 90 * 86_400 })).message];
  }),
  "bad:unknown-item": changed("bad:unknown-item", () => ({
    quantityList: [{ epcClass: "https://id.gs1.org/01/00000000099994", quantity: 5 }],
  })),
  "bad:unit": changed("bad:unit", () => quantityOf(5, { uom: "KGM" })),
  "bad:quantity": bad("bad:quantity", async (stage) => {
    const wrong = await Promise.all(
      [-5, 0, 1.5, 1e300, "7"].map((quantity) => unsent(stage, { more: quantityOf(quantity) })),
    );
    return wrong.map((one) => jws(one));
  }),
  "bad:not-a-delivery": changed("bad:not-a-delivery", () => ({ bizStep: "shipping", action: "DELETE" })),
};
