import { expect } from "chai";
import { Transaction } from "ethers";
import { ChainError } from "../../src/chain/errors.ts";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createProvider } from "../../src/chain/provider.ts";
import { createSender } from "../../src/chain/sender.ts";
import type { Sender } from "../../src/chain/sender.ts";
import { createSenders } from "../../src/chain/senders.ts";
import type { Senders } from "../../src/chain/senders.ts";
import type { Intent, TransactionStore } from "../../src/chain/transactions.ts";
import { failureOf } from "../support/failureOf.ts";
import { newSigner, place, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";
import { startRpcProxy } from "../../testbed/rpcProxy.ts";
import type { RpcProxy } from "../../testbed/rpcProxy.ts";
import { until } from "../support/until.ts";

const SEND = "eth_sendRawTransaction";

describe("several accounts of one relayer", () => {
  let node: TestNode;
  let proxy: RpcProxy;
  let store: TransactionStore;
  let signers: ReturnType<typeof newSigner>[];
  let accounts: Sender[];
  let senders: Senders;
  let to: string;

  before(async () => {
    node = await startNode("anvil");
    to = await place(node, "emitter");
  });
  after(() => node.stop());
  beforeEach(async () => {
    proxy = await startRpcProxy({ target: node.url });
    store = createMemoryTransactions();
    signers = [newSigner(), newSigner(), newSigner()];
    start();
    await node.anvil.rpc("evm_setAutomine", [false]);
  });
  afterEach(async () => {
    await senders.stop();
    await node.anvil.rpc("evm_setAutomine", [true]);
    await proxy.stop();
  });

  /** @param crashpoint of the account with this number */
  function start(crash: Record<number, string> = {}): void {
    const provider = createProvider({ url: proxy.url });
    accounts = signers.map((signer, index) =>
      createSender({
        ...{ provider, signer, chainId: 31_337, store, pause: 20, resend: 60, patience: 30_000 },
        crashpoint: (name) => {
          if (crash[index] === name) throw new Error("killed");
        },
      }),
    );
    senders = createSenders({ senders: accounts, store });
  }

  const intent = (id: string): Intent => ({ id, to, data: `0x${Buffer.from(id).toString("hex")}`, gas: 100_000n });
  const carrierOf = async (id: string) => {
    const found = await Promise.all(accounts.map(({ address }) => store.find({ sender: address, id })));
    return found.flatMap((record, index) => (record === null ? [] : [index]));
  };
  const sent = () => proxy.requests.filter(({ method }) => method === SEND);
  /** A block of transactions that the node has: one that arrives while anvil makes a block may wait for ever there. */
  const mineAll = async (ids: string[]) => {
    const atNode = async (id: string) => {
      const records = await Promise.all(accounts.map(({ address }) => store.find({ sender: address, id })));
      const hashes = records.flatMap((record) => (record === null ? [] : [record.hash]));
      if (hashes.length !== 1 || hashes[0] === null) return false;
      return (await node.anvil.rpc("eth_getTransactionByHash", hashes)) !== null;
    };
    await until(async () => (await Promise.all(ids.map(atNode))).every(Boolean));
    await node.mine();
  };

  it("share what is under way evenly, and each keeps its own count", async () => {
    const ids = ["a", "b", "c", "d", "e", "f"];
    const results = Promise.all(ids.map((id) => senders.send(intent(id))));
    await mineAll(ids);
    expect(new Set((await results).map(({ hash }) => hash)).size).to.equal(6);
    const carriers = await Promise.all(ids.map(carrierOf));
    expect(carriers.flat().sort()).to.deep.equal([0, 0, 1, 1, 2, 2]);
    for (const { address } of accounts) {
      expect(Number(await node.anvil.rpc("eth_getTransactionCount", [address, "latest"]))).to.equal(2);
    }
  });

  it("keep an intent with the account that has it on record, over a crash and a start, whoever is idle", async () => {
    const busy = senders.send(intent("busy")).catch(() => null);
    await until(async () => (await carrierOf("busy")).length === 1);
    await senders.stop();
    await busy;
    start({ 1: "intent" });
    void senders.send(intent("busy")).catch(() => null);
    const lost = failureOf(senders.send(intent("kept")));
    await until(async () => (await carrierOf("kept")).length === 1);
    expect(await carrierOf("kept")).to.deep.equal([1]);
    await senders.stop();
    await lost;
    start();
    const again = Promise.all([senders.send(intent("kept")), senders.send(intent("kept"))]);
    await mineAll(["kept"]);
    const [one, other] = await again;
    expect(one.hash).to.equal(other.hash);
    expect(await carrierOf("kept")).to.deep.equal([1]);
    await senders.resume();
    const sending = senders.send(intent("busy"));
    await mineAll(["busy"]);
    await sending;
  });

  it("go round an account that is stuck, and leave with it what it began", async () => {
    const stuckAddress = accounts[0]?.address;
    proxy.fault = ({ method, params }) => {
      if (method !== SEND || !isFrom(params[0], stuckAddress)) return null;
      return { kind: "error", code: -32007, message: "Sender account not authorized to send transactions" };
    };
    await node.anvil.rpc("evm_setAutomine", [true]);
    expect(await failureOf(senders.send(intent("begun")))).to.include({ code: "transaction-refused" });
    for (const id of ["b", "c", "d"]) expect((await senders.send(intent(id))).status).to.equal("succeeded");
    expect(await carrierOf("begun")).to.deep.equal([0]);
    for (const id of ["b", "c", "d"]) expect(await carrierOf(id)).not.to.include(0);
    proxy.fault = () => null;
    // A refusal that is on its way yet would be told to who asks now.
    await until(async () => (await store.find({ sender: stuckAddress ?? "", id: "begun" }))?.state === "included");
    expect((await senders.send(intent("begun"))).status).to.equal("succeeded");
    expect(await carrierOf("begun")).to.deep.equal([0]);
    expect(
      new Set(
        sent()
          .filter(({ params }) => isFrom(params[0], stuckAddress))
          .map(({ params }) => params[0]),
      ).size,
    ).to.equal(1);
  });

  it("do not try with another account what the contract refuses", async () => {
    const reverter = await place(node, "reverter");
    const error = await failureOf(senders.send({ ...intent("no"), to: reverter }));
    expect(error).to.be.instanceOf(ChainError);
    expect(proxy.requests.filter(({ method }) => method === "eth_call").length).to.equal(1);
    expect(await carrierOf("no")).to.deep.equal([]);
  });

  it("send what has expired all the same: it uses its nonce, and what comes after it goes on", async () => {
    signers = signers.slice(0, 1);
    start();
    const once = await place(node, "once");
    const expiring = failureOf(senders.send({ ...intent("expiring"), to: once }));
    await until(async () => (await carrierOf("expiring")).length === 1);
    const next = senders.send(intent("next"));
    await until(async () => (await carrierOf("next")).length === 1);
    // What was possible when it was signed is so no longer.
    await node.anvil.rpc("anvil_setStorageAt", [once, `0x${"00".repeat(32)}`, `0x${"00".repeat(31)}01`]);
    await until(async () => Number(((await node.anvil.rpc("txpool_status")) as { pending: string }).pending) === 2);
    await node.anvil.rpc("evm_setAutomine", [true]);
    await node.mine();
    expect((await next).status).to.equal("succeeded");
    expect((await expiring)?.message).to.include("reverted");
    expect(await store.open(accounts[0]?.address ?? "")).to.deep.equal([]);
  });
});

/** Whether signed bytes are of this account. */
function isFrom(raw: unknown, address: string | undefined): boolean {
  return Transaction.from(String(raw)).from?.toLowerCase() === address;
}
