import { RetryableError, withoutCredentials } from "../lib/errors.ts";
import type { FactoryChainError } from "../lib/errors.ts";
import { systemClock } from "../lib/retry.ts";
import type { Clock } from "../lib/retry.ts";
import { createEndpoint } from "./endpoint.ts";
import type { Endpoint, EndpointState } from "./endpoint.ts";
import { ChainError } from "./errors.ts";
import type { RpcProvider } from "./provider.ts";
import type { BlockRef } from "./transactions.ts";

/** How a pool stands: for metrics and people. URLs are without user names and passwords. */
export interface PoolState {
  /** Null before a node was found that can be used. */
  inUse: string | null;
  /** How often another node was taken, the first one not counted. */
  switches: number;
  endpoints: { url: string; state: EndpointState; failures: number; head: number | null }[];
}

/** Why another node is used. */
export type SwitchReason = "failing" | "behind" | "other-fork" | "lagging" | "preferred" | "refused";

export interface NodePool extends RpcProvider {
  pin(): Promise<RpcProvider>;
  state(): PoolState;
  /** Looks at all nodes now. For tests, and before the first round. */
  review(): Promise<void>;
}

/**
 * Several nodes of one chain, of which one is used at a time. A round (`pin`) stays with one node, so that no two
 * nodes' heads are mixed; single requests go to the node in use. Another node is taken when the one in use fails, or
 * lags behind, and only if it has every block that was followed so far: no switch looks like a chain that went back.
 * The preferred node is taken again once it has been healthy for a while.
 *
 * @param nodes in order of preference
 * @param checkpoints blocks that were followed, newest first: what counts as final here
 * @param depth blocks on top of a block that make it final
 * @param lag blocks by which a node may stay behind the best one
 * @param every milliseconds between two looks at all nodes
 * @param settle milliseconds for which a preferred node must have been healthy before it is taken again
 * @param patience for one look at one node, in milliseconds
 */
