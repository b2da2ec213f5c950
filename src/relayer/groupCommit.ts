import { setTimeout as pause } from "node:timers/promises";
import { RetryableError } from "../lib/errors.ts";

/** The most of one group, and of all that is here and not committed yet. */
export interface GroupLimits {
  items: number;
  bytes: number;
  /** Bytes of everything that waits for its commit, or is in it; beyond that nothing more is taken. */
  room: number;
}

const LIMITS: GroupLimits = { items: 256, bytes: 4 * 1024 * 1024, room: 32 * 1024 * 1024 };

/** Milliseconds in which nothing comes, after which a group is whole, and how often that is waited for. */
const QUIET = 10;
const PATIENCE = 10;

/** What a small item costs beside its own bytes. */
const OVERHEAD = 1_024;

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Commits together what comes in quick succession, or while a commit is under way, in the order in which it came: a disk
 * can do only so many commits in a second. An item's promise is settled when its commit has returned.
 *
 * @param p.commit answers one result for each item; an Error rejects that item alone, and what it throws rejects them all
 * @param p.quiet milliseconds in which nothing comes, after which a group is whole; 0: what is there is
 */
export function createGroupCommit<Item, Result>(p: {
  commit: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>;
  sizeOf: (item: Item) => number;
  limits?: GroupLimits;
  quiet?: number;
}) {
  const { commit, sizeOf, limits = LIMITS, quiet = QUIET } = p;
  const queue: Waiting<Item, Result>[] = [];
  let taken = 0;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (queue.length > 0) {
      if (quiet > 0) await gather();
      await finish(nextGroup());
    }
    running = null;
  }

  /** Until nothing more comes, the group is full, or the first one has waited long enough. */
  async function gather(): Promise<void> {
    for (let looks = 0, before = 0; looks < PATIENCE && queue.length > before && queue.length < limits.items; looks++) {
      before = queue.length;
      await pause(quiet);
    }
  }

  function nextGroup(): Waiting<Item, Result>[] {
    let bytes = 0;
    const end = queue.findIndex((waiting, index) => {
      bytes += waiting.bytes;
      return index > 0 && (index >= limits.items || bytes > limits.bytes);
    });
    return queue.splice(0, end === -1 ? queue.length : end);
  }

  async function finish(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await commit(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index] as Result | Error;
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
    for (const { bytes } of group) taken -= bytes;
  }

  return {
    /** @throws RetryableError `inbox-full` at once, where there is no room; else what `commit` says of it */
    add(item: Item): Promise<Result> {
      const bytes = sizeOf(item) + OVERHEAD;
      if (taken > 0 && taken + bytes > limits.room) return Promise.reject(full());
      taken += bytes;
      return new Promise((resolve, reject) => {
        queue.push({ item, bytes, resolve, reject });
        running ??= run();
      });
    },
    /** Bytes that are here and not committed yet. */
    bytes: (): number => taken,
    /** Resolves when nothing waits for its commit any more. */
    async ended(): Promise<void> {
      while (running !== null) await running;
    },
  };
}

function full(): RetryableError {
  return new RetryableError("inbox-full", "More messages come than the store can take.", {
    advice: "Send the message again in a few seconds.",
  });
}
