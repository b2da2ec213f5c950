import { expect } from "chai";
import { createFollower } from "../../src/chain/follower.ts";
import type { Follower } from "../../src/chain/follower.ts";
import type { FactoryChainError } from "../../src/lib/errors.ts";
import { systemClock } from "../../src/lib/retry.ts";
import { failureOf } from "../support/failureOf.ts";
import { createMemoryFollower } from "../support/memoryFollower.ts";
import type { MemoryFollower } from "../support/memoryFollower.ts";
import type { BesuStandIn } from "../support/besuStandIn.ts";
import { NODE_KINDS, newSigner, place, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";

for (const kind of NODE_KINDS) {
  describe(`follower on ${kind}`, () => {
    let node: TestNode;
    let emitter: string;
    let store: MemoryFollower;
    let follower: Follower;
    let start: number;
    let count = 0;

    before(async () => {
      node = await startNode(kind);
      emitter = await place(node, "emitter");
    });
    after(() => node.stop());

    beforeEach(async () => {
      start = (await head()) + 1;
      store = createMemoryFollower({ start });
      follower = follow();
    });

    /** Tests of what only the stand-in can be told to do. */
    const onBesu = (name: string, test: (besu: BesuStandIn) => Promise<void>) => {
      if (kind === "anvil") return;
      it(name, async () => {
        if (node.besu === null) throw new Error("No stand-in.");
        await test(node.besu);
      });
    };
    const head = async () => Number(await node.anvil.rpc("eth_blockNumber"));
    const follow = (over: { range?: number; genesis?: string; depth?: number } = {}) =>
      createFollower({ provider: node.provider, addresses: [emitter], start, store, ...over });
    const seen = () => store.logs.map(({ data }) => Number(data));

    /** Emits a log with the next number; a block holds it. */
    async function emit(): Promise<number> {
      const signer = newSigner();
      const data = `0x${(++count).toString(16).padStart(64, "0")}`;
      const fields = { type: 0, chainId: 31337, nonce: 0, gasPrice: 0, gasLimit: 100_000, to: emitter, data };
      const hash = await node.anvil.rpc("eth_sendRawTransaction", [await signer.signTransaction(fields)]);
      while ((await node.anvil.rpc("eth_getTransactionReceipt", [hash])) === null) await systemClock.sleep(5);
      return count;
    }

    it("applies each log once, in order, however often it polls", async () => {
      const emitted = [await emit(), await emit()];
      await Promise.all([follower.poll(), follower.poll()]);
      emitted.push(await emit());
      await follower.poll();
      const reached = await follower.poll();
      expect(seen()).to.deep.equal(emitted);
      expect(reached.number).to.equal(await head());
      expect(store.marks[0]).to.deep.equal(reached);
      expect(store.rollbacks).to.deep.equal([]);
    });

    it("goes on after a start where its store ends", async () => {
      const first = await emit();
      await follower.poll();
      const second = await emit();
      await follow().poll();
      expect(seen()).to.deep.equal([first, second]);
    });

    it("reads in ranges", async () => {
      const first = await emit();
      await node.mine(120);
      const second = await emit();
      await follow({ range: 50 }).poll();
      expect(seen()).to.deep.equal([first, second]);
      expect(store.marks.length).to.equal(3);
    });

    onBesu("halves a range that the node refuses", async (besu) => {
      besu.logRange = 30;
      const first = await emit();
      await node.mine(120);
      const second = await emit();
      await follower.poll();
      besu.logRange = 5_000;
      expect(seen()).to.deep.equal([first, second]);
      expect(store.marks.length).to.be.greaterThan(4);
    });

    it("takes back what a reorganisation took back", async () => {
      const first = await emit();
      await follower.poll();
      const snapshot = await node.anvil.rpc("evm_snapshot");
      await emit();
      await emit();
      await follower.poll();
      await node.anvil.rpc("evm_revert", [snapshot]);
      const other = [await emit(), await emit(), await emit()];
      await follower.poll();
      expect(seen()).to.deep.equal([first, ...other]);
      expect(store.rollbacks.length).to.equal(1);
    });

    it("waits for a node that has less of the same chain, and takes nothing back", async () => {
      const first = await emit();
      await follower.poll();
      const snapshot = await node.anvil.rpc("evm_snapshot");
      const second = await emit();
      await follower.poll();
      await node.anvil.rpc("evm_revert", [snapshot]);
      const error = await failureOf(follower.poll());
      expect(error).to.include({ code: "node-behind", retryable: true });
      expect(error?.message).to.include(`up to block ${await head()}`);
      expect(seen()).to.deep.equal([first, second]);
      expect(store.rollbacks).to.deep.equal([]);
    });

    it("knows a chain that went back by its next block", async () => {
      const first = await emit();
      await follower.poll();
      const snapshot = await node.anvil.rpc("evm_snapshot");
      for (let blocks = 0; blocks < 3; blocks++) {
        await emit();
        await follower.poll();
      }
      await node.anvil.rpc("evm_revert", [snapshot]);
      await node.mine();
      const reached = await follower.poll();
      expect(seen()).to.deep.equal([first]);
      expect(reached.number).to.equal(await head());
      expect(store.rollbacks.length).to.equal(1);
    });

    it("knows it between sparse checkpoints too, by the time of a block", async () => {
      const snapshot = await node.anvil.rpc("evm_snapshot");
      await node.mine(40);
      await follow({ range: 30 }).poll();
      await node.anvil.rpc("evm_revert", [snapshot]);
      await node.mine(10);
      const error = await failureOf(follower.poll());
      expect(error).to.include({ code: "node-behind" });
      const top = store.marks[0];
      await node.anvil.rpc("evm_setNextBlockTimestamp", [(top?.time ?? 0) + 1]);
      await node.mine();
      await follower.poll();
      expect(store.marks[0]?.number).to.equal(await head());
      expect(store.rollbacks).to.deep.equal([null]);
    });

    it("reads blocks when they are final, and takes back only what counted as final", async () => {
      const final = follow({ depth: 3 });
      const first = await emit();
      await node.mine(3);
      expect((await final.poll()).number).to.equal((await head()) - 3);
      expect(seen()).to.deep.equal([first]);
      for (const deep of [1, 2, 3]) {
        const snapshot = await node.anvil.rpc("evm_snapshot");
        for (let blocks = 0; blocks < deep; blocks++) await emit();
        await final.poll();
        await node.anvil.rpc("evm_revert", [snapshot]);
        await node.mine(deep + 1);
        await final.poll();
        expect(seen(), `${deep} blocks`).to.deep.equal([first]);
        expect(store.rollbacks).to.deep.equal([]);
      }
      const snapshot = await node.anvil.rpc("evm_snapshot");
      await emit();
      await node.mine(3);
      await final.poll();
      expect(seen()).to.deep.equal([first, count]);
      await node.anvil.rpc("evm_revert", [snapshot]);
      await node.mine(5);
      await final.poll();
      expect(seen()).to.deep.equal([first]);
      expect(store.rollbacks.length).to.equal(1);
    });

    it("has no final block before the chain is that long", async () => {
      start = 0;
      store = createMemoryFollower({ start });
      expect((await follow({ depth: (await head()) + 5 }).poll()).number).to.equal(0);
    });

    it("begins anew when no checkpoint is on the chain, and knows another chain", async () => {
      const snapshot = await node.anvil.rpc("evm_snapshot");
      await emit();
      await follower.poll();
      await node.anvil.rpc("evm_revert", [snapshot]);
      const second = await emit();
      const genesis = ((await node.anvil.rpc("eth_getBlockByNumber", ["0x0", false])) as { hash: string }).hash;
      await follow({ genesis }).poll();
      expect(seen()).to.deep.equal([second]);
      expect(store.rollbacks).to.deep.equal([null]);

      store.marks = [{ number: start, hash: "0x01", time: 0 }];
      const error = await follow({ genesis: `0x${"ab".repeat(32)}` })
        .poll()
        .then(
          () => null,
          (cause: unknown) => cause as FactoryChainError,
        );
      expect(error).to.include({ code: "wrong-genesis", retryable: false });
      expect(seen()).to.deep.equal([second]);
    });

    it("waits before its first block", async () => {
      start = (await head()) + 3;
      store = createMemoryFollower({ start });
      expect((await follow().poll()).number).to.equal(start - 3);
      await node.mine(3);
      await follow().poll();
      expect(store.marks.map(({ number }) => number)).to.deep.equal([start]);
    });

    onBesu("clamps to the head that the node itself reports", async (besu) => {
      const first = await emit();
      besu.staleHead = await head();
      await emit();
      const reached = await follower.poll();
      expect(reached.number).to.equal(besu.staleHead);
      expect(seen()).to.deep.equal([first]);
      besu.staleHead = null;
      await follower.poll();
      expect(seen()).to.deep.equal([first, count]);
    });

    onBesu("loses nothing when the node fails in between", async (besu) => {
      const first = await emit();
      for (const failing of ["eth_getLogs", "eth_getBlockByNumber"]) {
        besu.fault = ({ method }) => (method === failing ? { kind: "status", status: 503 } : null);
        const error = await follower.poll().catch((cause: unknown) => cause as FactoryChainError);
        expect(error).to.include({ code: "rpc-unavailable", retryable: true });
      }
      besu.fault = () => null;
      await follower.poll();
      expect(seen()).to.deep.equal([first]);
    });
  });
}