export function createPool(p: {
  nodes: { url: string; provider: RpcProvider }[];
  chain: { chainId: number; genesis: string };
  checkpoints: () => Promise<BlockRef[]>;
  depth?: number;
  lag?: number;
  every?: number;
  settle?: number;
  patience?: number;
  clock?: Clock;
  switched?: (p: { from: string; to: string; reason: SwitchReason }) => void;
  refused?: (p: { url: string; error: FactoryChainError }) => void;
}): NodePool {
  const { depth = 0, lag = 5, every = 2_000, settle = 30_000, patience = 5_000, clock = systemClock } = p;
  const alone = p.nodes.length === 1;
  const endpoints = p.nodes.map(({ url, provider }) =>
    createEndpoint({
      ...{ provider, chain: p.chain, depth, patience, halfLife: 2 * every, clock },
      url: withoutCredentials(url),
      failed: () => (due = 0),
    }),
  );
  /** Looks at which an endpoint lagged, one after the other. */
  const lags = new Map<Endpoint, number>();
  const told = new Set<Endpoint>();
  let current: Endpoint | null = null;
  let switches = 0;
  let due = 0;
  let reviewing: Promise<void> | null = null;

  function take(next: Endpoint, reason: SwitchReason): void {
    if (current !== null) {
      switches++;
      p.switched?.({ from: current.url, to: next.url, reason });
    }
    current = next;
  }

  /** What speaks against a node that is in use; null when nothing does. */
  function objection(endpoint: Endpoint): SwitchReason | null {
    const { state } = endpoint;
    if (state === "healthy") return (lags.get(endpoint) ?? 0) >= 2 ? "lagging" : null;
    return state === "unknown" ? "failing" : state;
  }

  function choose(): void {
    const healthy = endpoints.filter(({ state }) => state === "healthy");
    const best = Math.max(...healthy.map(({ head }) => head ?? 0));
    for (const endpoint of healthy) {
      lags.set(endpoint, best - (endpoint.head ?? 0) > lag ? (lags.get(endpoint) ?? 0) + 1 : 0);
    }
    const level = healthy.filter((endpoint) => lags.get(endpoint) === 0);
    if (current === null) {
      const first = level[0] ?? healthy[0] ?? unanimous();
      if (first !== undefined) take(first, "preferred");
      return;
    }
    const against = objection(current);
    if (against !== null) {
      const other = level.find((endpoint) => endpoint !== current);
      if (other !== undefined) take(other, against);
      else if (against === "refused" || (against === "other-fork" && unanimous() === undefined)) current = null;
      return;
    }
    const preferred = endpoints.slice(0, endpoints.indexOf(current)).find((endpoint) => level.includes(endpoint));
    if (preferred !== undefined && clock.now() - preferred.healthySince >= settle) take(preferred, "preferred");
  }

  /** All nodes answer, and none has what was followed: it is the chain that went back, and a follower takes it back. */
  function unanimous(): Endpoint | undefined {
    const asked = endpoints.filter(({ state }) => state !== "refused");
    return asked.every(({ state }) => state === "other-fork") ? asked[0] : undefined;
  }

  async function look(): Promise<void> {
    due = clock.now() + every;
    // A node that is alone is never compared: whoever reads from it sees what it has.
    const top = alone ? null : ((await p.checkpoints())[0] ?? null);
    await Promise.all(endpoints.map((endpoint) => endpoint.probe(top)));
    for (const endpoint of endpoints) {
      if (endpoint.state !== "refused" || endpoint.error === null || told.has(endpoint)) continue;
      told.add(endpoint);
      p.refused?.({ url: endpoint.url, error: endpoint.error });
    }
    choose();
  }

  function review(): Promise<void> {
    reviewing ??= look().finally(() => (reviewing = null));
    return reviewing;
  }

  /** Also when the clock was set back. */
  function isDue(): boolean {
    const left = due - clock.now();
    return left <= 0 || left > every;
  }

  async function pin(): Promise<RpcProvider> {
    if (current === null || objection(current) !== null) {
      if (isDue() || reviewing !== null) await review();
    } else if (isDue()) {
      // Nothing waits for a look at the others; that it fails, when the store is away, is seen by who needs the store.
      review().catch(() => undefined);
    }
    if (endpoints.every(({ state }) => state === "refused")) throw allRefused(endpoints);
    if (current === null) throw noneUsable(endpoints);
    return current.node;
  }

  return {
    pin,
    review,
    async send(method, params) {
      return await (await pin()).send(method, params);
    },
    state: () => ({
      inUse: current?.url ?? null,
      switches,
      endpoints: endpoints.map(({ url, state, failures, head }) => ({ url, state, failures, head })),
    }),
  };
}

function reasons(endpoints: Endpoint[]): string {
  const words: Partial<Record<EndpointState, string>> = {
    behind: "has less of the chain than was followed before",
    "other-fork": "is on another fork",
  };
  return endpoints.map(({ url, state, error }) => `${url}: ${error?.message ?? words[state] ?? state}`).join("; ");
}

function allRefused(endpoints: Endpoint[]): FactoryChainError {
  const [only, ...others] = endpoints;
  if (only?.error && others.length === 0) return only.error;
  return new ChainError("wrong-chain", `No endpoint is on the deployment's chain. ${reasons(endpoints)}`, {
    expected: "nodes of the chain that the deployment file names",
    advice: "Give URLs of nodes of that chain, or the deployment file of this one.",
  });
}

function noneUsable(endpoints: Endpoint[]): FactoryChainError {
  const [only, ...others] = endpoints;
  if (only?.error && others.length === 0) return only.error;
  return new RetryableError("rpc-none", `None of the chain's nodes can be used. ${reasons(endpoints)}`, {
    expected: "one node that answers and has the chain as far as it was followed",
    advice: "Start a node, or wait for one to catch up.",
  });
}
