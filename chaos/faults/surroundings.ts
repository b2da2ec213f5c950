import { createProvider } from "../../src/chain/provider.ts";
import type { TestRelayer } from "../../testbed/network.ts";
import { pause, until } from "./fault.ts";
import type { FaultKind, FaultKinds, Stage } from "./fault.ts";

/** Longest wait for a transaction that a reorganisation should meet, in milliseconds. */
const PATIENCE = 5_000;
/** Longest wait for a node that was started to have new blocks, in milliseconds: validators take minutes to agree again. */
const AGREED = 420_000;
/** New blocks after which it is taken to be back. */
const BLOCKS = 3;

/** What is between the relayers, and between them and the devices. */
export const peerFaults: FaultKinds = {
  "peers:cut": peers("cut"),
  "peers:answer-lost": peers("lose-answer"),
};

/** The others do not reach one relayer; or reach it, and do not hear what it answers. */
function peers(mode: "cut" | "lose-answer"): FaultKind {
  return {
    lane: "peers",
    async run({ network, setting, rng }) {
      const honest = network.relayers.filter(({ index }) => index !== setting.hostile);
      const { tap } = honest[rng.nat(honest.length)] as TestRelayer;
      const before = tap.disturbed;
      tap.mode = mode;
      const hit = await until(() => tap.disturbed > before, PATIENCE);
      if (hit) await pause(500 + rng.nat(3_000));
      tap.mode = "pass";
      return hit ? `peers:${mode === "cut" ? "cut" : "answer-lost"}` : null;
    },
  };
}

export const brokerFaults: FaultKinds = {
  "broker:restarted": restart(false, "broker:restarted"),
  "broker:killed": restart(true, "broker:killed"),
  "devices:line-cut": {
    lane: "broker",
    async run({ traffic, rng }) {
      await pause(rng.nat(500));
      return traffic.link.cut() > 0 ? "devices:line-cut" : null;
    },
  },
  // What they send arrives; the acknowledgement does not, and they send it again.
  "devices:acknowledgement-lost": {
    lane: "broker",
    async run({ traffic, rng }) {
      return (await traffic.link.deafen(500 + rng.nat(1_500))) > 0 ? "devices:acknowledgement-lost" : null;
    },
  },
};

function restart(crash: boolean, name: string): FaultKind {
  return {
    lane: "broker",
    run: ({ network, rng, alone, traffic }) =>
      alone("broker", async () => {
        // A broker that crashes may have acknowledged what it has not written: not while devices wait for that.
        const away = rng.nat(2_500);
        if (crash && network.broker.kind === "mosquitto")
          await traffic.quietly(() => network.broker.restart({ crash, away }));
        else await network.broker.restart({ crash, away });
        return name;
      }),
  };
}

/** The chain takes blocks back, loses what waits, or stands still. */
export const chainFaults: FaultKinds = {
  "reorg:re-included": reorganisation({ name: "reorg:re-included", keep: true, deeper: 0 }),
  "reorg:dropped": reorganisation({ name: "reorg:dropped", keep: false, deeper: 0 }),
  "reorg:beyond-finality": reorganisation({ name: "reorg:beyond-finality", keep: false, deeper: 3 }),

  "pool:dropped": {
    lane: "chain",
    when: ({ ownChain }) => ownChain,
    async run({ network }) {
      const dropped = await until(async () => ((await network.chain.own?.dropPool()) ?? 0) > 0, PATIENCE * 2);
      return dropped ? "pool:dropped" : null;
    },
  },

  "chain:stands-still": {
    lane: "chain",
    when: ({ ownChain }) => ownChain,
    async run({ network, rng }) {
      await network.chain.own?.hold(() => pause(2_000 + rng.nat(6_000)));
      return "chain:stands-still";
    },
  },

  "node:killed": {
    lane: "chain",
    weight: 6,
    when: ({ control }) => control,
    async run({ control, rng, network, say }) {
      if (control === null) return null;
      const node = 1 + rng.nat(control.nodes);
      await control.kill(node);
      await pause(1_000 + rng.nat(5_000));
      await control.start(node);
      // Validators that go down one after the other, before they agree again, stop a chain for good.
      const url = network.chain.urls[node - 1] ?? "";
      if (!(await until(advances(url), AGREED))) say(`node ${node} has no new blocks since it was started`);
      return "node:killed";
    },
  },
};

/** Whether a node has come some blocks further since it was first asked. */
function advances(url: string): () => Promise<boolean> {
  const provider = createProvider({ url, timeout: 2_000 });
  let first: number | null = null;
  return async () => {
    const head = await provider.send("eth_blockNumber", []).then(Number, () => null);
    first ??= head;
    return head !== null && first !== null && head >= first + BLOCKS;
  };
}

function reorganisation(p: { name: string; keep: boolean; deeper: number }): FaultKind {
  return {
    lane: "chain",
    when: ({ ownChain }) => ownChain,
    async run(stage) {
      const { network, setting, rng } = stage;
      const { finalityDepth } = setting;
      const depth = p.deeper === 0 ? 1 + rng.nat(finalityDepth) : finalityDepth + 1 + rng.nat(p.deeper);
      await until(() => holdsTransactions(stage, depth), PATIENCE);
      if (network.chain.own === null) return null;
      await network.chain.own.reorganise({ depth, keep: p.keep });
      return p.name;
    },
  };
}

/** Whether there is a transaction in the newest blocks: taking back empty ones proves little. */
async function holdsTransactions({ network }: Stage, depth: number): Promise<boolean> {
  const head = Number(await network.chain.rpc("eth_blockNumber"));
  for (let number = head; number > head - depth; number--) {
    const count = await network.chain.rpc("eth_getBlockTransactionCountByNumber", [`0x${number.toString(16)}`]);
    if (Number(count) > 0) return true;
  }
  return false;
}
