import { expect } from "chai";
import { array, bstr, cborOf, map } from "../support/cbor.ts";
import { createDevice } from "../support/device.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { NOW } from "../support/relayerNetwork.ts";

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Every member gets a message, as from the broker. */
async function fixture() {
  const network = await createOrderNetwork();
  const { device } = network;
  const send = async (payload: Uint8Array, more: { topic?: string; retained?: boolean } = {}) => {
    for (const { relayer } of network.network) {
      await relayer.receive({ topic: device.topic, retained: false, payload, ...more });
    }
  };
  const last = async () => {
    const row = (await network.messages()).at(-1);
    return `${row?.status ?? ""} ${row?.reason ?? ""}`.trim();
  };
  return { ...network, send, last };
}

type Place = Awaited<ReturnType<typeof fixture>>;
type Sent = [Uint8Array, { topic?: string; retained?: boolean }?];

/** The text of a payload under a true signature of the device. */
function signText({ device }: Place, payload: string): Uint8Array {
  const parts = [JSON.stringify({ alg: "ES256", kid: device.kid }), payload];
  const signed = parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
  return Buffer.from(`${signed}.${device.signBytes(Buffer.from(signed)).toString("base64url")}`);
}

function highS(message: Uint8Array): Uint8Array {
  const parts = Buffer.from(message).toString().split(".");
  const signature = Buffer.from(parts[2] ?? "", "base64url");
  const s = ORDER - BigInt(`0x${signature.subarray(32).toString("hex")}`);
  const twin = Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex")]);
  return Buffer.from([parts[0], parts[1], twin.toString("base64url")].join("."));
}

const json = JSON.stringify(deliveryOf("bad", 3));

/** What is sent, and what becomes of it; whatever it is, the next true event counts, and this one never. */
const CASES: Record<string, { message: (place: Place) => Sent; fate: string }> = {
  "the high-s twin of a good signature": {
    message: ({ device }) => [highS(device.signJws(deliveryOf("bad", 3)))],
    fate: "refused signature",
  },
  "another device's signature": {
    message: ({ device }) => [createDevice().signJws(deliveryOf("bad", 3), { kid: device.kid })],
    fate: "refused signature",
  },
  "the algorithm none": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3), { alg: "none" })],
    fate: "refused unsupported",
  },
  "an algorithm with a shared secret": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3), { alg: "HS256" })],
    fate: "refused unsupported",
  },
  "the other curve's algorithm": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3), { alg: "ES256K" })],
    fate: "refused signature",
  },
  "a header that brings its own key": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3), { jwk: {} })],
    fate: "refused header",
  },
  "a retained message": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3)), { retained: true }],
    fate: "refused retained",
  },
  "another device's topic": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3)), { topic: createDevice().topic }],
    fate: "refused topic",
  },
  "a topic that is none of a device's": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3)), { topic: `${device.topic}/\u0000more` }],
    fate: "refused topic",
  },
  "a message that is too large": {
    message: ({ device }) => [device.signJws(deliveryOf("bad", 3, { note: "x".repeat(70_000) }))],
    fate: "refused too-large",
  },
  "broken CBOR": {
    message: ({ device }) => [
      device.signCose(cborOf(deliveryOf("bad", 3)).subarray(0, 40), { sealed: sealedCbor(device) }),
    ],
    fate: "refused malformed",
  },
  "a COSE message that is cut off": {
    message: ({ device }) => [device.signCose(cborOf(deliveryOf("bad", 3))).subarray(0, 60)],
    fate: "refused malformed",
  },
  "a COSE message without a signature": {
    message: ({ device }) => [array(bstr(sealedCbor(device)), map(), bstr(cborOf({})), bstr(Buffer.alloc(0)))],
    fate: "refused signature",
  },
  "a name that stands twice": {
    message: (place) => [signText(place, json.replace("{", '{"eventID":"other",'))],
    fate: "refused malformed",
  },
  "deep nesting": {
    message: (place) => [signText(place, json.replace("{", `{"deep":${"[".repeat(5_000)}${"]".repeat(5_000)},`))],
    fate: "refused malformed",
  },
  "an order of another chain": {
    message: ({ device }) => {
      const bizTransaction = `urn:factorychain:order:0x${"ab".repeat(32)}`;
      return [device.signJws(deliveryOf("bad", 3, { bizTransactionList: [{ type: "po", bizTransaction }] }))];
    },
    fate: "waiting order-unknown",
  },
};

function sealedCbor(device: Place["device"]): Uint8Array {
  const { alg, contentType, kid } = device.headers(60);
  return map(alg, contentType, kid);
}

describe("bad input", () => {
  for (const [name, { message, fate }] of Object.entries(CASES)) {
    it(`${name}: ${fate}, kept, and never paid`, async () => {
      const place = await fixture();
      const { device, send, last, step, chain, order, network } = place;
      const [payload, more] = message(place);
      await send(payload, more);
      await step(2);
      expect(await last()).to.equal(fate);
      await send(device.signJws(deliveryOf("good", 2)));
      await step(20);
      expect(chain.delivered(order)).to.equal(2n);
      const listed = (await network[0]!.relayer.api.inject("/v1/refused")).json<{ reason: string }[]>();
      expect(listed.map(({ reason }) => `refused ${reason}`)).to.deep.equal(fate.startsWith("refused") ? [fate] : []);
    });
  }

  it("events out of order, doubled, and in another order at each relayer, count once each", async () => {
    const { device, network, step, chain, order } = await fixture();
    const events = Array.from({ length: 5 }, (_, i) => device.signJws(deliveryOf(`e${String(i)}`, 1)));
    for (const [index, { relayer }] of network.entries()) {
      const mixed = [...events.slice(index), ...events, ...events.slice(0, index).reverse()];
      await Promise.all(mixed.map((payload) => relayer.receive({ topic: device.topic, payload, retained: false })));
    }
    await step(20);
    expect(chain.delivered(order)).to.equal(5n);
  });

  it("an event that is sent again after days, when all but its key is gone, is not paid again", async () => {
    const { device, send, network, step, chain, order } = await fixture();
    const payload = device.signJws(deliveryOf("a", 4));
    await send(payload);
    await step(20);
    for (const { db } of network) {
      await db.deleteFrom("messages").execute();
      await db.deleteFrom("events").execute();
    }
    await send(payload);
    await step(20);
    expect(chain.delivered(order)).to.equal(4n);
    await send(device.signJws(deliveryOf("a", 5)));
    await send(device.signJws(deliveryOf("b", 1)));
    await step(20);
    expect(chain.delivered(order)).to.equal(5n);
  });

  it("an event ahead of the chain by more than the skew waits until the chain is there, whatever the relayer's clock says", async () => {
    const { device, send, last, step, chain, order } = await fixture();
    const time = (seconds: number) => new Date((NOW + seconds) * 1000).toISOString();
    await send(device.signJws(deliveryOf("early", 1, { eventTime: time(400) })));
    await step(1);
    expect(await last()).to.equal("waiting in-future");
    expect(chain.delivered(order)).to.equal(0n);
    for (let i = 0; i < 200 && chain.delivered(order) === 0n; i++) await step(1);
    expect(chain.delivered(order)).to.equal(1n);
    expect(chain.blocks.at(-1)!.time + 300).to.be.at.least(NOW + 400);
  });
});
