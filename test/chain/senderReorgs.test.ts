import { expect } from "chai";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createSender } from "../../src/chain/sender.ts";
import type { Sender } from "../../src/chain/sender.ts";
import type { Intent, TransactionStore } from "../../src/chain/transactions.ts";
import { createProvider } from "../../src/chain/provider.ts";
import type { FactoryChainError } from "../../src/lib/errors.ts";
import { failureOf } from "../support/failureOf.ts";
import { newSigner, place, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";
import { startRpcProxy } from "../../testbed/rpcProxy.ts";
import type { RpcProxy } from "../../testbed/rpcProxy.ts";
import { until } from "../support/until.ts";

const CHAIN_ID = 31_337;
const SEND = "eth_sendRawTransaction";

describe("sender on a chain that takes blocks back", () => {
  let node: TestNode;
  let proxy: RpcProxy;
  let signer: ReturnType<typeof newSigner>;
  let store: TransactionStore;
  let sender: Sender;
  let to: string;

  before(async () => {
    node = await startNode("anvil");
  });
  after(() => node.stop());
  beforeEach(async () => {
    proxy = await startRpcProxy({ target: node.url });
    signer = newSigner();
    store = createMemoryTransactions();
    to = await place(node, "emitter");
    await node.anvil.rpc("evm_setAutomine", [false]);
  });
  afterEach(async () => {
    await sender.stop();
    await node.anvil.rpc("evm_setAutomine", [true]);
    await proxy.stop();
  });

  function start(depth: number): void {
    const provider = createProvider({ url: proxy.url });
    sender = createSender({
      ...{ provider, signer, chainId: CHAIN_ID, store, depth },
      ...{ pause: 20, resend: 60, patience: 30_000 },
    });
  }

  const intent = (id: string, over: Partial<Intent> = {}): Intent => ({ id, to, data: "0x01", gas: 100_000n, ...over });
  const pending = async () => Number(((await node.anvil.rpc("txpool_status")) as { pending: string }).pending);
  const isPending = () => until(async () => (await pending()) > 0);
  /** The node has it, in its pool or in a block: it may be sent at any moment, also while a block is made. */
  const isAtNode = (id: string) =>
    until(async () => {
      const hash = (await store.find({ sender: sender.address, id }))?.hash ?? null;
      return hash !== null && (await node.anvil.rpc("eth_getTransactionByHash", [hash])) !== null;
    });
  const stateOf = async (id: string) => (await store.find({ sender: sender.address, id }))?.state;
  const signedBytes = () => new Set(proxy.requests.flatMap(({ method, params }) => (method === SEND ? params : [])));
  const nonce = async () => Number(await node.anvil.rpc("eth_getTransactionCount", [signer.address, "latest"]));
  /** So many looks of the sender at the chain. */
  const looks = async (count: number) => {
    const reads = () => proxy.requests.filter(({ method }) => method === "eth_getTransactionCount").length;
    const before = reads();
    await until(() => reads() >= before + count);
  };

  for (const depth of [0, 1, 3]) {
    it(`calls a transaction included with ${depth} blocks on top of it, and not before`, async () => {
      start(depth);
      let done = false;
      const sending = sender.send(intent("a")).finally(() => (done = true));
      await isPending();
      await node.mine();
      for (let blocks = 0; blocks < depth; blocks++) {
        await looks(3);
        expect(done, `with ${blocks} blocks on top`).to.equal(false);
        expect(await stateOf("a")).to.equal("prepared");
        await node.mine();
      }
      expect((await sending).status).to.equal("succeeded");
      expect(await stateOf("a")).to.equal("included");
      expect(signedBytes().size).to.equal(1);
    });
  }

  for (const deep of [1, 2, 3]) {
    it(`sends the same bytes again when ${deep} blocks are taken back that were not final, told by nobody`, async () => {
      start(3);
      const snapshot = await node.anvil.rpc("evm_snapshot");
      const sending = sender.send(intent("a"));
      await isPending();
      await node.mine(deep);
      await looks(2);
      await node.anvil.rpc("evm_revert", [snapshot]);
      await node.anvil.rpc("anvil_dropAllTransactions");
      await node.mine(); // without it, unless it was sent again by now
      await isAtNode("a");
      await node.mine(4);
      const sent = await sending;
      expect(signedBytes().size).to.equal(1);
      expect(await nonce()).to.equal(1);
      expect(sent.block.hash).to.equal((await store.find({ sender: sender.address, id: "a" }))?.block?.hash);
    });
  }

  it("knows its transaction in another block", async () => {
    start(2);
    const snapshot = await node.anvil.rpc("evm_snapshot");
    const sending = sender.send(intent("a"));
    await isPending();
    await node.mine();
    await looks(2);
    const [raw] = signedBytes();
    await node.anvil.rpc("evm_revert", [snapshot]);
    await node.mine();
    await node.anvil.rpc(SEND, [raw]).catch(() => null); // somebody else had it too
    await node.mine(3);
    const sent = await sending;
    const receipt = (await node.anvil.rpc("eth_getTransactionReceipt", [sent.hash])) as { blockHash: string };
    expect(sent.block.hash).to.equal(receipt.blockHash);
    expect(signedBytes().size).to.equal(1);
  });

  it("loses to a peer whose transaction came first after the reorganisation, and uses its nonce once", async () => {
    start(2);
    const once = await place(node, "once");
    const snapshot = await node.anvil.rpc("evm_snapshot");
    const sending = failureOf(sender.send(intent("a", { to: once })));
    await isPending();
    await node.mine();
    await looks(2);
    // Nothing is on its way now, and from now on nothing gets through.
    proxy.fault = ({ method }) => (method === SEND ? { kind: "status", status: 503 } : null);
    await node.anvil.rpc("evm_revert", [snapshot]);
    await node.anvil.rpc("anvil_dropAllTransactions");
    const fields = { type: 0, chainId: CHAIN_ID, nonce: 0, gasPrice: 0, gasLimit: 100_000, to: once, data: "0x01" };
    await node.anvil.rpc(SEND, [await newSigner().signTransaction(fields)]);
    await node.mine();
    proxy.fault = () => null;
    await isPending();
    await node.mine(3);
    expect((await sending)?.message).to.include("reverted");
    expect(await nonce()).to.equal(1);
    expect(signedBytes().size).to.equal(1);
    expect(await store.open(sender.address)).to.deep.equal([]);
  });

  it("gives up a nonce to another transaction only when that one is final", async () => {
    start(3);
    await store.reserve({ sender: sender.address, intent: intent("a"), floor: 0 });
    const foreign = { type: 0, chainId: CHAIN_ID, nonce: 0, gasPrice: 0, gasLimit: 30_000, to: signer.address };
    await node.anvil.rpc(SEND, [await signer.signTransaction(foreign)]);
    const snapshot = await node.anvil.rpc("evm_snapshot");
    await node.mine();
    await sender.resume();
    await looks(12);
    expect(await stateOf("a")).to.equal("intent");
    await node.anvil.rpc("evm_revert", [snapshot]);
    await node.anvil.rpc("anvil_dropAllTransactions");
    await node.mine();
    const sending = sender.send(intent("a"));
    await isAtNode("a");
    await node.mine(4);
    expect((await sending).status).to.equal("succeeded");
  });
});

describe("sender whose nonces others use", () => {
  it("goes on without a start when a gap below it is filled from elsewhere, and signs nothing for the gap", async () => {
    const node = await startNode("anvil");
    const proxy = await startRpcProxy({ target: node.url });
    const signer = newSigner();
    const store = createMemoryTransactions();
    const sender = createSender({
      ...{ provider: createProvider({ url: proxy.url }), signer, chainId: CHAIN_ID, store },
      ...{ pause: 20, resend: 60, patience: 30_000 },
    });
    const to = await place(node, "emitter");
    // The store was ahead of the chain: it begins at nonce 2.
    await store.reserve({ sender: sender.address, intent: { id: "a", to, data: "0x01", gas: 100_000n }, floor: 2 });
    const wish = { id: "a", to, data: "0x01", gas: 100_000n };
    expect(await failureOf(sender.send(wish))).to.include({ code: "nonce-gap" });
    expect(proxy.requests.filter(({ method }) => method === SEND).length, "sent for the gap").to.equal(0);
    // It may look while one of the two is there, or none.
    const again = (): ReturnType<typeof sender.send> =>
      sender.send(wish).catch(async (error: FactoryChainError) => {
        if (error.code !== "nonce-gap") throw error;
        return await again();
      });
    const sending = again();
    for (const nonce of [0, 1]) {
      const fields = { type: 0, chainId: CHAIN_ID, nonce, gasPrice: 0, gasLimit: 30_000, to: signer.address };
      const hash = await node.anvil.rpc(SEND, [await signer.signTransaction(fields)]);
      await until(async () => (await node.anvil.rpc("eth_getTransactionReceipt", [hash])) !== null);
    }
    expect((await sending).status).to.equal("succeeded");
    expect((await store.find({ sender: sender.address, id: "a" }))?.nonce).to.equal(2);
    await sender.stop();
    await proxy.stop();
    await node.stop();
  });
});
