import type { Clock } from "../lib/retry.ts";

/** What decides whether a block is due. Times in milliseconds since 1970. */
export interface MinerState {
  now: number;
  lastBlock: number;
  /** When something last happened: a transaction, or an event from a device. */
  lastActivity: number;
  /** Transactions that wait for a block. */
  pending: number;
}

/** A block a second while something happens and for so long after it, in milliseconds. */
const BUSY = 20_000;
/** Otherwise so rarely: the chain's time goes on, and the state file stays small. */
const IDLE = 15_000;
/** After an hour without anything, rarer still: 1,440 blocks a day, about 1.7 kB each. */
const ASLEEP_AFTER = 3_600_000;
const ASLEEP = 60_000;

/** Whether the next block is due. */
export function isBlockDue(state: MinerState): boolean {
  const quiet = state.now - state.lastActivity;
  if (state.pending > 0 || quiet < BUSY) return true;
  return state.now - state.lastBlock >= (quiet < ASLEEP_AFTER ? IDLE : ASLEEP) - 500;
}

/**
 * Calls `tick` once a second, never twice at a time, until stopped.
 *
 * @param failed told of every tick that failed; the next one is tried all the same
 */
export function everySecond(p: { tick: () => Promise<void>; failed: (error: unknown) => void; clock: Clock }) {
  const stopped = new AbortController();
  const loop = (async () => {
    while (!stopped.signal.aborted) {
      const started = p.clock.now();
      try {
        await p.tick();
      } catch (error) {
        if (!stopped.signal.aborted) p.failed(error);
      }
      // A clock that was set back meanwhile says nothing of the time that is left.
      const left = Math.min(1_000, started + 1_000 - p.clock.now());
      await p.clock.sleep(Math.max(10, left), stopped.signal);
    }
  })();
  return {
    async stop(): Promise<void> {
      stopped.abort();
      await loop;
    },
  };
}
