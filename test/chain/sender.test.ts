import { expect } from "chai";
import { Interface } from "ethers";
import type { Wallet } from "ethers";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createSender } from "../../src/chain/sender.ts";
import type { Sender } from "../../src/chain/sender.ts";
import type { Intent, TransactionStore } from "../../src/chain/transactions.ts";
import type { FactoryChainError } from "../../src/lib/errors.ts";
import { newSigner, NODE_KINDS, place, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";
import { until } from "../support/until.ts";

const CHAIN_ID = 31337;
const GAS = 100_000n;
const PATIENCE = 30_000;
const FOREIGN = { type: 0, chainId: CHAIN_ID, nonce: 0, gasPrice: 0, gasLimit: 30_000 };

const revertData = new Interface(["error OrderNotOpen(bytes32 order, uint8 status)"]).encodeErrorResult(
  "OrderNotOpen",
  [`0x${"ab".repeat(32)}`, 3],
);

async function failureOf(promise: Promise<unknown>): Promise<FactoryChainError> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error as FactoryChainError,
  );
  if (outcome === null) throw new Error("It did not fail.");
  return outcome;
}

for (const kind of NODE_KINDS) {
  describe(`sender on ${kind}`, () => {
    let node: TestNode;
    let signer: Wallet;
    let store: TransactionStore;
    let sender: Sender;
    let emitter: string;

    before(async () => {
      node = await startNode(kind);
    });
    after(() => node.stop());

    beforeEach(async () => {
      signer = newSigner();
      store = createMemoryTransactions();
      sender = start();
      emitter = await place(node, "emitter");
    });
    afterEach(async () => {
      if (node.besu !== null) Object.assign(node.besu, { fault: () => null, staleHead: null });
      await node.anvil.rpc("evm_setAutomine", [true]);
      await sender.stop();
    });

    function start(over: Partial<Parameters<typeof createSender>[0]> = {}): Sender {
      return createSender({
        provider: node.provider,
        signer,
        chainId: CHAIN_ID,
        store,
        pause: 20,
        resend: 60,
        patience: PATIENCE,
        ...over,
      });
    }

    const intent = (id: string, over: Partial<Intent> = {}): Intent => ({
      id,
      to: emitter,
      data: `0x${"01".repeat(32)}`,
      gas: GAS,
      ...over,
    });
    const chainNonce = async () => Number(await node.anvil.rpc("eth_getTransactionCount", [signer.address, "latest"]));
    const automine = (on: boolean) => node.anvil.rpc("evm_setAutomine", [on]);
    const pool = async () => (await node.anvil.rpc("txpool_status")) as { pending: string };
    const pooled = (count: number) => until(async () => Number((await pool()).pending) === count);
    /** In one block: a transaction that arrives while anvil makes a block may wait for ever for the one before it. */
    const sendTogether = async (ids: string[]) => {
      await automine(false);
      const sending = Promise.all(ids.map((id) => sender.send(intent(id))));
      await pooled(ids.length);
      await node.mine();
      return await sending;
    };

    it("resolves to what the chain executed", async () => {
      const sent = await sender.send(intent("a"));
      expect(sent.status).to.equal("succeeded");
      expect(sent.logs.map(({ address, topics }) => ({ address, topics }))).to.deep.equal([
        { address: emitter, topics: [`0x${"01".repeat(32)}`] },
      ]);
      expect(sent.gasUsed > 21_000n && sent.gasUsed < GAS).to.equal(true);
      const block = (await node.anvil.rpc("eth_getBlockByHash", [sent.block.hash, false])) as { timestamp: string };
      expect(sent.block.time).to.equal(Number(block.timestamp));
    });

    it("makes one transaction of one intent, asked for together, again, and after a start", async () => {
      const [first, second] = await Promise.all([sender.send(intent("a")), sender.send(intent("a"))]);
      const third = await sender.send(intent("a"));
      await sender.stop();
      sender = start();
      const fourth = await sender.send(intent("a"));
      expect(new Set([first, second, third, fourth].map(({ hash }) => hash)).size).to.equal(1);
      expect(await chainNonce()).to.equal(1);
    });

    it("gives parallel intents a nonce each, without a gap", async () => {
      const ids = Array.from({ length: 12 }, (_, index) => `n${index}`);
      const sent = await sendTogether(ids);
      expect(new Set(sent.map(({ hash }) => hash)).size).to.equal(ids.length);
      expect(await chainNonce()).to.equal(ids.length);
    });

    it("refuses an id with another content", async () => {
      await sender.send(intent("a"));
      expect(await failureOf(sender.send(intent("a", { data: "0x" })))).to.include({ code: "intent-differs" });
    });

    it("begins with the chain's nonce", async () => {
      await sender.send(intent("a"));
      await sender.stop();
      store = createMemoryTransactions();
      sender = start();
      await sender.send(intent("b"));
      expect(await chainNonce()).to.equal(2);
    });

    it("reports a revert before it takes a nonce", async () => {
      const reverter = await place(node, "reverter");
      const error = await failureOf(sender.send(intent("a", { to: reverter, data: revertData })));
      expect(error.code).to.equal("order-not-open");
      expect(error).to.have.nested.property("figures.order", `0x${"ab".repeat(32)}`);
      expect(await store.next(sender.address)).to.equal(0);
    });

    it("reports too little gas, too much gas, too many bytes and a call that never ends before it takes a nonce", async () => {
      const endless = await place(node, "endless");
      const codes = [
        await failureOf(sender.send(intent("a", { gas: 21_000n }))),
        await failureOf(sender.send(intent("b", { gas: 16_777_217n }))),
        await failureOf(sender.send(intent("c", { to: endless }))),
        await failureOf(sender.send(intent("d", { to: "0x12" }))),
        await failureOf(sender.send(intent("e", { gas: 16_777_216n, data: `0x${"00".repeat(131_000)}` }))),
      ].map(({ code }) => code);
      const expected = ["transaction-gas", "transaction-gas", "call-failed", "intent-invalid", "transaction-size"];
      expect(codes).to.deep.equal(expected);
      expect(await store.next(sender.address)).to.equal(0);
    });

    it("reports a transaction that was reverted in its block, with the contract's reason", async () => {
      const once = await place(node, "once");
      await automine(false);
      const first = sender.send(intent("a", { to: once, data: revertData }));
      await until(async () => (await store.next(sender.address)) === 1);
      const second = failureOf(sender.send(intent("b", { to: once, data: revertData })));
      await until(async () => (await store.open(sender.address)).filter(({ raw }) => raw !== null).length === 2);
      await pooled(2);
      await node.mine();
      const sent = await first;
      const error = await second;
      expect(sent.status).to.equal("succeeded");
      expect(error.code).to.equal("order-not-open");
      expect(error).to.have.nested.property("figures.block", String(sent.block.number));
      expect(await failureOf(sender.send(intent("b", { to: once, data: revertData })))).to.include({
        code: "order-not-open",
      });
    });

    it("sends the same bytes again when the node loses them", async () => {
      await automine(false);
      const sending = sender.send(intent("a"));
      await pooled(1);
      const [record] = await store.open(sender.address);
      await node.besu?.losePending();
      await node.anvil.rpc("anvil_dropAllTransactions");
      await pooled(1);
      await node.mine();
      expect((await sending).hash).to.equal(record?.hash);
    });

    it("goes on after a crash at each point, with the bytes that were kept", async () => {
      const points = ["intent", "prepared", "broadcast", "included", "final"];
      for (const point of points) {
        const crashed = new Promise<void>((resolve) => {
          sender = start({
            crashpoint: (name) => {
              if (name !== point) return;
              resolve();
              throw new Error("killed");
            },
          });
        });
        const lost = sender.send(intent(point)).catch(() => null);
        await crashed;
        const before = await store.find({ sender: sender.address, id: point });
        await Promise.all([sender.stop(), lost]);
        sender = start();
        await sender.resume();
        const sent = await sender.send(intent(point));
        if (before?.hash !== null) expect(sent.hash).to.equal(before?.hash);
        await sender.stop();
      }
      expect(await chainNonce()).to.equal(points.length);
    });

    it("sends everything again, the same bytes in nonce order, when the chain went back", async () => {
      const snapshot = await node.anvil.rpc("evm_snapshot");
      const before = await sendTogether(["a", "b", "c"]);
      await node.anvil.rpc("evm_revert", [snapshot]);
      expect(await chainNonce()).to.equal(0);
      // Nobody told the sender: it sees it when it asks for the next nonce.
      const sending = sender.send(intent("d"));
      await pooled(4);
      await node.mine();
      const fourth = await sending;
      expect(await chainNonce()).to.equal(4);
      const after = await Promise.all(["a", "b", "c"].map((id) => sender.send(intent(id))));
      expect(after.map(({ hash }) => hash)).to.deep.equal(before.map(({ hash }) => hash));
      expect(fourth.hash).not.to.be.oneOf(before.map(({ hash }) => hash));
    });

    it("sends again what a rollback took away", async () => {
      const kept = await sender.send(intent("a"));
      const snapshot = await node.anvil.rpc("evm_snapshot");
      const lost = await sender.send(intent("b"));
      await node.anvil.rpc("evm_revert", [snapshot]);
      await sender.rollback(kept.block);
      await until(async () => (await chainNonce()) === 2);
      expect((await sender.send(intent("b"))).hash).to.equal(lost.hash);
    });

    it("proves that another transaction took the nonce before it gives an intent up", async () => {
      await automine(false);
      const stopped = failureOf(sender.send(intent("a")));
      await until(async () => (await store.find({ sender: sender.address, id: "a" }))?.state === "prepared");
      await sender.stop();
      expect(await stopped).to.include({ code: "sender-stopped", retryable: true });
      await node.besu?.losePending();
      await node.anvil.rpc("anvil_dropAllTransactions");
      await automine(true);
      const foreign = await signer.signTransaction({ ...FOREIGN, to: signer.address });
      const by = await node.anvil.rpc("eth_sendRawTransaction", [foreign]);
      await node.mine(3);

      sender = start();
      const error = await failureOf(sender.send(intent("a")));
      expect(error).to.include({ code: "nonce-replaced" }).and.to.have.nested.property("figures.by", by);
      expect(await failureOf(sender.send(intent("a")))).to.include({ code: "nonce-replaced" });
      expect((await sender.send(intent("b"))).status).to.equal("succeeded");
    });

    it("says when nonces before ours were used elsewhere and lost", async () => {
      const snapshot = await node.anvil.rpc("evm_snapshot");
      const other = createSender({
        provider: node.provider,
        signer,
        chainId: CHAIN_ID,
        store: createMemoryTransactions(),
        pause: 20,
      });
      await other.send(intent("elsewhere"));
      await other.stop();
      await sender.send(intent("a"));
      await node.anvil.rpc("evm_revert", [snapshot]);
      const error = await failureOf(sender.send(intent("b")));
      expect(error).to.include({ code: "nonce-gap" });
      expect(error.message).to.include("waits for nonce 0").and.to.include("begin at 1");
    });
  });
}
