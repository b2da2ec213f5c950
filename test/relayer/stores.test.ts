import { expect } from "chai";
import { encodeMessage } from "../../src/relayer/encoding.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { GLN, NOW } from "../support/relayerNetwork.ts";
import { describeStores } from "../support/stores.ts";

describeStores("a relayer group", ({ newStore }) => {
  let network: Awaited<ReturnType<typeof createOrderNetwork>>;

  beforeEach(async () => (network = await createOrderNetwork({ newStore })));
  afterEach(() => network.close());

  it("counts deliveries once, whatever comes twice, and refuses what is none", async () => {
    const { chain, device, order, step, publish, messages } = network;
    const half = new Date((NOW - 10) * 1000 + 500).toISOString();
    const delivery = deliveryOf("e1", 4, { eventTime: half });
    await publish(device, delivery);
    await publish(device, delivery);
    await publish(device, deliveryOf("e2", 3));
    await publish(device, { ...deliveryOf("e3", 1), type: "AggregationEvent" });
    await publish(
      device,
      deliveryOf("e4", 1, {
        bizTransactionList: [{ type: "po", bizTransaction: `urn:epcglobal:cbv:bt:${GLN}:PO-%00` }],
      }),
    );
    await step(12);
    expect(chain.delivered(order)).to.equal(7n);
    for (const member of [0, 1, 2]) {
      const all = await messages(member);
      expect(all.map(({ status }) => status).slice(0, 4), String(member)).to.deep.equal([
        "counted",
        "duplicate",
        "counted",
        "refused",
      ]);
      expect(all[4]?.status).to.be.oneOf(["waiting", "refused"]);
    }
  });

  it("admits one event once and at most two contents of it, when many come together", async () => {
    const { device, network: members } = network;
    const member = members[0]!;
    const message = (quantity: number) => ({
      topic: device.topic,
      payload: device.signJws(deliveryOf("e1", quantity)),
      retained: false,
    });
    const learn = (quantity: number) =>
      member.relayer.api.inject({
        method: "POST",
        url: "/v1/peer/messages",
        payload: { messages: [encodeMessage(message(quantity).payload)] },
      });
    const received = [1, 1, 1, 2, 2, 3, 4, 1].map((quantity) => member.relayer.receive(message(quantity)));
    await Promise.all([...received, ...[1, 5, 6, 7, 8, 2].map(learn)]);
    const events = await member.db.selectFrom("events").select("id").execute();
    expect(events.length).to.equal(2);
    const rows = await member.db.selectFrom("messages").select("id").orderBy("id").execute();
    expect(rows.map(({ id }) => id)).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("takes back what the chain takes back", async () => {
    const { chain, device, order, step, publish, messages, network: members } = network;
    await publish(device, deliveryOf("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
    const [confirmed] = (await members[0]?.db.selectFrom("chain_confirmations").select("block").execute()) ?? [];
    const to = chain.blocks[(confirmed?.block ?? 0) - 1] ?? null;
    await members[0]?.relayer.followerStore.rollback(to);
    expect((await messages())[0]?.status).to.equal("pending");
    expect((await members[0]?.relayer.followerStore.checkpoints())?.[0]).to.deep.include({ number: to?.number });
  });
});
