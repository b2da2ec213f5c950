import { describeError } from "../lib/errors.ts";
import { systemClock } from "../lib/retry.ts";
import type { Clock } from "../lib/retry.ts";
import type { Lease } from "../store/lease.ts";
import type { Log } from "./log.ts";

/** Milliseconds between two looks at the lease, whoever has it; well below the time for which it lasts. */
const LOOK = 1_000;

/**
 * Leads whenever this process has the lease on the relayer's key, and stands by in between, until it is stopped. While
 * the store cannot be asked, a leader goes on for as long as its lease lasts: what it writes is fenced anyway.
 *
 * @param lead work of the one process that signs and submits; it ends soon after its signal
 * @param standBy one round of a process that does not
 */
export async function takeTurns(p: {
  lease: Pick<Lease, "acquire" | "renew" | "release" | "isHeld" | "current">;
  lead: (signal: AbortSignal) => Promise<void>;
  standBy: () => Promise<void>;
  stopped: AbortSignal;
  log: Log;
  clock?: Clock;
}): Promise<void> {
  const { lease, log, stopped, clock = systemClock } = p;
  let last = "";

  /** Says each state once. */
  function say(state: string, fields: Record<string, unknown>): void {
    if (state !== last) log.info(fields, state);
    last = state;
  }

  async function ask(question: () => Promise<boolean>): Promise<boolean> {
    try {
      return await question();
    } catch (error) {
      log.warn({ error: describeError(error) }, "the lease could not be looked at");
      return lease.isHeld();
    }
  }

  async function leadWhileHeld(): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    stopped.addEventListener("abort", end);
    const watch = (async () => {
      while (!over.signal.aborted) {
        await clock.sleep(LOOK, over.signal);
        if (!over.signal.aborted && !(await ask(() => lease.renew()))) over.abort();
      }
    })();
    try {
      await p.lead(over.signal);
    } finally {
      stopped.removeEventListener("abort", end);
      over.abort();
      await watch;
    }
  }

  while (!stopped.aborted) {
    if (await ask(() => lease.acquire())) {
      // It may have been asked to stop meanwhile: then nothing begins.
      if (!stopped.aborted) {
        say("this process signs and submits", {});
        await leadWhileHeld();
      }
      // What it still had under way has ended: another process may begin.
      if (lease.isHeld()) await ask(() => lease.release().then(() => true));
      continue;
    }
    try {
      const holder = await lease.current();
      say("another process has this relayer's key and store: standing by", { holder });
      await p.standBy();
    } catch (error) {
      log.warn({ error: describeError(error) }, "the store could not be read");
    }
    await clock.sleep(LOOK, stopped);
  }
}
