import { expect } from "chai";
import { FactoryChainError, RetryableError } from "../../src/lib/errors.ts";
import { backoff, retry, systemClock } from "../../src/lib/retry.ts";
import type { Clock } from "../../src/lib/retry.ts";

describe("retry", () => {
  let slept: number[];
  let clock: Clock;

  beforeEach(() => {
    slept = [];
    clock = {
      now: () => 0,
      sleep: async (milliseconds) => void slept.push(milliseconds),
    };
  });

  /** Fails so many times, then works. */
  function failing(times: number, error: Error): () => Promise<string> {
    let left = times;
    return async () => {
      if (left-- > 0) throw error;
      return "done";
    };
  }

  it("tries again while it may help, waiting twice as long each time", async () => {
    const action = failing(6, new RetryableError("x", "x"));
    expect(await retry({ action, clock, first: 100, most: 1_000 })).to.equal("done");
    expect(slept).to.deep.equal([100, 200, 400, 800, 1_000, 1_000]);
  });

  it("tells what it waits for, and how long", async () => {
    const told: unknown[] = [];
    const error = new RetryableError("x", "x");
    const waiting = (...what: unknown[]) => void told.push(what);
    await retry({ action: failing(2, error), clock, first: 100, waiting });
    expect(told).to.deep.equal([
      [error, 100],
      [error, 200],
    ]);
  });

  it("throws at once what does not pass, and the last error after the last attempt", async () => {
    for (const error of [new FactoryChainError("x", "x"), new Error("x")]) {
      expect(await retry({ action: failing(1, error), clock }).catch((cause) => cause)).to.equal(error);
    }
    expect(slept).to.deep.equal([]);
    const passing = new RetryableError("x", "x");
    expect(await retry({ action: failing(3, passing), attempts: 3, clock }).catch((cause) => cause)).to.equal(passing);
    expect(slept.length).to.equal(2);
  });

  it("stops when it is told to", async () => {
    const error = new RetryableError("x", "x");
    const signal = AbortSignal.abort();
    expect(await retry({ action: failing(9, error), clock, signal }).catch((cause) => cause)).to.equal(error);
  });

  it("never waits longer than the most", () => {
    expect(backoff({ failures: 5_000, first: 1, most: 7 })).to.equal(7);
  });

  it("sleeps until its time, or until it is woken", async () => {
    const start = performance.now();
    await systemClock.sleep(20);
    expect(performance.now() - start).to.be.greaterThan(15);
    const wake = new AbortController();
    const asleep = systemClock.sleep(60_000, wake.signal);
    wake.abort();
    await asleep;
    await systemClock.sleep(60_000, wake.signal);
  });
});
