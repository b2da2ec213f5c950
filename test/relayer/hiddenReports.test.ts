import { expect } from "chai";
import type { Kysely } from "kysely";
import { keepRoots } from "../../src/relayer/roots.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { createHostileRelayer } from "../support/hostileRelayer.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";
import { createRng } from "../../testbed/seeded.ts";

/** Chain seconds for which a report that nobody explains stops everything; a block takes one. */
const STOP = 300;

/**
 * The third member is hostile: its own relayer is silent, and it shows a batch about two events to the second member
 * alone. It has both signatures before anybody proposes these events.
 */
async function fixture({ witness = true } = {}) {
  const base = await createOrderNetwork({ order: { quantity: 100n } });
  const network = { ...base, heard: () => undefined };
  const [first, second, third] = base.network as [Member, Member, Member];
  const hostile = createHostileRelayer({ network, index: 2, rng: createRng(3) });
  const { chain, publish, step, device } = base;
  const second_ = makeOrder({ number: "PO-2", salt: 8 });
  const other = chain.createOrder(second_.terms);
  await first.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: second_.document });
  await step(2);
  while (chain.blocks.length % 24 !== 17) await step(1);
  await publish(device, deliveryOf("e1", 4));
  await publish(device, deliveryOf("e2", 3));
  third.up = false;
  first.up = witness;
  const batch = (await hostile.whisper(1))!;
  expect(base.signatures.filter(({ member }) => member === 1)).to.have.length(1);
  const counted = () => [chain.delivered(base.order), chain.delivered(other)].map(Number);
  const later = (eventId: string, quantity: number, more: object = {}) => {
    const eventTime = new Date((chain.blocks.at(-1)!.time + STOP - 10) * 1000).toISOString();
    return publish(device, deliveryOf(eventId, quantity, { eventTime, ...more }));
  };
  const hidden = batch.reports[0]!.events.map(({ eventId }) => eventId);
  const left = ["e1", "e2"].filter((id) => !hidden.includes(id));
  return { ...base, first, second, third, hostile, batch, hidden, left, counted, later };
}

type Member = Awaited<ReturnType<typeof createOrderNetwork>>["network"][number];

const ofOther = { bizTransactionList: [{ type: "po", bizTransaction: orderUri("PO-2") }] };

describe("a report that a hostile member and one that lost its store signed", () => {
  it("is explained by whoever heard of the signature", async () => {
    const { first, hostile, batch, step, replaceStore, counted, publish, device } = await fixture();
    await step(2);
    const kept = await first.db.selectFrom("heard_batches").selectAll().execute();
    expect(kept.length, "the batch was fetched from who signed it").to.equal(1);
    await replaceStore(1);
    hostile.submit();
    await step(3);
    expect(await first.db.selectFrom("unopened_roots").selectAll().execute()).to.deep.equal([]);
    expect(counted()[0]).to.be.at.least(Number(batch.reports[0]!.to));
    await publish(device, deliveryOf("e3", 2));
    await step(24);
    expect(counted()).to.deep.equal([9, 0]);
  });

  it("is explained by whoever comes back while it may still count", async () => {
    const { first, hostile, step, replaceStore, counted } = await fixture({ witness: false });
    await step(3);
    first.up = true;
    // Still in the attacker's turn, the second member says again what it signed.
    await step(3);
    expect((await first.db.selectFrom("heard_batches").selectAll().execute()).length).to.equal(1);
    await replaceStore(1);
    hostile.submit();
    await step(24);
    expect(counted()).to.deep.equal([7, 0]);
  });

  it("stops all for 300 s, then only what it may have counted, and that until it is explained", async () => {
    const place = await fixture({ witness: false });
    const { first, second, third, hostile, batch, step, replaceStore, chain, counted, publish, later, device } = place;
    await replaceStore(1);
    hostile.submit();
    await step(1);
    first.up = true;
    const report = batch.reports[0]!;
    await step(3);
    await publish(device, deliveryOf("o1", 1, ofOther));
    await step(24);
    expect(counted(), "nothing is judged at first").to.deep.equal([Number(report.to), 0]);

    while (chain.blocks.length < 380) chain.mine();
    await later("e3", 2);
    await step(24);
    expect(counted(), "other lines and later events count").to.deep.equal([Number(report.to) + 2, 1]);
    for (const member of [0, 1]) {
      const rows = await place.messages(member);
      const old = rows.filter(({ eventId }) => ["e1", "e2"].includes(eventId));
      for (const { status, reason } of old) expect([status, reason]).to.deep.equal(["waiting", "maybe-counted"]);
    }

    // The attacker cannot have the same events counted again, though it alone knows which they were.
    await hostile.repeat(0);
    await hostile.whisper(0, 1);
    hostile.submit();
    await step(24);
    expect(counted()).to.deep.equal([Number(report.to) + 2, 1]);

    await keepRoots(third.db as unknown as Kysely<RelayerTables>, [report]);
    third.up = true;
    await step(30);
    expect(counted(), "what it did not count, counts").to.deep.equal([9, 1]);
    expect(await second.db.selectFrom("unopened_roots").selectAll().execute()).to.deep.equal([]);
  });

  it("is got over by withdrawing the events in doubt and sending what is missing", async () => {
    const place = await fixture({ witness: false });
    const { first, hostile, batch, step, replaceStore, chain, counted, publish, later, device } = place;
    await replaceStore(1);
    hostile.submit();
    await step(1);
    first.up = true;
    while (chain.blocks.length < 380) chain.mine();
    const errorDeclaration = { declarationTime: new Date(NOW * 1000).toISOString() };
    for (const [id, quantity] of [
      ["e1", 4],
      ["e2", 3],
    ] as const)
      await publish(device, deliveryOf(id, quantity, { errorDeclaration }));
    const missing = 7 - Number(batch.reports[0]!.to);
    if (missing > 0) await later("e1-again", missing);
    await step(30);
    expect(counted()).to.deep.equal([7, 0]);
  });
});
