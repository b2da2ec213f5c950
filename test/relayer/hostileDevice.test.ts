import { expect } from "chai";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { createDevice } from "../support/device.ts";
import { failureOf } from "../support/failureOf.ts";
import { orderUri } from "../support/relayerNetwork.ts";

describe("a hostile device", () => {
  it("does not stop a relayer by filling the quota of unregistered devices", async () => {
    const { network, device, publish, step, chain, order } = await createOrderNetwork();
    for (let i = 0; i < 5; i++) await publish(createDevice(), deliveryOf(`junk-${String(i)}`, 1), network);
    await publish(device, deliveryOf("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("does not stop a relayer by filling its own quota before it is registered", async () => {
    const { network, device, publish, enrol, step, chain, order } = await createOrderNetwork({
      quotas: { unregistered: 5, device: 2 },
    });
    const late = createDevice();
    for (let i = 0; i < 5; i++) {
      const bizTransactionList = [{ type: "po", bizTransaction: orderUri("PO-none") }];
      await publish(late, deliveryOf(`junk-${String(i)}`, 1, { bizTransactionList }), network);
    }
    enrol(late, 1);
    await publish(device, deliveryOf("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("cannot get more than its quota in by way of the peers, nor keep other devices' events out", async () => {
    const { network, device, step, enrol, chain, order } = await createOrderNetwork({
      quotas: { unregistered: 5, device: 2 },
    });
    const hostile = createDevice();
    enrol(hostile, 1);
    await step(1);
    const bizTransactionList = [{ type: "po", bizTransaction: orderUri("PO-none") }];
    const handOver = (...messages: Uint8Array[]) =>
      network[0]?.relayer.api.inject({
        method: "POST",
        url: "/v1/peer/messages",
        payload: { messages: messages.map((bytes) => ({ payload: Buffer.from(bytes).toString(), encoding: "utf8" })) },
      });
    for (let i = 0; i < 4; i++) {
      await handOver(hostile.signJws(deliveryOf(`junk-${String(i)}`, 1, { bizTransactionList })));
      await step(1);
    }
    const held = await network[0]?.db.selectFrom("events").select("id").where("device", "=", hostile.id).execute();
    expect(held).to.have.length(2);
    await handOver(
      hostile.signJws(deliveryOf("junk-9", 1, { bizTransactionList })),
      device.signJws(deliveryOf("e1", 4)),
    );
    await step(30);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("cannot fill the store with few large events either, registered or not", async () => {
    const { network, device, step, enrol, chain, order } = await createOrderNetwork({
      quotas: { unregistered: 1_000, unregisteredBytes: 30_000, device: 1_000, deviceBytes: 20_000 },
    });
    const [known, unknown] = [createDevice(), createDevice()];
    enrol(known, 1);
    await step(1);
    const bizTransactionList = [{ type: "po", bizTransaction: orderUri("PO-none") }];
    for (const [hostile, most] of [
      [known, 3],
      [unknown, 4],
    ] as const) {
      const refusals: (string | undefined)[] = [];
      for (let i = 0; i < 5; i++) {
        const event = deliveryOf(`large-${String(i)}`, 1, { bizTransactionList, note: "x".repeat(6_000) });
        const { topic } = hostile;
        const taken = network[0]!.relayer.receive({ topic, payload: hostile.signJws(event), retained: false });
        refusals.push(((await failureOf(taken)) as { code?: string } | undefined)?.code);
        await step(1);
      }
      expect(refusals.filter((code) => code === undefined)).to.have.length(most);
      expect(refusals.slice(most)).to.deep.equal(Array(5 - most).fill("quota-full"));
    }
    for (const { relayer } of network)
      await relayer.receive({ topic: device.topic, payload: device.signJws(deliveryOf("e1", 4)), retained: false });
    await step(20);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("cannot make members wait for a third content that they have no room for", async () => {
    const { network, device, publish, step, chain, order, messages } = await createOrderNetwork({
      members: 2,
      threshold: 2,
    });
    const [first, second] = network;
    if (first) first.up = false;
    await publish(device, deliveryOf("twice", 1));
    await publish(device, deliveryOf("twice", 2));
    await step(2);
    if (first) first.up = true;
    if (second) second.up = false;
    await publish(device, deliveryOf("twice", 3));
    if (second) second.up = true;
    await publish(device, deliveryOf("e1", 4), network.slice(0, 1));
    await step(30);
    expect(chain.delivered(order)).to.equal(4n);
    expect((await messages(0))[0]).to.include({ status: "refused", reason: "conflict" });
  });

  it("cannot keep a member's peers without its events by making them large", async () => {
    const { network, device, publish, step } = await createOrderNetwork({ members: 2, threshold: 2 });
    const [, absent] = network;
    if (absent) absent.up = false;
    const note = "x".repeat(44_000);
    const bizTransactionList = [{ type: "po", bizTransaction: orderUri("PO-none") }];
    for (let i = 0; i < 150; i++)
      await publish(device, deliveryOf(`large-${String(i)}`, 1, { note, bizTransactionList }), network.slice(0, 1));
    if (absent) absent.up = true;
    const arrived = async () => (await absent?.db.selectFrom("events").select("id").execute())?.length;
    for (let i = 0; i < 40 && (await arrived()) !== 150; i++) await step(1);
    expect(await arrived()).to.equal(150);
  });
});
