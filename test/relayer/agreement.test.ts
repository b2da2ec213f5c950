import { expect } from "chai";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";

describe("relayers agree", () => {
  it("confirms what a device delivered, once, whoever's turn it is", async () => {
    const { publish, step, messages, chain, device, order } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    await step(3);
    await publish(device, deliveryOf("e2", 3));
    await step(12);
    expect(chain.delivered(order)).to.equal(7n);
    expect(chain.confirmed.map(({ from, to }) => [from, to])).to.deep.equal([
      [0n, 4n],
      [4n, 7n],
    ]);
    for (const member of [0, 1, 2]) {
      expect((await messages(member)).map(({ status }) => status)).to.deep.equal(["counted", "counted"]);
    }
  });

  it("hands the order's sheet to members that did not get it", async () => {
    const { network, order, document } = await createOrderNetwork();
    const answer = await network[2]?.relayer.api.inject(`/v1/orders/${order}`);
    expect(answer?.json()).to.deep.equal(document);
  });

  it("lets the next proposer go on when one is down", async () => {
    const { publish, step, chain, device, order, network } = await createOrderNetwork();
    for (const down of [0, 1, 2]) {
      for (const [i, member] of network.entries()) member.up = i !== down;
      await publish(device, deliveryOf(`without-${String(down)}`, 2));
      await step(30);
    }
    expect(chain.delivered(order)).to.equal(6n);
  });

  it("leaves it to the proposer to submit, and lets the others do it in turn when it does not", async () => {
    const tried: { member: number; block: number }[] = [];
    let down = 0;
    const { publish, step, chain, device, order } = await createOrderNetwork({
      reaches: (member) => {
        tried.push({ member, block: chain.blocks.length });
        return tried.length > down;
      },
    });
    await publish(device, deliveryOf("e1", 4));
    await step(14);
    expect(chain.delivered(order)).to.equal(4n);
    expect(tried).to.have.length(1);
    tried.length = 0;
    down = 2;
    await publish(device, deliveryOf("e2", 3));
    await step(20);
    expect(chain.delivered(order)).to.equal(7n);
    const [first, second, third, ...more] = tried;
    expect(more).to.deep.equal([]);
    expect(new Set([first?.member, second?.member, third?.member]).size).to.equal(3);
    expect([second, third].map((one) => (one?.block ?? 0) - (first?.block ?? 0))).to.deep.equal([4, 8]);
  });

  it("pays nothing below quorum", async () => {
    const { publish, step, chain, device, order, network, messages } = await createOrderNetwork();
    for (const [i, member] of network.entries()) member.up = i === 0;
    await publish(device, deliveryOf("e1", 4));
    await step(40);
    expect(chain.delivered(order)).to.equal(0n);
    expect(await messages(0)).to.deep.equal([{ eventId: "e1", status: "pending", reason: null }]);
  });

  it("counts an event that only one member got", async () => {
    const { publish, step, chain, device, order, network } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4), network.slice(1, 2));
    await step(30);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("counts a replayed event once, in whatever signature it comes", async () => {
    const { publish, step, messages, chain, device, order } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    expect(chain.delivered(order)).to.equal(4n);
    expect((await messages()).map(({ status }) => status)).to.deep.equal(["counted", "duplicate", "duplicate"]);
  });

  it("lets neither of two contents of one event id count", async () => {
    const { publish, step, messages, chain, device, order, network } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4), network.slice(0, 1));
    await publish(device, deliveryOf("e1", 5), network.slice(1, 2));
    await step(40);
    expect(chain.delivered(order)).to.equal(0n);
    expect(await messages(0)).to.deep.equal([{ eventId: "e1", status: "refused", reason: "conflict" }]);
  });

  it("keeps what was confirmed when another content comes later", async () => {
    const { publish, step, messages, chain, device, order } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    await publish(device, deliveryOf("e1", 5));
    await step(10);
    expect(chain.delivered(order)).to.equal(4n);
    expect((await messages()).map(({ status }) => status)).to.deep.equal(["counted", "refused"]);
  });

  it("drops an event that its device withdrew, on the word of one member", async () => {
    const { publish, step, messages, chain, device, order, network } = await createOrderNetwork();
    const errorDeclaration = { declarationTime: new Date(NOW * 1000).toISOString() };
    await publish(device, deliveryOf("e1", 4, { errorDeclaration }), network.slice(1, 2));
    await publish(device, deliveryOf("e1", 4), network.slice(0, 1));
    await step(40);
    expect(chain.delivered(order)).to.equal(0n);
    expect(await messages(0)).to.deep.equal([{ eventId: "e1", status: "refused", reason: "corrected" }]);
    expect(await messages(1)).to.deep.equal([{ eventId: "e1", status: "waiting", reason: "correction-pending" }]);
  });

  it("refuses a withdrawal of what was confirmed", async () => {
    const { publish, step, messages, device } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    await publish(
      device,
      deliveryOf("e1", 4, { errorDeclaration: { declarationTime: new Date(NOW * 1000).toISOString() } }),
    );
    await step(2);
    expect((await messages()).map(({ status, reason }) => [status, reason])).to.deep.equal([
      ["counted", null],
      ["refused", "corrects-confirmed"],
    ]);
  });

  it("counts what fits, says what does not, and lets the next event wait", async () => {
    const { publish, step, messages, chain, device, order, network } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 6));
    await step(10);
    await publish(device, deliveryOf("e2", 6));
    await publish(device, deliveryOf("e3", 1, { eventTime: new Date((NOW + 1) * 1000).toISOString() }));
    await step(10);
    expect(chain.delivered(order)).to.equal(10n);
    expect((await messages()).map(({ status, reason }) => [status, reason])).to.deep.equal([
      ["counted", null],
      ["counted", null],
      ["waiting", "no-room"],
    ]);
    const [, over] = (await network[2]?.relayer.api.inject("/v1/messages"))?.json() as { detail: string }[];
    expect(over?.detail).to.equal(
      "Over-delivered: 2 of 6 on line 1 of order PO-1 are more than was ordered, and are not paid.",
    );
  });

  it("signs one digest for one batch id", async () => {
    const { publish, step, device, network } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 1));
    await publish(device, deliveryOf("e2", 1));
    await step(20);
    for (const { db } of network) {
      const signed = await db.selectFrom("signed_digests").selectAll().execute();
      expect(new Set(signed.map(({ batch_id }) => batch_id)).size).to.equal(signed.length);
      expect(signed.length).to.be.greaterThan(0);
    }
  });

  it("leaves out a line to which the others object for the rest of the turn, and confirms the others", async () => {
    const { publish, step, chain, device, order, network } = await createOrderNetwork();
    const { terms, document } = makeOrder({ number: "PO-2" });
    const second = chain.createOrder(terms);
    await network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
    while (chain.blocks.length % 24 !== 0) await step(1);
    for (const { db } of network.slice(1))
      await db.updateTable("chain_orders").set({ closed_block: 1 }).where("id", "=", order).execute();
    await publish(device, deliveryOf("e1", 4));
    const to = [{ type: "po", bizTransaction: orderUri("PO-2") }];
    await publish(device, deliveryOf("e2", 3, { bizTransactionList: to }));
    await step(7); // one turn is eight blocks; it is the first member's
    expect(chain.delivered(second)).to.equal(3n);
    expect(chain.delivered(order)).to.equal(0n);
  });

  it("learns the events of a confirmed report that it did not see", async () => {
    const { publish, step, chain, device, order, network } = await createOrderNetwork();
    const late = network[2];
    if (late) late.up = false;
    await publish(device, deliveryOf("e1", 4));
    await step(30);
    expect(chain.delivered(order)).to.equal(4n);
    if (late) late.up = true;
    await step(1);
    const keys = await late?.db.selectFrom("root_events").select("event_id").execute();
    expect(keys).to.deep.equal([{ event_id: "e1" }]);
  });

  it("judges again what a chain that went back had confirmed", async () => {
    const { publish, step, messages, chain, device, network } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    const before = chain.blocks[3];
    for (const { relayer } of network) await relayer.followerStore.rollback(before ?? null);
    const [row] = await (network[0]?.db.selectFrom("events").select("status").execute() ?? []);
    expect(row?.status).to.equal("pending");
    expect((await messages())[0]?.eventId).to.equal("e1");
  });

  it("does not send what was judged at a block that is gone", async () => {
    const { publish, step, chain, device, network } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    for (const member of network) member.up = member === network[0];
    await step(9);
    const [member] = network;
    const unfinished = () => member?.db.selectFrom("batches").select("block").where("state", "!=", "done").execute();
    expect(await unfinished()).not.to.deep.equal([]);
    await member?.relayer.followerStore.rollback(chain.blocks[2] ?? null);
    expect(await unfinished()).to.deep.equal([]);
    expect(await member?.db.selectFrom("shares").selectAll().execute()).to.deep.equal([]);
  });
});
