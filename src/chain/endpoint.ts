import { FactoryChainError, RetryableError } from "../lib/errors.ts";
import type { Clock } from "../lib/retry.ts";
import { ChainError } from "./errors.ts";
import { checkChain } from "./provider.ts";
import type { RpcProvider } from "./provider.ts";
import type { BlockRef } from "./transactions.ts";
import { readBlock, readHead } from "./wire.ts";

/**
 * What is known of a node:
 * - `unknown`: it was not asked yet;
 * - `healthy`: it answers, and has every block that was followed so far;
 * - `behind`: it answers, and has less than was followed so far: waited for;
 * - `other-fork`: it has another block where the newest of ours is final: not used;
 * - `failing`: it does not answer, or not reliably;
 * - `refused`: it is on another chain: never asked again.
 */
export type EndpointState = "unknown" | "healthy" | "behind" | "other-fork" | "failing" | "refused";

/** One of the nodes that could be used. */
export interface Endpoint {
  /** Without user name and password. */
  readonly url: string;
  /** The node; what fails on the way to it is counted. */
  readonly node: RpcProvider;
  readonly state: EndpointState;
  /** Requests and looks that failed, since the start. */
  readonly failures: number;
  /** Number of its newest block when it was last looked at; null before. */
  readonly head: number | null;
  /** Since when it is healthy without a break, in milliseconds since 1970; Infinity while it is not. */
  readonly healthySince: number;
  /** Why it is not healthy; null where no error says so. */
  readonly error: FactoryChainError | null;
  /** Looks at it. @param top newest block that counts as final here; null before there is one */
  probe(top: BlockRef | null): Promise<void>;
}

/** So many failures in a row, or more of them among successes, make a node failing. */
const LIMIT = 3;
/** What a success leaves of earlier failures. */
const FORGIVE = 0.9;
/** No outage counts for more, however long it was: whoever is back is trusted again soon. */
const MOST = 2 * LIMIT;

/**
 * @param depth blocks on top of a block that make it final
 * @param patience for one look, in milliseconds
 * @param halfLife milliseconds after which a failure counts half
 * @param failed told of each request that failed on its way
 */
export function createEndpoint(p: {
  url: string;
  provider: RpcProvider;
  chain: { chainId: number; genesis: string };
  depth: number;
  patience: number;
  halfLife: number;
  clock: Clock;
  failed: () => void;
}): Endpoint {
  let state: EndpointState = "unknown";
  let failures = 0;
  let badness = 0;
  let weighed = p.clock.now();
  let head: number | null = null;
  let healthySince = Infinity;
  let identified = false;
  let error: FactoryChainError | null = null;

  /** Failures that still count. */
  function weigh(): number {
    const now = p.clock.now();
    badness *= 2 ** -(Math.max(0, now - weighed) / p.halfLife);
    weighed = now;
    return badness;
  }

  function fail(cause: FactoryChainError): void {
    failures++;
    badness = Math.min(weigh() + 1, MOST);
    error = cause;
    // Whoever answers there next may be another node.
    identified = false;
    if (badness >= LIMIT) become("failing");
  }

  function become(next: EndpointState): void {
    if (state === "refused") return;
    if (next !== "healthy") healthySince = Infinity;
    else if (state !== "healthy") healthySince = p.clock.now();
    state = next;
  }

  const node: RpcProvider = {
    async send(method, params) {
      try {
        const result = await p.provider.send(method, params);
        badness *= FORGIVE;
        return result;
      } catch (cause) {
        if (isOutage(cause)) {
          fail(cause);
          p.failed();
        }
        throw cause;
      }
    },
  };

  async function look(top: BlockRef | null): Promise<EndpointState> {
    if (!identified) await checkChain({ provider: p.provider, chain: p.chain });
    identified = true;
    const newest = await readHead(p.provider);
    head = newest.number;
    if (top === null) return "healthy";
    if (head - p.depth < top.number) return "behind";
    const block = await readBlock(p.provider, top.number);
    if (block === null) return "behind";
    return block.hash === top.hash ? "healthy" : "other-fork";
  }

  return {
    url: p.url,
    node,
    get state() {
      return state;
    },
    get failures() {
      return failures;
    },
    get head() {
      return head;
    },
    get healthySince() {
      return healthySince;
    },
    get error() {
      return error;
    },
    async probe(top) {
      if (state === "refused") return;
      try {
        const found = await inTime({ action: look(top), url: p.url, patience: p.patience, clock: p.clock });
        if (weigh() >= LIMIT) return;
        error = null;
        become(found);
      } catch (cause) {
        const reason = cause instanceof FactoryChainError ? cause : unreadable(p.url, cause);
        if (reason.code === "wrong-chain" || reason.code === "wrong-genesis") {
          error = reason;
          become("refused");
          return;
        }
        fail(reason);
        become("failing");
      }
    },
  };
}

/** Whether the node, or what lies before it, did not do its work; what it answered with reason is none of that. */
function isOutage(error: unknown): error is FactoryChainError {
  if (!(error instanceof FactoryChainError) || error instanceof ChainError) return false;
  return error.code.startsWith("rpc-") && error.code !== "rpc-error" && error.code !== "rpc-block-unknown";
}

async function inTime<T>(p: { action: Promise<T>; url: string; patience: number; clock: Clock }): Promise<T> {
  const over = new AbortController();
  const late = p.clock.sleep(p.patience, over.signal).then(() => {
    throw new RetryableError("rpc-timeout", `${p.url} did not say how it is in ${p.patience} ms.`);
  });
  try {
    return await Promise.race([p.action, late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}

function unreadable(url: string, cause: unknown): RetryableError {
  return new RetryableError("rpc-answer", `What ${url} answers cannot be read.`, { cause });
}
