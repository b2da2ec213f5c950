import type { JsonRpcApiProvider } from "ethers";
import type { BlockRef, ChainLog } from "./transactions.ts";

/** What happened in the blocks `from` to `head.number`, in the chain's order. */
export interface ChainSlice {
  from: number;
  head: BlockRef;
  logs: ChainLog[];
}

/** What a follower needs to be kept. */
export interface FollowerStore {
  /** Blocks up to which slices were applied, newest first; recent ones, to find where the chain forked. */
  checkpoints(): Promise<BlockRef[]>;
  /** Applies a slice's effects and records its head as a checkpoint, in one transaction. */
  apply(slice: ChainSlice): Promise<void>;
  /** Undoes everything above a block that was a checkpoint, or everything, in one transaction. */
  rollback(to: BlockRef | null): Promise<void>;
}

export interface Follower {
  /** Brings the store up to the chain's head and returns it. */
  poll(): Promise<BlockRef>;
}

export declare function createFollower(p: {
  provider: Pick<JsonRpcApiProvider, "send">;
  addresses: string[];
  start: number;
  store: FollowerStore;
  range?: number;
  genesis?: string;
}): Follower;
