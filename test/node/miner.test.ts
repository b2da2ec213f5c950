import { expect } from "chai";
import { everySecond, isBlockDue } from "../../src/node/miner.ts";

const NOW = 10_000_000_000;
const state = { now: NOW, lastBlock: NOW - 1_000, lastActivity: NOW - 1_000, pending: 0 };

describe("when the embedded chain makes a block", () => {
  it("makes one a second while something happens", () => {
    expect(isBlockDue(state)).to.equal(true);
    expect(isBlockDue({ ...state, lastActivity: NOW - 19_000 })).to.equal(true);
  });

  it("makes one every quarter of a minute when nothing happens", () => {
    const quiet = { ...state, lastActivity: NOW - 30_000 };
    expect(isBlockDue({ ...quiet, lastBlock: NOW - 10_000 })).to.equal(false);
    expect(isBlockDue({ ...quiet, lastBlock: NOW - 15_000 })).to.equal(true);
  });

  it("makes one a minute after a quiet hour: its time never stands still", () => {
    const asleep = { ...state, lastActivity: NOW - 7_200_000 };
    expect(isBlockDue({ ...asleep, lastBlock: NOW - 30_000 })).to.equal(false);
    expect(isBlockDue({ ...asleep, lastBlock: NOW - 60_000 })).to.equal(true);
  });

  it("makes one at once for a transaction, however quiet it was", () => {
    expect(isBlockDue({ ...state, lastActivity: 0, pending: 1 })).to.equal(true);
  });
});

describe("a loop that ticks once a second", () => {
  /** A clock that only moves when somebody sleeps. */
  function stillClock() {
    let time = 0;
    const slept: number[] = [];
    const sleep = async (milliseconds: number) => {
      slept.push(milliseconds);
      time += milliseconds;
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { clock: { now: () => time, sleep }, slept };
  }

  it("goes on after a tick that failed, and says so", async () => {
    const { clock } = stillClock();
    const failures: unknown[] = [];
    let ticks = 0;
    const loop = everySecond({
      tick: async () => {
        ticks += 1;
        if (ticks === 2) throw new Error("no answer");
      },
      failed: (error) => failures.push(error),
      clock,
    });
    while (ticks < 4) await new Promise((resolve) => setImmediate(resolve));
    await loop.stop();
    expect(failures).to.have.length(1);
  });

  it("ticks a second later also when the clock was set back meanwhile", async () => {
    const { clock, slept } = stillClock();
    let offset = 0;
    const set = { ...clock, now: () => clock.now() + offset };
    const loop = everySecond({ tick: async () => void (offset -= 3_600_000), failed: () => {}, clock: set });
    while (slept.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await loop.stop();
    expect(slept.slice(0, 2)).to.deep.equal([1_000, 1_000]);
  });

  it("waits for a tick under way before it is stopped", async () => {
    const { clock } = stillClock();
    let finish = (): void => {};
    let done = false;
    const tick = async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      done = true;
    };
    const loop = everySecond({ tick, failed: () => {}, clock });
    const stopped = loop.stop();
    finish();
    await stopped;
    expect(done).to.equal(true);
  });
});
