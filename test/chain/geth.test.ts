import { expect } from "chai";
import { getCreateAddress, Transaction } from "ethers";
import type { Wallet } from "ethers";
import { createFollower } from "../../src/chain/follower.ts";
import type { Follower } from "../../src/chain/follower.ts";
import { createProvider } from "../../src/chain/provider.ts";
import { createSender } from "../../src/chain/sender.ts";
import type { Sender } from "../../src/chain/sender.ts";
import type { Intent } from "../../src/chain/transactions.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createTransactionStore } from "../../src/store/transactions.ts";
import { failureOf } from "../support/failureOf.ts";
import { describeGeth } from "../support/geth.ts";
import { createMemoryFollower } from "../support/memoryFollower.ts";
import type { MemoryFollower } from "../support/memoryFollower.ts";
import { CODE, newSigner } from "../support/nodes.ts";
import { startRpcProxy } from "../../testbed/rpcProxy.ts";
import type { RpcProxy } from "../../testbed/rpcProxy.ts";
import { until } from "../support/until.ts";

const SEND = "eth_sendRawTransaction";

describeGeth("sender and follower on go-ethereum", (node) => {
  let db: Awaited<ReturnType<typeof openDatabase>>;
  let signer: Wallet;
  let proxy: RpcProxy;
  let sender: Sender;
  let emitter: string;
  let store: MemoryFollower;
  let follower: Follower;

  before(async () => {
    db = await openDatabase({ url: ":memory:" });
    signer = newSigner();
    emitter = await deploy(CODE.emitter);
    const start = Number(await node().rpc("eth_blockNumber")) + 1;
    proxy = await startRpcProxy({ target: node().url });
    store = createMemoryFollower({ start });
    const provider = createProvider({ url: proxy.url });
    follower = createFollower({ provider, addresses: [emitter], start, store });
    sender = createSender({
      ...{ provider, signer, chainId: node().chainId, pause: 50, resend: 500 },
      store: createTransactionStore({ db }),
    });
  });
  after(async () => {
    await sender?.stop();
    await proxy?.stop();
    await db?.destroy();
  });
  afterEach(() => {
    proxy.fault = () => null;
  });

  /** Puts a tiny contract on the chain. @returns its address */
  async function deploy(code: string): Promise<string> {
    const wallet = newSigner();
    const size = code.length / 2 - 1;
    // Returns what follows its own ten bytes.
    const init = `0x60${size.toString(16).padStart(2, "0")}80600a5f395ff300${code.slice(2)}`;
    const fields = { type: 0, chainId: node().chainId, nonce: 0, gasPrice: 0, gasLimit: 200_000, data: init };
    const hash = await node().rpc(SEND, [await wallet.signTransaction(fields)]);
    await until(
      async () =>
        (await node()
          .rpc("eth_getTransactionReceipt", [hash])
          .catch(() => null)) !== null,
    );
    return getCreateAddress({ from: wallet.address, nonce: 0 }).toLowerCase();
  }

  const intent = (n: number): Intent => ({
    id: `n${n}`,
    to: emitter,
    data: `0x${n.toString(16).padStart(64, "0")}`,
    gas: 100_000n,
  });
  const seen = () => store.logs.map(({ data }) => Number(data));
  const rawSent = () => proxy.requests.filter(({ method }) => method === SEND).map(({ params }) => params[0]);
  const caughtUp = async (count: number) => {
    await until(async () => {
      await follower.poll().catch(() => null);
      return seen().length >= count;
    });
  };

  it("takes transactions with gas price 0, each once, and reports their logs", async () => {
    const sent = await Promise.all([1, 2, 3, 4, 5].map((n) => sender.send(intent(n))));
    expect(new Set(sent.map(({ hash }) => hash)).size).to.equal(5);
    await caughtUp(5);
    expect(seen().sort()).to.deep.equal([1, 2, 3, 4, 5]);
    expect(store.rollbacks).to.deep.equal([]);
  });

  it("takes `already known` and `nonce too low` as what they are", async () => {
    proxy.fault = ({ method }) => (method === SEND ? { kind: "duplicate" } : null);
    await sender.send(intent(6));
    expect(proxy.done.duplicate).to.be.greaterThan(0);
    let lost = 0;
    proxy.fault = ({ method }) => (method === SEND && lost++ < 2 ? { kind: "lose-answer" } : null);
    const bytes = rawSent().length;
    await sender.send(intent(7));
    expect(new Set(rawSent().slice(bytes)).size).to.equal(1);
    expect(Number(await node().rpc("eth_getTransactionCount", [signer.address, "latest"]))).to.equal(7);
  });

  it("sends the same bytes again when the node was killed with them in its pool, and reads on", async () => {
    const sentWith = (nonce: number) => rawSent().filter((raw) => Transaction.from(String(raw)).nonce === nonce);
    let n = 7;
    do {
      const bytes = rawSent().length;
      const sending = sender.send(intent(++n));
      await until(() => rawSent().length > bytes);
      await node().kill();
      expect(await failureOf(follower.poll())).to.include({ retryable: true });
      await node().start();
      const sent = await sending;
      const record = await createTransactionStore({ db }).find({ sender: sender.address, id: `n${n}` });
      expect(record).to.include({ state: "included", hash: sent.hash });
      // A block may have come before the kill: then it was in no pool any more, and the next one may be.
    } while (sentWith(n - 1).length === 1);
    // One transaction for each nonce, however often it was sent: a node that comes up may say less at first.
    const signed = new Set(rawSent().map((raw) => Transaction.from(String(raw)).serialized));
    expect(signed.size).to.equal(n);
    await caughtUp(n);
    expect(seen().sort((a, b) => a - b)).to.deep.equal(Array.from({ length: n }, (_, index) => index + 1));
    expect(Number(await node().rpc("eth_getTransactionCount", [signer.address, "latest"]))).to.equal(n);
  });

  it("knows ranges above its head as such, and reverts with their reason", async () => {
    const head = Number(await node().rpc("eth_blockNumber"));
    const provider = createProvider({ url: node().url });
    const filter = { address: [emitter], fromBlock: "0x1", toBlock: `0x${(head + 50).toString(16)}` };
    expect(await failureOf(provider.send("eth_getLogs", [filter]))).to.include({ rpcCode: -32602 });
    const reverter = await deploy(CODE.reverter);
    const error = await failureOf(sender.send({ ...intent(101), to: reverter }));
    expect(error?.code).not.to.equal("rpc-error");
    expect(await failureOf(sender.send({ ...intent(102), gas: 21_000n }))).to.include({ code: "transaction-gas" });
  });
});
