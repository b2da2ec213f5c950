import { expect } from "chai";
import { escrow } from "../support/fakeEscrow.ts";
import { createDevice, receivingEvent } from "../support/device.ts";
import { createRelayerNetwork, LGTIN, makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";
import { deployment } from "../support/fakeEscrow.ts";
import { digestOf, eventsRoot, proposalToJson } from "../../src/relayer/batch.ts";
import type { Batch, Report, ReportEvent } from "../../src/relayer/batch.ts";

/** A network in which the buyer's device is enrolled and an order of 10 pieces is open and announced. */
async function fixture(options?: Parameters<typeof createRelayerNetwork>[0]) {
  const network = await createRelayerNetwork(options);
  const device = createDevice();
  network.enrol(device, 1);
  const { terms, document } = makeOrder();
  const order = network.chain.createOrder(terms);
  for (const { relayer } of network.network)
    await relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
  await network.step(3);

  /** A batch at the newest block, in the name of a member. */
  function batchOf(proposer: number, ...reports: Report[]): Batch {
    const { number, hash, time } = network.chain.blocks.at(-1) ?? { number: 0, hash: "", time: 0 };
    const members = network.wallets.map(({ address }) => address.toLowerCase());
    return { escrow, group: 1, members, proposer: members[proposer] ?? "", block: { number, hash, time }, reports };
  }

  /** Puts a batch to a member, signed by whoever sends it. */
  async function propose(to: number, batch: Batch, by: number): Promise<{ decision: string; reason?: string }> {
    const digest = digestOf({ chainId: deployment.chainId, batch });
    const signature = network.wallets[by]?.signingKey.sign(digest).serialized ?? "";
    const answer = await network.network[to]?.relayer.api.inject({
      method: "POST",
      url: "/v1/peer/proposals",
      headers: { "content-type": "application/json" },
      payload: proposalToJson({ batch, signature }),
    });
    return answer?.json() as { decision: string; reason?: string };
  }

  /** A report of these events of the first line, each of so many pieces. */
  async function reportOf(from: bigint, ...eventIds: string[]): Promise<Report> {
    const rows = (await network.network[0]?.db.selectFrom("events").selectAll().execute()) ?? [];
    const events: ReportEvent[] = eventIds.map((eventId) => {
      const row = rows.find(({ event_id }) => event_id === eventId);
      const { items } = JSON.parse(row?.body ?? "{}") as { items: { quantity: string }[] };
      return { device: device.id, eventId, content: row?.content ?? "", quantity: BigInt(items[0]?.quantity ?? 0) };
    });
    const to = events.reduce((sum, { quantity }) => sum + quantity, from);
    return { order, line: 0, from, to, late: 0n, latest: NOW, root: eventsRoot(events), events };
  }
  return { ...network, device, order, document, batchOf, reportOf, propose };
}

const event = (eventId: string, quantity: number, more: object = {}) =>
  receivingEvent({ eventId, time: NOW, order: orderUri(), epcClass: LGTIN, quantity, ...more });

describe("a hostile peer", () => {
  it("gets the signature of a member for a proposal of its own, and for none under another name", async () => {
    const { publish, device, batchOf, reportOf, propose } = await fixture();
    await publish(device, event("e1", 4));
    const report = await reportOf(0n, "e1");
    expect(await propose(1, batchOf(0, report), 2)).to.include({
      decision: "refuse",
      reason: "the proposer did not sign it",
    });
    expect(await propose(1, batchOf(2, report), 2)).to.include({ decision: "sign" });
  });

  it("cannot use up an honest proposer's batch ids", async () => {
    const { network, chain, publish, step, device, order, batchOf, reportOf, propose } = await fixture();
    const hostile = network[2];
    if (hostile) hostile.up = false;
    await publish(device, event("e1", 4));
    await publish(device, event("e2", 1));
    for (let i = 0; i < 30; i++) {
      const { block, ...batch } = batchOf(0, await reportOf(chain.delivered(order) ?? 0n, "e1"));
      const next = { number: block.number + 1, hash: chain.hashOf(block.number + 1), time: block.time + 1 };
      await propose(1, { ...batch, block: next }, 2);
      await propose(0, { ...batch, block: next, proposer: batch.members[1] ?? "" }, 2);
      await step(1);
    }
    expect(chain.delivered(order)).to.equal(5n);
  });

  it("cannot make a confirmed event count again by writing its device in another way", async () => {
    const lie = async (member: number, path: string): Promise<unknown> => {
      if (member !== 0 || !path.startsWith("/v1/peer/roots/")) return undefined;
      const events = (await honest?.selectFrom("root_events").selectAll().execute()) ?? [];
      return {
        events: events.map(({ device, event_id, content, quantity }) => ({
          device: `0x${device.slice(2).toUpperCase()}`,
          eventId: event_id,
          content,
          quantity,
        })),
      };
    };
    const { network, chain, publish, step, device, order, batchOf, reportOf, propose } = await fixture({ lie });
    const honest = network[1]?.db;
    const victim = network[2];
    if (victim) victim.up = false;
    await publish(device, event("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
    if (victim) victim.up = true;
    await step(2);
    await publish(device, event("e1", 4));
    expect(await propose(2, batchOf(0, await reportOf(4n, "e1")), 0)).to.include({ decision: "refuse" });
  });

  for (const [what, answer] of [
    ["nothing of it", {}],
    ["other events", { events: [{ device: ids(1), eventId: "e", content: ids(2), quantity: "1" }] }],
    ["what cannot be read", { events: [{ device: "x", eventId: "\ud800", content: "y", quantity: "z" }] }],
  ] as const) {
    it(`does not keep the truth from a member by answering ${what}`, async () => {
      const lie = (member: number, path: string): unknown => (member === 0 && path.includes("0x") ? answer : undefined);
      const { network, chain, publish, step, device, order, batchOf, reportOf, propose } = await fixture({ lie });
      const victim = network[2];
      if (victim) victim.up = false;
      await publish(device, event("e1", 4));
      const { terms, document: second } = makeOrder({ number: "PO-2" });
      const created = chain.createOrder(terms);
      await network[1]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: second });
      await step(12);
      expect(chain.delivered(order)).to.equal(4n);
      if (victim) victim.up = true;
      await step(2);
      await publish(device, event("e2", 1));
      expect((await victim?.relayer.api.inject(`/v1/orders/${created}`))?.json()).to.deep.equal(second);
      expect(await propose(2, batchOf(1, await reportOf(4n, "e2")), 1)).to.include({ decision: "sign" });
    });
  }

  it("does not bring a member down with evidence that it has no room for", async () => {
    const hostile = createDevice();
    const junk = (id: string) =>
      hostile.signJws(event(id, 1, { bizTransactionList: [{ type: "po", bizTransaction: orderUri("none") }] }));
    const evidence = [{ payload: Buffer.from(junk("c")).toString(), encoding: "utf8" }];
    const lie = (member: number, path: string): unknown =>
      member === 2 && path.endsWith("/proposals") ? { decision: "refuse", reason: "", evidence } : undefined;
    const { network, chain, enrol, publish, step, device, order } = await fixture({
      lie,
      quotas: { unregistered: 5, device: 2 },
    });
    const unhandled: unknown[] = [];
    const note = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", note);
    enrol(hostile, 1);
    await step(1);
    for (const id of ["a", "b"])
      for (const { relayer } of network)
        await relayer.receive({ topic: hostile.topic, payload: junk(id), retained: false });
    await step(1);
    await publish(device, event("e1", 4));
    await step(30);
    process.off("unhandledRejection", note);
    expect(unhandled).to.deep.equal([]);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("holds up no head by not answering", async () => {
    const never = new Promise(() => undefined);
    const lie = (member: number, path: string): unknown => (member === 2 && path.includes("0x") ? never : undefined);
    const { chain, publish, step, device, order } = await fixture({ lie });
    chain.createOrder(makeOrder({ number: "nobody has its sheet" }).terms);
    await publish(device, event("e1", 4));
    await step(30);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("cannot hold up the others' turns with proposals of its own that it lets nobody finish", async () => {
    const { network, chain, publish, step, device, order, batchOf, reportOf, propose } = await fixture({
      members: 4,
      threshold: 3,
    });
    const hostile = network[3];
    if (hostile) hostile.up = false;
    await publish(device, event("e1", 4));
    const report = await reportOf(0n, "e1");
    for (let i = 0; i < 40 && chain.delivered(order) === 0n; i++) {
      const { block, ...batch } = batchOf(3, report);
      const next = { number: block.number + 1, hash: chain.hashOf(block.number + 1), time: block.time + 1 };
      const inTurn = Math.floor(next.number / 8) % 4;
      if (inTurn !== 3) await propose(inTurn, { ...batch, block: next }, 3);
      await step(1);
    }
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("is not handed a signature for a second order that an event might mean", async () => {
    const { network, chain, publish, step, device, order, batchOf, reportOf, propose } = await fixture();
    await publish(device, event("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
    const { terms, document } = makeOrder({ number: "PO-2" });
    const second = chain.createOrder(terms);
    await network[1]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
    await step(2);
    await network[1]?.db.updateTable("events").set({ order_id: second }).execute();
    await network[1]?.db.updateTable("chain_confirmations").set({ line: 1 }).execute();
    const report = { ...(await reportOf(0n, "e1")), order: second };
    expect(await propose(1, batchOf(2, report), 2)).to.include({ reason: "an event is confirmed already" });
  });

  it("gets no more messages at once than a page", async () => {
    const { network } = await fixture();
    for (const query of ["limit=-1", "limit=0.5", "limit=1&limit=2", "after=x"]) {
      expect((await network[0]?.relayer.api.inject(`/v1/messages?${query}`))?.statusCode).to.equal(422);
    }
  });
});

function ids(n: number): string {
  return `0x${String(n).repeat(64)}`;
}
