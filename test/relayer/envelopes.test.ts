import { expect } from "chai";
import { array, bstr, cborOf, int, map, NULL } from "../support/cbor.ts";
import { createDevice } from "../support/device.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";

const json = (value: object) => Buffer.from(JSON.stringify(value));

describe("a relayer's inbox, whatever the envelope", () => {
  it("counts one event once, in a JWS, in COSE as JSON and in COSE as CBOR, of devices on both curves", async () => {
    const network = await createOrderNetwork();
    const other = createDevice({ curve: "secp256k1" });
    network.enrol(other, 1);
    await network.step(1);
    for (const [index, device] of [network.device, other].entries()) {
      const event = deliveryOf(`urn:uuid:${String(index)}`, 2);
      const { alg, contentType, kid } = device.headers(60);
      const payloads = [
        device.signCose(cborOf(event), { sealed: map(alg, contentType, kid) }),
        device.signJws(event),
        device.signCose(json(event), { tagged: false, open: map(kid), sealed: map(alg) }),
      ];
      for (const payload of payloads) {
        for (const { relayer } of network.network)
          await relayer.receive({ topic: device.topic, payload, retained: false });
      }
    }
    await network.step(12);
    const found = (await network.messages()).map(({ eventId, status }) => `${eventId} ${status}`);
    expect(found).to.deep.equal(
      ["urn:uuid:0", "urn:uuid:1"].flatMap((id) => [`${id} counted`, `${id} duplicate`, `${id} duplicate`]),
    );
    expect(network.chain.delivered(network.order)).to.equal(4n);
  });

  it("refuses the other curve's algorithm, and says so", async () => {
    const { network, device, enrol, step } = await createOrderNetwork();
    const other = createDevice({ curve: "secp256k1" });
    enrol(other, 1);
    await step(1);
    const relayer = network[0]!.relayer;
    const { contentType, kid } = device.headers();
    const confused = device.signCose(json(deliveryOf("a", 1)), { sealed: map([int(1), int(-47)], contentType, kid) });
    await relayer.receive({ topic: device.topic, payload: confused, retained: false });
    const jws = other.signJws(deliveryOf("b", 1), { alg: "ES256" });
    await relayer.receive({ topic: other.topic, payload: jws, retained: false });
    const kept = (await relayer.api.inject("/v1/messages")).json<{ reason: string; detail: string }[]>();
    expect(kept.map(({ reason, detail }) => `${reason}: ${detail}`)).to.deep.equal([
      "signature: The signature is not the device's. It says ES256K, and the device's key is on P-256.",
      "signature: The signature is not the device's. It says ES256, and the device's key is on secp256k1.",
    ]);
  });

  it("keeps what is refused, with its reason and the id that it claims", async () => {
    const { network, device, messages } = await createOrderNetwork();
    const { alg, kid } = device.headers();
    const event = deliveryOf("urn:uuid:9", 1);
    const sealed = bstr(map(alg, kid));
    for (const payload of [
      device.signCose(json(event), { sealed: map(alg, kid, [int(2), array(int(1))]) }),
      device.signCose(json(event), { sealed: map(alg, kid), open: map(kid) }),
      device.signCose(json(event), { sealed: map([int(1), int(-8)], kid) }),
      device.signCose(Buffer.concat([json(event), Buffer.from("{}")]), { sealed: map(alg, kid) }),
      array(sealed, map(), NULL, bstr(Buffer.alloc(64, 1))),
      Buffer.concat([Buffer.from([0x84]), Buffer.alloc(60_000, 0x81)]),
      Buffer.concat([Buffer.from([0xd2]), Buffer.alloc(70_000)]),
    ])
      await network[0]!.relayer.receive({ topic: device.topic, payload, retained: false });
    const kept = await messages();
    expect(kept.map(({ eventId, status, reason }) => [eventId, status, reason])).to.deep.equal([
      ["urn:uuid:9", "refused", "header"],
      ["urn:uuid:9", "refused", "header"],
      ["urn:uuid:9", "refused", "unsupported"],
      [null, "refused", "malformed"],
      [null, "refused", "malformed"],
      [null, "refused", "malformed"],
      [null, "refused", "too-large"],
    ]);
  });
});
