import type { RpcFault } from "../../testbed/rpcProxy.ts";
import type { RpcProxy } from "../../testbed/rpcProxy.ts";
import { isUp } from "./processes.ts";
import { pause, until } from "./fault.ts";
import type { FaultKind, FaultKinds, Stage } from "./fault.ts";

/** Longest wait until a request comes that the fault is meant for, in milliseconds. */
const PATIENCE = 25_000;

const SEND = ["eth_sendRawTransaction"];
const RECEIPT = ["eth_getTransactionReceipt"];

/** Both ways to the chain, or the one that is used. */
function waysOf({ rng }: Stage): number[] {
  return rng.chance(0.5) ? [0, 1] : [0];
}

/** Requests go wrong in one manner, for a while or so many. */
function disturbed(p: {
  name: string;
  fault: (stage: Stage) => RpcFault;
  methods?: readonly string[];
  most?: number;
  /** Both ways always: whichever is used. */
  both?: boolean;
}): FaultKind {
  return {
    lane: "rpc",
    async run(stage) {
      const wire = stage.wires.find(({ relayer }) => relayer === stage.relayer);
      const ways = p.both === true ? [0, 1] : waysOf(stage);
      const { fault, methods, most } = p;
      const own = wire?.disturb({
        ...{ fault: fault(stage), ways },
        ...(methods === undefined ? {} : { methods }),
        ...(most === undefined ? {} : { most }),
      });
      if (own === undefined) return null;
      try {
        const hit = await until(() => own.hits() > 0, PATIENCE);
        if (hit) await pause(200 + stage.rng.nat(1_500));
        return hit ? p.name : null;
      } finally {
        own.end();
      }
    },
  };
}

const status = (name: string, code: number): FaultKind =>
  disturbed({ name, fault: () => ({ kind: "status", status: code }) });

/** Some of its proxies are as a node that is behind. */
async function behind(stage: Stage, p: { proxies: RpcProxy[]; by: number; milliseconds: number }): Promise<boolean> {
  const head = Number(await stage.network.chain.rpc("eth_blockNumber").catch(() => "0x0"));
  if (head <= p.by) return false;
  const before = p.proxies.map(({ done }) => done.stale ?? 0);
  for (const proxy of p.proxies) proxy.staleAt = head - p.by;
  await pause(p.milliseconds);
  for (const proxy of p.proxies) proxy.staleAt = null;
  return p.proxies.some(({ done }, index) => (done.stale ?? 0) > (before[index] ?? 0));
}

async function down(proxies: RpcProxy[], milliseconds: number): Promise<void> {
  await Promise.all(proxies.map((proxy) => proxy.down()));
  await pause(milliseconds);
  await Promise.all(proxies.map((proxy) => proxy.up()));
}

export const rpcFaults: FaultKinds = {
  "rpc:429": status("rpc:429", 429),
  "rpc:500": status("rpc:500", 500),
  "rpc:503": status("rpc:503", 503),
  "rpc:hang": disturbed({ name: "rpc:hang", fault: () => ({ kind: "hang" }), most: 2 }),
  "rpc:disconnect": disturbed({ name: "rpc:disconnect", fault: () => ({ kind: "disconnect" }) }),
  "rpc:not-json": disturbed({ name: "rpc:not-json", fault: () => ({ kind: "answer", text: "<html>busy</html>" }) }),
  "rpc:half-json": disturbed({
    name: "rpc:half-json",
    fault: () => ({ kind: "answer", text: '{"jsonrpc":"2.0","id":1,"result":"0x' }),
  }),
  "rpc:error": disturbed({
    name: "rpc:error",
    fault: () => ({ kind: "error", code: -32_603, message: "Internal error" }),
  }),
  "rpc:delayed": disturbed({
    name: "rpc:delayed",
    fault: ({ rng }) => ({ kind: "delay", milliseconds: 100 + rng.nat(1_200) }),
  }),
  "rpc:answer-lost": disturbed({ name: "rpc:answer-lost", fault: () => ({ kind: "lose-answer" }), most: 6 }),
  "rpc:null-receipt": disturbed({
    ...{ name: "rpc:null-receipt", fault: () => ({ kind: "null" }), methods: RECEIPT },
    ...{ most: 4, both: true },
  }),
  "rpc:send-answer-lost": disturbed({
    ...{ name: "rpc:send-answer-lost", fault: () => ({ kind: "lose-answer" }), methods: SEND },
    ...{ most: 2, both: true },
  }),
  "rpc:send-doubled": disturbed({
    ...{ name: "rpc:send-doubled", fault: () => ({ kind: "duplicate" }), methods: SEND },
    ...{ most: 2, both: true },
  }),
  "rpc:send-hangs": disturbed({
    ...{ name: "rpc:send-hangs", fault: () => ({ kind: "hang" }), methods: SEND },
    ...{ most: 1, both: true },
  }),
  "rpc:send-refused": disturbed({
    ...{ name: "rpc:send-refused", fault: () => ({ kind: "error", code: -32_000, message: "txpool is full" }) },
    ...{ methods: SEND, most: 2, both: true },
  }),

  "rpc:refused": {
    lane: "rpc",
    async run({ relayer, rng }) {
      if (!(await isUp(relayer))) return null;
      await down(relayer.proxies, 500 + rng.nat(3_000));
      return "rpc:refused";
    },
  },
  // The preferred node is away for so long that the other one is taken.
  "rpc:fail-over": {
    lane: "rpc",
    async run({ relayer, rng }) {
      const before = relayer.proxies[1]?.requests.length ?? 0;
      await down(relayer.proxies.slice(0, 1), 4_000 + rng.nat(3_000));
      return (relayer.proxies[1]?.requests.length ?? 0) > before ? "rpc:fail-over" : null;
    },
  },
  "rpc:stale-head": {
    lane: "rpc",
    async run(stage) {
      const { relayer, rng } = stage;
      const stale = await behind(stage, {
        ...{ proxies: relayer.proxies, by: 1 + rng.nat(3) },
        milliseconds: 800 + rng.nat(2_500),
      });
      return stale ? "rpc:stale-head" : null;
    },
  },
  "rpc:lagging-node": {
    lane: "rpc",
    async run(stage) {
      const { relayer, rng } = stage;
      const one = relayer.proxies.slice(rng.nat(2)).slice(0, 1);
      const stale = await behind(stage, { proxies: one, by: 0, milliseconds: 4_000 + rng.nat(4_000) });
      return stale ? "rpc:lagging-node" : null;
    },
  },
};
