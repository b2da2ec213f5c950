import { randomBytes } from "node:crypto";
import { hexlify } from "ethers";
import { createProvider } from "../src/chain/provider.ts";
import { anvilBinary } from "../src/node/anvil.ts";
import { kill, spawnOnLeash } from "../src/node/leash.ts";
import { freePort } from "../src/node/ports.ts";

/** A chain that a network of the testbed stands on. */
export interface TestChain {
  /** JSON-RPC of its nodes, the preferred one first. */
  urls: string[];
  chainId: number;
  /** What only a chain of our own can do; null: it belongs to somebody else. */
  own: OwnChain | null;
  /** One request, past every proxy, to the first node that answers. */
  rpc(method: string, params?: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

export interface OwnChain {
  /** From now on a block comes every so many milliseconds, and not with each transaction. */
  tick(milliseconds: number): Promise<void>;
  /** No block comes while this runs, or the work itself decides which. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Takes the newest blocks back and mines as many empty ones, and one more.
   *
   * @param keep whether their transactions wait again, and so come into that one
   * @returns how many transactions were in them
   */
  reorganise(p: { depth: number; keep: boolean }): Promise<number>;
  /** Takes every transaction out of the pool. @returns how many */
  dropPool(): Promise<number>;
}

/** Longest start, in milliseconds. */
const PATIENCE = 60_000;

/** An anvil for one network: free gas, no accounts, Osaka. Until `tick` each transaction is a block. */
export async function startOwnChain(): Promise<TestChain> {
  const port = await freePort();
  const free = ["--gas-price", "0", "--block-base-fee-per-gas", "0", "--accounts", "0", "--order", "fifo"];
  const args = ["--host", "127.0.0.1", "--port", String(port), "--hardfork", "osaka", "--quiet", ...free];
  const child = spawnOnLeash({ file: anvilBinary(), args });
  const url = `http://127.0.0.1:${port}`;
  const rpc = askerOf([url]);
  for (const until = Date.now() + PATIENCE; ; await pause(50)) {
    const up = await rpc("eth_chainId").then(
      () => true,
      () => false,
    );
    if (up) break;
    if (child.exitCode !== null || Date.now() > until) throw new Error("anvil did not start");
  }

  let ticking = false;
  let ended = false;
  let turn: Promise<unknown> = Promise.resolve();
  /** Blocks, and what changes blocks, one after the other. */
  function hold<T>(work: () => Promise<T>): Promise<T> {
    const next = turn.then(work);
    turn = next.catch(() => undefined);
    return next;
  }

  async function run(milliseconds: number): Promise<void> {
    while (!ended) {
      const started = Date.now();
      await hold(() => rpc("evm_mine")).catch(() => undefined);
      await pause(Math.max(5, milliseconds - (Date.now() - started)));
    }
  }

  const own: OwnChain = {
    async tick(milliseconds) {
      if (ticking) return;
      ticking = true;
      await rpc("evm_setAutomine", [false]);
      void run(milliseconds);
    },
    hold,
    reorganise: ({ depth, keep }) =>
      hold(async () => {
        const head = Number(await rpc("eth_blockNumber"));
        const hashes: string[] = [];
        for (let number = head - depth + 1; number <= head; number++) {
          const block = (await rpc("eth_getBlockByNumber", [`0x${number.toString(16)}`, false])) as Block;
          hashes.push(...block.transactions);
        }
        const raws = keep
          ? await Promise.all(hashes.map(async (hash) => (await rpc("eth_getRawTransactionByHash", [hash])) as string))
          : [];
        // Another miner, or blocks without transactions would come back as they were.
        await rpc("anvil_setCoinbase", [hexlify(randomBytes(20))]);
        await rpc("anvil_reorg", [depth, []]);
        for (const raw of raws) await rpc("eth_sendRawTransaction", [raw]).catch(() => undefined);
        await rpc("evm_mine");
        return hashes.length;
      }),
    dropPool: () =>
      hold(async () => {
        const { pending, queued } = (await rpc("txpool_content")) as Record<string, Record<string, object>>;
        const all = [pending, queued].flatMap((part) => Object.values(part ?? {}).flatMap((one) => Object.values(one)));
        if (all.length > 0) await rpc("anvil_dropAllTransactions");
        return all.length;
      }),
  };
  return {
    urls: [url],
    chainId: 31_337,
    own,
    rpc,
    async stop() {
      ended = true;
      await turn;
      await kill(child);
    },
  };
}

/** A chain that is there already. */
export async function useChain(urls: string[]): Promise<TestChain> {
  const rpc = askerOf(urls);
  const chainId = Number(await rpc("eth_chainId"));
  return { urls, chainId, own: null, rpc, stop: () => Promise.resolve() };
}

interface Block {
  transactions: string[];
}

function askerOf(urls: readonly string[]) {
  const providers = urls.map((url) => createProvider({ url, timeout: 5_000 }));
  return async (method: string, params: unknown[] = []): Promise<unknown> => {
    let failure: unknown = null;
    for (const provider of providers) {
      try {
        return await provider.send(method, params);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
