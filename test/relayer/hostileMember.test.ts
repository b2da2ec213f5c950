import { expect } from "chai";
import type { Kysely } from "kysely";
import { createBackground } from "../../src/lib/background.ts";
import { digestOf, eventsRoot, proposalToJson } from "../../src/relayer/batch.ts";
import type { Batch, Report, ReportEvent } from "../../src/relayer/batch.ts";
import { createLimiter } from "../../src/relayer/limits.ts";
import { createRecovery } from "../../src/relayer/recovery.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { createRng } from "../../testbed/seeded.ts";
import { deployment, escrow } from "../support/fakeEscrow.ts";
import { createHostileRelayer } from "../support/hostileRelayer.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { lgtin } from "../support/relayerNetwork.ts";

const { chainId } = deployment;

/** The last member is hostile; its relayer is silent, and its turn has just begun. */
async function fixture(options: Parameters<typeof createOrderNetwork>[0] = {}) {
  const place = await createOrderNetwork(options);
  const { network, wallets, chain, named } = place;
  const index = wallets.length - 1;
  const members = wallets.map(({ address }) => address.toLowerCase());
  const evil = members[index]!;
  while (chain.blocks.length % (8 * members.length) !== 8 * index + 1) await place.step(1);
  network[index]!.up = false;

  /** A batch of the hostile member's at the newest block, shown to the first member. */
  async function propose(reports: Report[]): Promise<{ decision: string; reason?: string }> {
    const { number, hash, time } = chain.blocks.at(-1)!;
    const batch: Batch = { escrow, group: 1, members, proposer: evil, block: { number, hash, time }, reports };
    const signature = wallets[index]!.signingKey.sign(digestOf({ chainId, batch })).serialized;
    const answer = await network[0]!.relayer.api.inject({
      method: "POST",
      url: "/v1/peer/proposals",
      headers: { "content-type": "application/json", "x-from": evil },
      payload: proposalToJson({ batch, signature }),
    });
    return answer.json();
  }
  const faults = () => named[0]!.counts()[evil]?.nonsense ?? 0;
  return { ...place, evil, propose, faults };
}

describe("a hostile member", () => {
  it("gets no signature for a batch that fits into no transaction, which would hold up its lines", async () => {
    const lines = 190;
    const place = await fixture({ order: { lines, quantity: 10n } });
    const { network, publish, device, order, propose, step, chain } = place;
    const quantityList = Array.from({ length: lines }, (_, line) => ({ epcClass: lgtin(line), quantity: 1 }));
    const extension = { quantityList };
    await publish(device, deliveryOf("big", 1, extension));
    const row = (await network[0]!.db.selectFrom("events").selectAll().executeTakeFirst())!;
    const event: ReportEvent = { device: device.id, eventId: "big", content: row.content, quantity: 1n };
    const root = eventsRoot([event]);
    const reports = quantityList.map((_, line): Report => {
      return { order, line, from: 0n, to: 1n, late: 0n, latest: row.time, root, events: [event] };
    });
    expect(await propose(reports)).to.include({ decision: "refuse", reason: "it fits into no transaction" });
    await step(1);
    expect(await propose(reports.slice(0, 50))).to.include({ decision: "sign" });
    await step(30);
    expect(chain.delivered(order, 189)).to.equal(1n);
    await place.close();
  });

  it("has one proposal reviewed at a block, however many it sends", async () => {
    const place = await fixture();
    const { network, publish, device, order, propose, faults, step, chain } = place;
    await publish(device, deliveryOf("e1", 1));
    const row = (await network[0]!.db.selectFrom("events").selectAll().executeTakeFirst())!;
    const reports = (quantity: bigint): Report[] => {
      const events = [{ device: device.id, eventId: "e1", content: row.content, quantity }];
      return [{ order, line: 0, from: 0n, to: quantity, late: 0n, latest: row.time, root: eventsRoot(events), events }];
    };
    const before = faults();
    for (let i = 2n; i < 42n; i++) await propose(reports(i));
    expect(faults() - before).to.equal(1);
    expect(await propose(reports(2n))).to.include({ decision: "refuse", reason: "an event says another quantity" });
    await step(1);
    expect(faults() - before).to.equal(2);
    await step(24);
    expect(chain.delivered(order)).to.equal(1n);
    await place.close();
  });

  it("gets no more signatures for batches that it lets nobody finish than a store has room for", async () => {
    const place = await fixture({ members: 4, threshold: 3, order: { quantity: 1_000n } });
    const { network, publish, device, step, wallets, evil, chain, order } = place;
    const hostile = createHostileRelayer({
      network: { ...place, heard: () => undefined },
      index: 3,
      rng: createRng(5),
    });
    network[3]!.up = true;
    for (let i = 0; i < 4; i++) await publish(device, deliveryOf(`e${String(i)}`, 1));
    for (const member of [1, 2, 3]) network[member]!.up = false;
    for (let i = 0; i < 80; i++) {
      await hostile.whisper(0);
      await step(1);
    }
    const rows = await network[0]!.db.selectFrom("batches").select("digest").where("proposer", "=", evil).execute();
    expect(rows.length).to.be.within(30, 64);
    for (const member of [1, 2]) network[member]!.up = true;
    await step(32);
    expect(chain.delivered(order)).to.equal(4n);
    expect(wallets.length).to.equal(4);
    await place.close();
  });

  it("cannot have a batch id signed again by a member that lost its store and whose node lags behind", async () => {
    const place = await fixture();
    const { network, publish, device, step, replaceStore, wallets, follow } = place;
    await publish(device, deliveryOf("e1", 4));
    await step(12);
    const own = wallets[1]!.address.toLowerCase();
    const newest = (
      await network[0]!.relayer.api.inject({ url: `/v1/peer/newest/${own}`, headers: { "x-from": own } })
    ).json<{
      newest: { batch: { block: { number: number } } };
    }>();
    const signed = newest.newest.batch.block.number;
    await replaceStore(1);
    await follow(network[1]!.relayer, signed - 8);
    const peer = { url: "http://relayer-0/", account: null, fingerprints: [] };
    const peers = {
      list: [peer],
      request: (_: unknown, path: string) =>
        Promise.resolve(path.includes("/newest/") ? newest : { messages: [], last: 0, more: false, recovering: false }),
    };
    const background = createBackground();
    const recovery = createRecovery({
      db: network[1]!.db as unknown as Kysely<RelayerTables>,
      chainId,
      address: own,
      peers: peers as never,
      learn: () => Promise.resolve(),
      background,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    });
    const lagging = { number: signed - 8, hash: "", time: 0 };
    for (let i = 0; i < 4; i++) {
      await recovery.advance(lagging);
      await background.ended();
    }
    expect(recovery.state().floor).to.equal(signed);
    expect(recovery.against(signed)).to.not.equal(undefined);
    await place.close();
  });

  it("is kept to its limits by what it is answered, too", () => {
    const limits = { requests: { perSecond: 10, burst: 10 }, bytes: { perSecond: 10, burst: 100 } };
    let now = 0;
    const limiter = createLimiter({ limits, now: () => now });
    expect(limiter.admit("a", 0)).to.equal(true);
    limiter.charge("a", 150);
    expect([limiter.admit("a", 1), limiter.admit("b", 1)]).to.deep.equal([false, true]);
    now += 5_000;
    expect(limiter.admit("a", 1)).to.equal(false);
    now += 1_000;
    expect(limiter.admit("a", 1)).to.equal(true);
  });
});
