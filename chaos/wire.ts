import type { TestRelayer } from "../testbed/network.ts";
import type { RpcFault, RpcRequest } from "../testbed/rpcProxy.ts";
import type { SentBytes } from "./audit/history.ts";

/** A relayer's way to the chain: what goes wrong there now, and the signed bytes that went by. */
export interface Wire {
  relayer: TestRelayer;
  readonly sent: SentBytes[];
  /** It lost its store: what it knew is gone. */
  newLife(): void;
  /**
   * From now on requests go wrong, as long as the fault is active.
   *
   * @param p.ways of the relayer's proxies, by index
   * @returns how many requests it hit so far, and how to end it
   */
  disturb(p: {
    fault: RpcFault;
    ways: readonly number[];
    methods?: readonly string[];
    /** Ends by itself after so many requests. */
    most?: number;
  }): { hits: () => number; end: () => void };
  /** The chain's node says that a block, or a transaction, was taken, or whatever its answer is. */
  heal(): void;
}

interface Active {
  fault: RpcFault;
  ways: readonly number[];
  methods: readonly string[] | null;
  left: number;
  hits: number;
}

export function createWire(relayer: TestRelayer): Wire {
  const sent: SentBytes[] = [];
  const known = new Set<string>();
  const active = new Set<Active>();
  let life = 0;

  function decide(way: number, request: RpcRequest): RpcFault | null {
    const [raw] = request.params;
    if (request.method === "eth_sendRawTransaction" && typeof raw === "string") {
      const key = `${life} ${raw}`;
      if (!known.has(key)) sent.push({ relayer: relayer.address, raw, life });
      known.add(key);
    }
    for (const one of active) {
      if (!one.ways.includes(way) || one.left === 0) continue;
      if (one.methods !== null && !one.methods.includes(request.method)) continue;
      one.left--;
      one.hits++;
      return one.fault;
    }
    return null;
  }

  for (const [way, proxy] of relayer.proxies.entries()) proxy.fault = (request) => decide(way, request);
  return {
    relayer,
    sent,
    newLife: () => void life++,
    disturb({ fault, ways, methods, most = Infinity }) {
      const one: Active = { fault, ways, methods: methods ?? null, left: most, hits: 0 };
      active.add(one);
      return { hits: () => one.hits, end: () => void active.delete(one) };
    },
    heal: () => active.clear(),
  };
}
