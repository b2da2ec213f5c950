import { expect } from "chai";
import { Transaction } from "ethers";
import { createFollower } from "../../src/chain/follower.ts";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createPool } from "../../src/chain/pool.ts";
import { createProvider } from "../../src/chain/provider.ts";
import { createSender } from "../../src/chain/sender.ts";
import { createMemoryFollower } from "../support/memoryFollower.ts";
import { newSigner, place, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";
import { startRpcProxy } from "../../testbed/rpcProxy.ts";
import type { RpcFault, RpcProxy } from "../../testbed/rpcProxy.ts";
import { until } from "../support/until.ts";

const SEND = "eth_sendRawTransaction";
const INTENTS = 24;
/** Milliseconds between two changes of what the nodes are. */
const BEAT = 400;

const FAULTS: (RpcFault | null)[] = [
  { kind: "lose-answer" },
  { kind: "hang" },
  { kind: "disconnect" },
  { kind: "duplicate" },
  { kind: "delay", milliseconds: 120 },
  { kind: "status", status: 429 },
  { kind: "status", status: 503 },
  { kind: "answer", text: '{"jsonrpc":"2.0","id":1,"result":"0x' },
  { kind: "error", code: -32603, message: "Internal error" },
  null,
];

describe("sender and follower over two nodes that fail, lag and change places", () => {
  let node: TestNode;
  let proxies: RpcProxy[];

  before(async () => {
    node = await startNode("anvil", ["--block-time", "1"]);
    proxies = await Promise.all([0, 1].map(() => startRpcProxy({ target: node.url })));
  });
  after(async () => {
    for (const proxy of proxies) await proxy.stop();
    await node.stop();
  });

  it("put each intent on the chain once, sign once per nonce, and take nothing back", async () => {
    const seed = Date.now() % 2 ** 31;
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (state >>> 8) % below;
    };
    const emitter = await place(node, "emitter");
    const genesis = ((await node.anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string }).hash;
    const start = Number(await node.anvil.rpc("eth_blockNumber")) + 1;
    const followed = createMemoryFollower({ start });
    const pool = createPool({
      nodes: proxies.map(({ url }) => ({ url, provider: createProvider({ url, timeout: 2_000 }) })),
      chain: { chainId: 31_337, genesis },
      checkpoints: followed.checkpoints,
      ...{ every: 100, settle: 500, patience: 2_000, lag: 1 },
    });
    const follower = createFollower({ provider: pool, addresses: [emitter], start, store: followed });
    const signer = newSigner();
    const store = createMemoryTransactions();
    const sender = createSender({
      ...{ provider: pool, signer, chainId: 31_337, store, pause: 30, resend: 200 },
    });

    let kind = false;
    const weather = (async () => {
      while (!kind) {
        for (const proxy of proxies) {
          const fault = FAULTS[random(FAULTS.length)] ?? null;
          const often = 1 + random(4);
          proxy.fault = () => (random(often) === 0 ? fault : null);
          const head = Number(await node.anvil.rpc("eth_blockNumber"));
          proxy.staleAt = random(3) === 0 ? Math.max(0, head - random(6)) : null;
          if (random(5) === 0) await proxy.down();
          else await proxy.up();
        }
        await new Promise((resolve) => setTimeout(resolve, BEAT));
      }
      for (const proxy of proxies) {
        Object.assign(proxy, { fault: () => null, staleAt: null });
        await proxy.up();
      }
    })();
    const polls = (async () => {
      while (followed.logs.length < INTENTS) {
        await follower.poll().catch(() => null);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();

    const wish = async (n: number) => {
      const intent = { id: `n${n}`, to: emitter, data: `0x${n.toString(16).padStart(64, "0")}`, gas: 100_000n };
      for (;;) {
        const sent = await sender.send(intent).catch(() => null);
        if (sent !== null) return sent;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const wishes = Promise.all(
      Array.from({ length: INTENTS }, async (_, n) => {
        await new Promise((resolve) => setTimeout(resolve, n * 250));
        return await wish(n);
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, INTENTS * 250 + 1_000));
    kind = true;
    await weather;
    await proxies.find(({ url }) => url === pool.state().inUse)?.down();
    await until(async () => {
      await follower.poll().catch(() => null);
      return pool.state().switches > 0;
    });
    for (const proxy of proxies) await proxy.up();
    const sent = await wishes;
    await until(() => followed.logs.length >= INTENTS);
    await polls;
    await sender.stop();

    const raw = proxies.flatMap(({ requests }) => requests.filter(({ method }) => method === SEND));
    const signed = new Set(raw.map(({ params }) => String(params[0])));
    const about = `seed ${seed}`;
    expect(new Set([...signed].map((bytes) => Transaction.from(bytes).nonce)).size, about).to.equal(INTENTS);
    expect(signed.size, about).to.equal(INTENTS);
    expect(new Set(sent.map(({ hash }) => hash)).size, about).to.equal(INTENTS);
    expect(Number(await node.anvil.rpc("eth_getTransactionCount", [signer.address, "latest"])), about).to.equal(
      INTENTS,
    );
    const emitted = followed.logs.map(({ data }) => Number(data)).sort((a, b) => a - b);
    expect(emitted, about).to.deep.equal(Array.from({ length: INTENTS }, (_, n) => n));
    expect(followed.rollbacks, about).to.deep.equal([]);
  });
});
