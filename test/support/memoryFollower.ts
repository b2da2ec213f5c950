import type { ChainSlice, FollowerStore } from "../../src/chain/follower.ts";
import type { BlockRef, ChainLog } from "../../src/chain/transactions.ts";

/** A follower's store in memory, which notices what is applied twice, skipped or out of order. */
export interface MemoryFollower extends FollowerStore {
  logs: ChainLog[];
  marks: BlockRef[];
  rollbacks: (number | null)[];
}

/** @param keep how many checkpoints stay */
export function createMemoryFollower(p: { start: number; keep?: number }): MemoryFollower {
  const store: MemoryFollower = {
    logs: [],
    marks: [],
    rollbacks: [],
    checkpoints: async () => store.marks.slice(0, p.keep),
    async apply({ from, head, logs }: ChainSlice) {
      const expected = store.marks[0] === undefined ? p.start : store.marks[0].number + 1;
      if (from !== expected) throw new Error(`Blocks from ${from} applied where ${expected} comes next.`);
      if (logs.some(({ blockNumber }) => blockNumber < from || blockNumber > head.number))
        throw new Error("Foreign log.");
      store.logs.push(...logs);
      store.marks.unshift(head);
    },
    async rollback(to) {
      store.rollbacks.push(to?.number ?? null);
      const keep = ({ number }: { number: number }) => to !== null && number <= to.number;
      store.marks = store.marks.filter(keep);
      store.logs = store.logs.filter(({ blockNumber }) => keep({ number: blockNumber }));
    },
  };
  return store;
}
