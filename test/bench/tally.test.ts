import { expect } from "chai";
import { createTally, percentile } from "../../bench/tally.ts";
import { missed } from "../../bench/report.ts";
import type { Measurement } from "../../bench/measure.ts";

const event = (upTo: bigint, line = 0) => ({ order: "0x01", line, upTo });
const said = (delivered: bigint, line = 0) => ({ order: "0x01", line, delivered });

describe("the tally of a bench", () => {
  it("settles all events of a line up to what the chain says, each from its own time", () => {
    const tally = createTally();
    [1n, 2n, 3n].forEach((upTo, index) => tally.published(event(upTo), 100 + index));
    tally.published(event(1n, 1), 200);
    tally.confirmed(said(2n), 1_000);
    expect(tally.settled).to.deep.equal([
      { published: 100, paid: 1_000 },
      { published: 101, paid: 1_000 },
    ]);
    expect(tally.counts()).to.deep.equal({ published: 4, settled: 2, inFlight: 2, reports: 1 });
    tally.confirmed(said(3n), 2_000);
    tally.confirmed(said(1n, 1), 3_000);
    expect(tally.settled.slice(2).map(({ paid }) => paid)).to.deep.equal([2_000, 3_000]);
  });

  it("settles nothing twice, and nothing beyond", () => {
    const tally = createTally();
    tally.published(event(2n), 100);
    tally.confirmed(said(1n), 1_000);
    expect(tally.counts().settled).to.equal(0);
    for (const at of [2_000, 3_000]) tally.confirmed(said(2n), at);
    expect(tally.settled).to.deep.equal([{ published: 100, paid: 2_000 }]);
  });

  it("settles an event that the chain named before it was heard of", () => {
    const tally = createTally();
    tally.confirmed(said(1n), 1_000);
    tally.published(event(1n), 900);
    expect(tally.settled).to.deep.equal([{ published: 900, paid: 1_000 }]);
  });
});

describe("the figures of a bench", () => {
  it("are the smallest that so many do not exceed", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([0.5, 0.99, 1].map((share) => percentile(values, share))).to.deep.equal([50, 99, 100]);
    expect(percentile([7], 0.99)).to.equal(7);
    expect(percentile([], 0.5)).to.be.NaN;
  });

  it("say what is missed of what is promised", () => {
    const good = { eventsPerSecond: 300, latency: { p50: 1, p99: 3, max: 9 }, unsettled: 0 } as Measurement;
    expect(missed({ throughput: good, latency: good })).to.deep.equal([]);
    const slow = { ...good, eventsPerSecond: 299.9 };
    const late = { ...good, latency: { ...good.latency, p99: 3.01 } };
    expect(missed({ throughput: slow, latency: late })).to.have.length(2);
    expect(missed({ throughput: { ...good, unsettled: 1 }, latency: good })).to.have.length(1);
    const nothing = { ...good, latency: { p50: NaN, p99: NaN, max: NaN } };
    expect(missed({ throughput: good, latency: nothing })).to.have.length(1);
  });
});
