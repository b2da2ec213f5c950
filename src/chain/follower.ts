import { RetryableError } from "../lib/errors.ts";
import { ChainError, RpcError } from "./errors.ts";
import { oneNode } from "./provider.ts";
import type { RpcProvider } from "./provider.ts";
import type { BlockRef, ChainLog } from "./transactions.ts";
import { readBlock, readHead, readLogs, refOf } from "./wire.ts";
import type { Block } from "./wire.ts";

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
  /**
   * Brings the store up to the newest final block and returns that. Calls at the same time share one run.
   *
   * @throws RetryableError while the node is away or behind, or the chain moved underneath; nothing is lost, poll again
   * @throws ChainError `wrong-genesis`
   */
  poll(): Promise<BlockRef>;
}

/** Most blocks that one request for logs spans; Besu refuses more than 5,000. */
const DEFAULT_RANGE = 1_000;

/** JSON-RPC "limit exceeded": too many blocks or too many logs. */
const LIMIT_EXCEEDED = -32005;
const INVALID_PARAMS = -32602;

/**
 * Follows the logs of some contracts, each block once, in order, and takes back what the chain takes back. A node that
 * has only less of the same chain is behind and is waited for; a chain that went back (restored from an older state)
 * shows as soon as it has a block that is not ours, and is a rollback like any other.
 *
 * @param provider of one node, or of several that are used one at a time; behind a balancer that is no such pool the
 * answers would contradict one another
 * @param depth blocks on top of a block that make it final: 0 where blocks are never taken back (QBFT)
 * @param start first block that can hold a log of the contracts
 * @param range most blocks in one request
 * @param genesis hash of block 0; with it, another chain is told from a deep rollback
 */
export function createFollower(p: {
  provider: RpcProvider;
  addresses: string[];
  start: number;
  store: FollowerStore;
  range?: number;
  genesis?: string;
  depth?: number;
}): Follower {
  const { store, addresses, start, depth = 0 } = p;
  let provider = p.provider;
  const most = p.range ?? DEFAULT_RANGE;
  let range = most;
  let running: Promise<BlockRef> | null = null;

  async function isOnChain(block: BlockRef): Promise<boolean> {
    const found = await readBlock(provider, block.number);
    // The node has reported a head above it: whoever answers now has not seen that one.
    if (found === null) throw moved();
    return found.hash === block.hash;
  }

  /** The newest block that has `depth` others on top. */
  async function readFinal(): Promise<Block> {
    const head = await readHead(provider);
    if (depth === 0) return head;
    const final = await readBlock(provider, Math.max(0, head.number - depth));
    if (final === null) throw moved();
    return final;
  }

  /**
   * Whether the node has merely less of the chain that is in the store. Times only rise along a chain: a lower block
   * that is younger than the newest of ours belongs to another one.
   */
  async function isBehind(head: Block, checkpoints: BlockRef[]): Promise<boolean> {
    const [top] = checkpoints;
    if (top === undefined || head.number >= top.number || head.time > top.time) return false;
    const below = checkpoints.find(({ number }) => number <= head.number);
    if (below?.number === head.number) return below.hash === head.hash;
    return below === undefined || (await isOnChain(below));
  }

  /** The newest checkpoint that is on the chain; what is above it is undone. */
  async function findFork(head: Block): Promise<BlockRef | null> {
    const checkpoints = await store.checkpoints();
    if (await isBehind(head, checkpoints)) throw behind({ head, top: checkpoints[0] ?? head });
    for (const [index, checkpoint] of checkpoints.entries()) {
      if (checkpoint.number > head.number || !(await isOnChain(checkpoint))) continue;
      if (index > 0) await store.rollback(refOf(checkpoint));
      return checkpoint;
    }
    if (checkpoints.length > 0) {
      await checkGenesis();
      await store.rollback(null);
    }
    return null;
  }

  async function checkGenesis(): Promise<void> {
    if (p.genesis === undefined) return;
    const genesis = await readBlock(provider, 0);
    if (genesis === null || genesis.hash === p.genesis) return;
    throw new ChainError("wrong-genesis", `The node's chain began with block ${genesis.hash}: it is another chain.`, {
      expected: `genesis ${p.genesis}`,
      advice: "Connect to the chain that this store follows, or start with a new store and deployment.",
      figures: { got: genesis.hash, expected: p.genesis },
    });
  }

  /** Reads blocks `from` to `to`, sure that they follow `last` and that the logs are theirs. */
  async function readSlice(q: { last: BlockRef | null; from: number; to: number }): Promise<ChainSlice> {
    const before = await readBlock(provider, q.to);
    const logs = await readLogs(provider, { addresses, from: q.from, to: q.to }).catch((error: unknown) => {
      // Besu's words for a range beyond its head: the chain went back since the head was read.
      throw error instanceof RpcError && error.rpcCode === INVALID_PARAMS ? moved(error) : error;
    });
    const after = await readBlock(provider, q.to);
    if (before === null || after === null || before.hash !== after.hash) throw moved();
    const outside = logs.some(({ blockNumber }) => blockNumber < q.from || blockNumber > q.to);
    const foreign = logs.some(({ blockNumber, blockHash }) => blockNumber === q.to && blockHash !== after.hash);
    if (outside || foreign) throw moved();
    if (q.last !== null) {
      const follows = q.from === q.to ? after.parent === q.last.hash : await isOnChain(q.last);
      if (!follows) throw moved();
    }
    return { from: q.from, head: refOf(after), logs };
  }

  async function run(): Promise<BlockRef> {
    provider = await oneNode(p.provider);
    const head = await readFinal();
    let last = await findFork(head);
    let from = last === null ? start : last.number + 1;
    while (from <= head.number) {
      const to = Math.min(from + range - 1, head.number);
      const slice = await readSlice({ last, from, to }).catch((error: unknown) => {
        if (error instanceof RpcError && error.rpcCode === LIMIT_EXCEEDED && from < to) return null;
        throw error;
      });
      if (slice === null) {
        range = Math.ceil((to - from + 1) / 2);
        continue;
      }
      await store.apply(slice);
      last = slice.head;
      from = to + 1;
      range = Math.min(most, range * 2);
    }
    return last !== null && last.number === head.number ? last : refOf(head);
  }

  return {
    poll() {
      running ??= run().finally(() => {
        running = null;
      });
      return running;
    },
  };
}

function moved(cause?: unknown): RetryableError {
  return new RetryableError("chain-moved", "The chain changed while it was read.", {
    advice: "Read again; if it stays, connect to one node instead of a balancer.",
    cause,
  });
}

function behind(p: { head: BlockRef; top: BlockRef }): RetryableError {
  return new RetryableError(
    "node-behind",
    `The node has the chain up to block ${p.head.number}; it was followed to block ${p.top.number} before.`,
    {
      expected: "a node that has what was read from it, or from another one, before",
      advice: "Wait for the node to catch up. A chain that was set back is recognised by its next block.",
    },
  );
}
