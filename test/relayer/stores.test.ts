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

  it("certifies a batch by signatures that come at the same time", async () => {
    await network.close();
    network = await createOrderNetwork({ newStore, members: 4, threshold: 3 });
    const { device, step, publish, wallets, network: members } = network;
    for (const member of members.slice(1)) member.up = false;
    await publish(device, deliveryOf("e1", 4));
    const [first] = members;
    const batches = () => first!.db.selectFrom("batches").select(["digest", "state"]).execute();
    while ((await batches()).length === 0) await step(1);
    const [{ digest, state }] = (await batches()) as [{ digest: string; state: string }];
    expect(state).to.equal("open");
    const shares = wallets.slice(1, 3).map(({ signingKey }) => {
      const payload = { digest, signature: signingKey.sign(digest).serialized };
      return first!.relayer.api.inject({ method: "POST", url: "/v1/peer/shares", payload });
    });
    expect((await Promise.all(shares)).map(({ statusCode }) => statusCode)).to.deep.equal([200, 200]);
    expect((await batches()).map(({ state }) => state)).to.deep.equal(["certified"]);
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
