import { expect } from "chai";
import { faultKinds } from "../../chaos/faults/kinds.ts";
import type { FaultKinds } from "../../chaos/faults/fault.ts";
import { playLanes } from "../../chaos/lanes.ts";
import { planRun, skippedKinds } from "../../chaos/plan.ts";
import type { Means } from "../../chaos/plan.ts";

const OWN: Means = { ownChain: true, control: false, postgres: false, openssl: true, mounts: true, depth: null };
const plan = (seed: number, faults: number, means = OWN) => planRun({ seed, faults, means, kinds: faultKinds });

describe("chaos: the plan", () => {
  it("is the same for the same seed, and another for another one", () => {
    expect(plan(7, 300)).to.deep.equal(plan(7, 300));
    expect(plan(7, 300)).to.not.deep.equal(plan(8, 300));
  });

  it("has as many faults as it should, and in a long run every kind", () => {
    for (const count of [1, 40, 99, 1_000])
      expect(plan(1, count).flatMap(({ faults }) => faults)).to.have.length(count);
    const kinds = (means: Means) => new Set(plan(1, 1_000, means).flatMap((act) => act.faults.map(({ kind }) => kind)));
    const needs = (name: string) => /^(node:|store:server)/.test(name);
    const missing = Object.keys(faultKinds).filter((name) => !kinds(OWN).has(name));
    expect(missing).to.satisfy((names: string[]) => names.every(needs));
    const all = { ...OWN, control: true, postgres: true };
    expect(Object.keys(faultKinds).filter((name) => !kinds(all).has(name))).to.deep.equal([]);
  });

  it("says what a machine, or a chain, does not allow", () => {
    const none = { ...OWN, ownChain: false, mounts: false };
    const skipped = (means: Means) => skippedKinds({ means, kinds: faultKinds });
    expect(skipped({ ...OWN, control: true, postgres: true })).to.deep.equal([]);
    expect(skipped(none).filter((name) => /^(store|node):/.test(name))).to.deep.equal(
      ["node:killed", "store:full", "store:full-at-start", "store:read-only", "store:server-killed"], // prettier-ignore
    );
    const planned = plan(4, 3_000, none).flatMap(({ faults }) => faults.map(({ kind }) => kind));
    expect(skipped(none).filter((name) => planned.includes(name))).to.deep.equal([]);
  });

  it("takes no blocks back on a chain that is not its own", () => {
    const given = plan(3, 1_000, { ...OWN, ownChain: false, control: true }).flatMap(({ faults }) => faults);
    expect(given.filter(({ kind }) => /^(reorg|pool|chain):/.test(kind))).to.deep.equal([]);
    expect(given.some(({ kind }) => kind === "node:killed")).to.equal(true);
  });

  it("never has as many faulty members as must sign", () => {
    for (const { setting, faults } of plan(5, 3_000)) {
      const loses = faults.some(({ kind }) => /^(store:(lost|older)|kill:(migrating|recovering))/.test(kind));
      const faulty = (setting.hostile === null ? 0 : 1) + (loses ? 1 : 0);
      expect(faulty).to.be.lessThan(setting.threshold);
      expect(faults.every(({ relayer }) => relayer !== setting.hostile)).to.equal(true);
    }
  });
});

describe("chaos: lanes", () => {
  it("try what cannot be done again, and then do something else in its place", async () => {
    const tries: string[] = [];
    const kinds: FaultKinds = {
      never: { lane: "rpc", run: async () => (tries.push("never"), null) },
      "rpc:503": { lane: "rpc", run: async () => "rpc:503" },
    };
    const done: string[] = [];
    await playLanes({
      faults: [{ kind: "never", lane: "rpc", relayer: 0, seed: 1 }],
      kinds,
      stageOf: () => ({}) as never,
      done: (fault) => done.push(`${fault.kind} ${fault.done}`),
    });
    expect(tries).to.have.length(2);
    expect(done).to.deep.equal(["never rpc:503"]);
  });
});
