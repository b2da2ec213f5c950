import { expect } from "chai";
import { createLimiter } from "../../src/relayer/limits.ts";
import { createSuspects } from "../../src/relayer/suspects.ts";
import { createHostileRelayer } from "../support/hostileRelayer.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { createRng } from "../../testbed/seeded.ts";

describe("members that are not as they should be", () => {
  it("are named when they equivocate, talk nonsense or hand in what is no share; it changes nothing", async () => {
    const base = await createOrderNetwork();
    const network = { ...base, heard: () => undefined };
    const { publish, step, device, order, chain, named, wallets } = network;
    const hostile = createHostileRelayer({ network, index: 2, rng: createRng(7) });
    await step(4);
    for (let i = 0; i < 5; i++) await publish(device, deliveryOf(`e${String(i)}`, 1));
    for (let i = 0; i < 8; i++) {
      await hostile.equivocate();
      for (const to of [0, 1]) await hostile.pester(to);
      await step(1);
    }
    await step(24);
    expect(chain.delivered(order)).to.equal(5n);
    const seen = named[0]!.counts();
    const evil = wallets[2]!.address.toLowerCase();
    expect(Object.keys(seen)).to.deep.equal([evil]);
    for (const kind of ["equivocated", "nonsense", "invalid-share"] as const)
      expect(seen[evil]?.[kind], kind).to.be.greaterThan(0);
    const status = await network.network[0]!.relayer.api.inject("/v1/status");
    expect(status.json<{ suspects: unknown }>().suspects).to.deep.equal(seen);
  });

  it("are named when they sleep, and honest ones are not", async () => {
    const { network, publish, step, device, order, chain, named, wallets } = await createOrderNetwork({
      members: 4,
      threshold: 3,
    });
    await step(4);
    network[3]!.up = false;
    await publish(device, deliveryOf("e1", 1));
    for (const i of [0, 1, 2, 3]) await publish(device, deliveryOf(`f${String(i)}`, 1)).then(() => step(16));
    expect(chain.delivered(order)).to.equal(5n);
    const asleep = wallets[3]!.address.toLowerCase();
    for (const watcher of [0, 1, 2]) {
      expect(Object.keys(named[watcher]!.counts())).to.deep.equal([asleep]);
      expect(named[watcher]!.counts()[asleep]).to.have.property("unreachable").that.is.greaterThan(0);
    }
  });

  it("are named when their turn passes without a proposal although an event waits", async () => {
    const { network, publish, step, device, chain, named, wallets } = await createOrderNetwork();
    while (chain.blocks.length % 24 !== 8) await step(1);
    // The second member's turn begins: it answers, and proposes nothing. The third one is down.
    network[2]!.up = false;
    await network[1]!.db.updateTable("chain_devices").set({ revoked_block: 0 }).execute();
    await publish(device, deliveryOf("e1", 1));
    while (chain.blocks.length % 24 !== 9) await step(1);
    for (let i = 0; i < 9; i++) await step(1);
    expect(named[0]!.counts()[wallets[1]!.address.toLowerCase()]).to.have.property("silent", 1);
  });

  it("are said in the log once, twice as seldom each time, and again after they were well", () => {
    const said: object[] = [];
    const log = { info: () => undefined, warn: (fields: object) => said.push(fields), error: () => undefined };
    const suspects = createSuspects({ log });
    for (let i = 0; i < 9; i++) suspects.note({ member: "0x1", kind: "unreachable", detail: "" });
    expect(said.length).to.equal(4);
    suspects.clear({ member: "0x1", kind: "unreachable" });
    suspects.note({ member: "0x1", kind: "unreachable", detail: "" });
    expect(said.length).to.equal(5);
    expect(suspects.counts()).to.deep.equal({ "0x1": { unreachable: 10 } });
  });

  it("fill no memory with names", () => {
    const suspects = createSuspects({ log: { info: () => undefined, warn: () => undefined, error: () => undefined } });
    for (let i = 0; i < 1_000; i++) suspects.note({ member: `0x${String(i)}`, kind: "nonsense", detail: "" });
    expect(Object.keys(suspects.counts()).length).to.be.lessThan(300);
  });

  it("are kept to their limits, and no other peer is", () => {
    let now = 0;
    const one = { perSecond: 1, burst: 3 };
    const limiter = createLimiter({ limits: { requests: one, bytes: { perSecond: 10, burst: 100 } }, now: () => now });
    const tries = (name: string, bytes = 1) => [1, 2, 3, 4].map(() => limiter.admit(name, bytes));
    expect(tries("a")).to.deep.equal([true, true, true, false]);
    expect(tries("b")).to.deep.equal([true, true, true, false]);
    now += 1_000;
    expect(tries("a")).to.deep.equal([true, false, false, false]);
    expect(limiter.admit("c", 101)).to.equal(false);
  });
});

describe("a certificate", () => {
  it("is sent once by three healthy members, and by another one when its proposer is gone", async () => {
    const { network, publish, step, device, order, chain } = await createOrderNetwork();
    await step(4);
    for (let i = 0; i < 6; i++) {
      await publish(device, deliveryOf(`e${String(i)}`, 1));
      await step(5);
    }
    expect(chain.delivered(order)).to.equal(6n);
    expect(new Set(chain.sent).size).to.equal(chain.sent.length);
    expect(chain.sent.length).to.equal(chain.confirmed.length);
    for (const member of [0, 1, 2]) {
      await publish(device, deliveryOf(`f${String(member)}`, 1));
      network[member]!.up = false;
      await step(20);
      network[member]!.up = true;
    }
    expect(chain.delivered(order)).to.equal(9n);
  });
});
