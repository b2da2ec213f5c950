import { FactoryChainError } from "./errors.ts";

/** Time as the runtime sees it; passed in, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal fires. Never rejects. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** How long to wait before attempt `failures + 1`: `first` doubled each time, at most `most` milliseconds. */
export function backoff(p: { failures: number; first: number; most: number }): number {
  return Math.min(p.most, p.first * 2 ** Math.min(p.failures, 30));
}

/**
 * Tries again while the error is retryable.
 *
 * @param attempts how often at most, the first try included; default: for ever
 * @param first wait before the second try in milliseconds, doubled each time up to `most`
 * @param waiting told of each failure before the wait that follows, in milliseconds
 * @param signal gives up waiting; the last error is thrown
 * @example
 * const head = await retry({ action: () => follower.poll(), signal: shutdown });
 */
export async function retry<T>(p: {
  action: () => Promise<T>;
  attempts?: number;
  first?: number;
  most?: number;
  waiting?: (error: FactoryChainError, milliseconds: number) => void;
  clock?: Clock;
  signal?: AbortSignal;
}): Promise<T> {
  const { attempts = Infinity, first = 200, most = 5_000, clock = systemClock } = p;
  for (let failures = 0; ; failures++) {
    try {
      return await p.action();
    } catch (error) {
      const again = error instanceof FactoryChainError && error.retryable && failures + 1 < attempts;
      if (!again) throw error;
      const milliseconds = backoff({ failures, first, most });
      p.waiting?.(error, milliseconds);
      await clock.sleep(milliseconds, p.signal);
      if (p.signal?.aborted === true) throw error;
    }
  }
}
