import { RetryableError } from "../lib/errors.ts";
import type { Clock } from "../lib/retry.ts";

/** People who wait for results, by id. */
export interface Waiters<T> {
  has(id: string): boolean;
  /** Waits for the result of an id; several may wait for one. */
  wait(id: string): Promise<T>;
  resolve(id: string, result: T): void;
  reject(id: string, error: unknown): void;
  rejectAll(error: unknown): void;
}

/** @param patience longest wait in milliseconds, then `transaction-pending` */
export function createWaiters<T>(p: { clock: Clock; patience: number }): Waiters<T> {
  const waiting = new Map<string, PromiseWithResolvers<T>>();

  function take(id: string): PromiseWithResolvers<T> | undefined {
    const waiter = waiting.get(id);
    waiting.delete(id);
    return waiter;
  }

  async function giveUp(id: string, waiter: PromiseWithResolvers<T>): Promise<void> {
    const done = new AbortController();
    waiter.promise.then(
      () => done.abort(),
      () => done.abort(),
    );
    await p.clock.sleep(p.patience, done.signal);
    if (done.signal.aborted) return;
    if (waiting.get(id) === waiter) waiting.delete(id);
    waiter.reject(
      new RetryableError("transaction-pending", `Intent ${id} is not on the chain after ${p.patience} ms.`, {
        expected: "a chain that makes blocks",
        advice: "It is kept and sent again. See whether the chain makes blocks, then ask for the same intent again.",
      }),
    );
  }

  return {
    has: (id) => waiting.has(id),
    wait(id) {
      const known = waiting.get(id);
      if (known !== undefined) return known.promise;
      const waiter = Promise.withResolvers<T>();
      waiting.set(id, waiter);
      // Whoever waits may still be busy with something else when it fails, and listen only then.
      waiter.promise.catch(() => undefined);
      if (p.patience !== Infinity) void giveUp(id, waiter);
      return waiter.promise;
    },
    resolve: (id, result) => take(id)?.resolve(result),
    reject: (id, error) => take(id)?.reject(error),
    rejectAll(error) {
      for (const id of [...waiting.keys()]) take(id)?.reject(error);
    },
  };
}
