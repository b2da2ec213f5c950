import { expect } from "chai";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { createDevice } from "../support/device.ts";
import type { Device } from "../support/device.ts";
import { LGTIN, makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";

async function fixture() {
  const network = await createOrderNetwork();
  const { device } = network;
  const event = (fields: object = {}) => deliveryOf("e1", 1, fields);

  /** What becomes of one message at a relayer. */
  async function fate(message: { payload: Uint8Array; topic?: string; retained?: boolean }): Promise<string> {
    await network.network[0]?.relayer.receive({ topic: device.topic, retained: false, ...message });
    await network.step(12);
    const last = (await network.messages()).at(-1);
    return `${last?.status ?? ""} ${last?.reason ?? ""}`.trim();
  }
  return { ...network, event, fate };
}

/** Another device's message under this one's id. */
function forge(device: Device, payload: object): Uint8Array {
  return createDevice().signJws(payload, { kid: device.kid });
}

describe("a relayer's inbox", () => {
  it("refuses a forged signature, and the true event still counts", async () => {
    const { fate, device, event } = await fixture();
    expect(await fate({ payload: forge(device, event()) })).to.equal("refused signature");
    expect(await fate({ payload: device.signJws(event()) })).to.equal("counted");
  });

  it("refuses a retained message", async () => {
    const { fate, device, event } = await fixture();
    expect(await fate({ payload: device.signJws(event()), retained: true })).to.equal("refused retained");
  });

  it("refuses a message on another device's topic", async () => {
    const { fate, device, event } = await fixture();
    const topic = createDevice().topic;
    expect(await fate({ payload: device.signJws(event()), topic })).to.equal("refused topic");
  });

  it("refuses what is no message at all", async () => {
    const { fate } = await fixture();
    expect(await fate({ payload: Buffer.from("hello") })).to.match(/^refused (malformed|unsupported)$/);
    expect(await fate({ payload: Buffer.alloc(0) })).to.match(/^refused (malformed|unsupported)$/);
    expect(await fate({ payload: Buffer.alloc(70_000, "e") })).to.equal("refused too-large");
  });

  it("lets an event of an unregistered device wait until it is registered", async () => {
    const { fate, enrol, event, step, messages } = await fixture();
    const late = createDevice();
    expect(await fate({ payload: late.signJws(event()), topic: late.topic })).to.equal("waiting device-unknown");
    enrol(late, 1);
    await step(12);
    expect((await messages()).at(-1)?.status).to.equal("counted");
  });

  it("lets an event of an unknown order wait", async () => {
    const { fate, device, event } = await fixture();
    const bizTransactionList = [{ type: "po", bizTransaction: orderUri("PO-2") }];
    expect(await fate({ payload: device.signJws(event({ bizTransactionList })) })).to.equal("waiting order-unknown");
  });

  it("lets the buyer's order wait when a device of another organisation reports on it", async () => {
    const { fate, enrol, event, step } = await fixture();
    const foreign = createDevice();
    enrol(foreign, 3);
    await step(1);
    expect(await fate({ payload: foreign.signJws(event()), topic: foreign.topic })).to.equal("waiting order-unknown");
  });

  it("lets an event from the future wait", async () => {
    const { fate, device, event } = await fixture();
    const eventTime = new Date((NOW + 1000) * 1000).toISOString();
    expect(await fate({ payload: device.signJws(event({ eventTime })) })).to.equal("waiting in-future");
  });

  it("refuses an event after the order's expiry", async () => {
    const { chain, network, step, device, event, fate } = await fixture();
    const { terms, document } = makeOrder({ number: "PO-3", expiry: NOW + 2 });
    chain.createOrder(terms);
    await network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
    await step(2);
    const bizTransactionList = [{ type: "po", bizTransaction: orderUri("PO-3") }];
    const eventTime = new Date((NOW + 10) * 1000).toISOString();
    expect(await fate({ payload: device.signJws(event({ bizTransactionList, eventTime })) })).to.equal(
      "refused after-expiry",
    );
  });

  it("refuses an event outside the device's validity, and of a revoked device", async () => {
    const { fate, device, event, chain, step } = await fixture();
    const eventTime = new Date((NOW - 2000) * 1000).toISOString();
    expect(await fate({ payload: device.signJws(event({ eventTime })) })).to.equal("refused device-validity");
    chain.emit("deviceRegistry", "DeviceRevoked", [device.id, 1]);
    await step(1);
    expect(await fate({ payload: device.signJws(event({ eventID: "e2" })) })).to.equal("refused device-revoked");
  });

  it("refuses an event of a closed order", async () => {
    const { fate, device, event, chain, order, step } = await fixture();
    chain.emit("supplierEscrow", "OrderClosed", [order, 0]);
    await step(1);
    expect(await fate({ payload: device.signJws(event()) })).to.equal("refused order-closed");
  });

  it("refuses an item that the order does not have", async () => {
    const { fate, device, event } = await fixture();
    const quantityList = [{ epcClass: "urn:epc:class:lgtin:8801234.099999.A1", quantity: 1 }];
    expect(await fate({ payload: device.signJws(event({ quantityList })) })).to.equal("refused unknown-item");
  });

  it("refuses a quantity finer than the line's scale", async () => {
    const { fate, device, event } = await fixture();
    const quantityList = [{ epcClass: LGTIN, quantity: 0.5 }];
    expect(await fate({ payload: device.signJws(event({ quantityList })) })).to.equal("refused scale");
  });

  it("does not acknowledge more than its quota of messages of unregistered devices", async () => {
    const { network, event } = await fixture();
    const receive = (i: number) => {
      const device = createDevice();
      const payload = device.signJws(event({ eventID: `e${String(i)}` }));
      return network[0]?.relayer.receive({ topic: device.topic, payload, retained: false });
    };
    for (let i = 0; i < 5; i++) await receive(i);
    let refusal: unknown;
    await receive(5)?.catch((error: unknown) => (refusal = error));
    expect(refusal).to.have.property("code", "quota-full");
  });
});

describe("a relayer's order documents", () => {
  const post = (network: Awaited<ReturnType<typeof fixture>>["network"], payload: object) =>
    network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload });

  it("answers 200 to what it knows and 409 to a second order of the same number", async () => {
    const { network, document } = await fixture();
    expect((await post(network, document))?.statusCode).to.equal(200);
    const again = await post(network, makeOrder({ quantity: 11n }).document);
    expect(again?.statusCode).to.equal(409);
    expect(again?.json()).to.include({ title: "order-number-taken", status: 409 });
  });

  it("answers 422 to a document that does not fit itself", async () => {
    const { network, document } = await fixture();
    const sheet = { ...document.sheet, number: "PO-9" };
    expect((await post(network, { ...document, sheet }))?.statusCode).to.equal(422);
    expect((await post(network, { ...document, escrow: "0x12" }))?.statusCode).to.equal(422);
    expect((await post(network, {}))?.statusCode).to.equal(422);
  });
});
