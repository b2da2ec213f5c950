import { expect } from "chai";
import type { TransactionLike, Wallet } from "ethers";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createSender } from "../../src/chain/sender.ts";
import type { Sender, TransactionSigner } from "../../src/chain/sender.ts";
import type { Intent, TransactionStore } from "../../src/chain/transactions.ts";
import { createProvider } from "../../src/chain/provider.ts";
import type { RpcProvider } from "../../src/chain/provider.ts";
import type { FactoryChainError } from "../../src/lib/errors.ts";
import { startAnvil } from "../support/anvil.ts";
import type { Anvil } from "../support/anvil.ts";
import { startBesuStandIn } from "../support/besuStandIn.ts";
import type { BesuStandIn, Fault } from "../support/besuStandIn.ts";
import { newSigner } from "../support/nodes.ts";

const SEND = "eth_sendRawTransaction";

describe("sender when the node fails", () => {
  let anvil: Anvil;
  let besu: BesuStandIn;
  let signer: Wallet;
  let store: TransactionStore;
  let sender: Sender;

  before(async () => {
    anvil = await startAnvil();
  });
  after(() => anvil.stop());

  beforeEach(async () => {
    besu = await startBesuStandIn({ anvilUrl: anvil.url });
    signer = newSigner();
    store = createMemoryTransactions();
    sender = start();
  });
  afterEach(async () => {
    besu.fault = () => null;
    await sender.stop();
    await besu.stop();
  });

  function start(over: Partial<Parameters<typeof createSender>[0]> = {}): Sender {
    const provider = createProvider({ url: besu.url });
    return createSender({ provider, signer, chainId: 31337, store, pause: 20, resend: 60, patience: 30_000, ...over });
  }
  const intent = (id: string): Intent => ({ id, to: sender.address, data: "0x", gas: 30_000n });
  const rawSent = () => besu.requests.filter(({ method }) => method === SEND).map(({ params }) => params[0]);
  const failureOf = (promise: Promise<unknown>) =>
    promise.then(
      () => null,
      (error: FactoryChainError) => error,
    );

  /** A provider that waits for no answer to what it sends, and for everything else as long as others do. */
  function hurried(url: string): RpcProvider {
    const [patient, impatient] = [createProvider({ url }), createProvider({ url, timeout: 500 })];
    return { send: (method, params) => (method === SEND ? impatient : patient).send(method, params) };
  }

  /** The first `times` requests of a method fail. */
  function failFirst(times: number, method: string, fault: Fault): void {
    let left = times;
    besu.fault = (request) => (request.method === method && left-- > 0 ? fault : null);
  }

  const faults: [string, Fault][] = [
    ["loses the answer", { kind: "lose-answer" }],
    ["hangs", { kind: "hang" }],
    ["disconnects", { kind: "disconnect" }],
    ["takes no more requests", { kind: "status", status: 429 }],
    ["is out of order", { kind: "status", status: 503 }],
    ["answers with something else", { kind: "answer", text: "<html>" }],
    ["answers half", { kind: "answer", text: '{"jsonrpc":"2.0","id":1,"result":"0x' }],
  ];
  for (const [what, fault] of faults) {
    it(`sends only the same bytes again when the node ${what}`, async () => {
      failFirst(3, SEND, fault);
      if (fault.kind === "hang") sender = start({ provider: hurried(besu.url) });
      const sent = await sender.send(intent("a"));
      const bytes = rawSent();
      expect(bytes.length).to.be.greaterThan(fault.kind === "lose-answer" ? 0 : 3);
      expect(new Set(bytes).size).to.equal(1);
      expect(Number(await anvil.rpc("eth_getTransactionCount", [signer.address, "latest"]))).to.equal(1);
      expect((await store.find({ sender: sender.address, id: "a" }))?.hash).to.equal(sent.hash);
    });
  }

  it("takes `Known transaction` as success", async () => {
    await anvil.rpc("evm_setAutomine", [false]);
    try {
      const sending = sender.send(intent("a"));
      while (rawSent().length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
      await anvil.rpc("anvil_mine", ["0x1"]);
      await sending;
      expect(new Set(rawSent()).size).to.equal(1);
    } finally {
      await anvil.rpc("evm_setAutomine", [true]);
    }
  });

  it("finds its own transaction behind `Nonce too low`", async () => {
    // The answer to the first sending is lost, and until then the node's count lags behind.
    let answered = false;
    besu.fault = ({ method }) => {
      if (method !== SEND || answered) return null;
      answered = true;
      besu.staleHead = null;
      return { kind: "lose-answer" };
    };
    besu.staleHead = Number(await anvil.rpc("eth_blockNumber"));
    const sent = await sender.send(intent("a"));
    expect(sent.status).to.equal("succeeded");
    expect(new Set(rawSent()).size).to.equal(1);
  });

  it("waits for the receipts of a node that is starting up", async () => {
    const text = '{"error":{"code":-32000,"message":"transaction indexing is in progress"}}';
    failFirst(5, "eth_getTransactionReceipt", { kind: "answer", text });
    expect((await sender.send(intent("a"))).status).to.equal("succeeded");
    failFirst(5, "eth_getTransactionCount", { kind: "answer", text });
    expect(await failureOf(sender.send(intent("b")))).to.include({ code: "rpc-error" });
  });

  it("waits through an outage and cancels nothing", async () => {
    let down = false;
    besu.fault = () => (down ? { kind: "disconnect" } : null);
    await anvil.rpc("evm_setAutomine", [false]);
    const sending = sender.send(intent("a"));
    while (rawSent().length < 1) await new Promise((resolve) => setTimeout(resolve, 10));
    down = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
    await besu.losePending();
    await anvil.rpc("evm_setAutomine", [true]);
    down = false;
    await sending;
    expect(new Set(rawSent()).size).to.equal(1);
  });

  const liars: [string, TransactionLike][] = [
    ["another receiver", { to: `0x${"12".repeat(20)}` }],
    ["other data", { data: "0x01" }],
    ["money", { value: 1n }],
    ["another gas limit", { gasLimit: 40_000n }],
    ["a gas price", { gasPrice: 1n }],
    ["another nonce", { nonce: 7 }],
    ["another chain", { chainId: 1 }],
    ["another kind of transaction", { type: 1 }],
  ];
  for (const [what, lie] of liars) {
    it(`sends nothing of a signer that signs ${what}`, async () => {
      await sender.stop();
      const liar: TransactionSigner = {
        address: signer.address,
        signTransaction: (fields) => signer.signTransaction({ ...fields, ...lie }),
      };
      sender = start({ signer: liar });
      expect(await failureOf(sender.send(intent("a")))).to.include({ code: "signer-mismatch" });
      expect(rawSent()).to.deep.equal([]);
    });
  }

  it("takes no nonce while the node is away", async () => {
    besu.fault = () => ({ kind: "disconnect" });
    expect(await failureOf(sender.send(intent("a")))).to.include({ code: "rpc-unreachable", retryable: true });
    expect(await store.next(sender.address)).to.equal(0);
  });

  it("stops waiting for a receipt at the patience it was given, and keeps the transaction", async () => {
    await anvil.rpc("evm_setAutomine", [false]);
    const hasty = createSender({
      provider: createProvider({ url: besu.url }),
      signer,
      chainId: 31337,
      store,
      pause: 20,
      patience: 100,
    });
    expect(await failureOf(hasty.send(intent("a")))).to.include({ code: "transaction-pending", retryable: true });
    await hasty.stop();
    await anvil.rpc("evm_setAutomine", [true]);
    await anvil.rpc("anvil_mine", ["0x1"]);
    await sender.send(intent("a"));
    expect(new Set(rawSent()).size).to.equal(1);
  });

  it("says what a node refuses, keeps the bytes and sends them when it takes them", async () => {
    const strict = await startBesuStandIn({ anvilUrl: anvil.url, minimumGasPrice: 1_000n });
    const refused = start({ provider: createProvider({ url: strict.url }) });
    const error = await failureOf(refused.send(intent("a")));
    expect(error).to.include({ code: "transaction-refused" });
    expect(error?.message).to.include("below configured minimum");
    expect(await failureOf(refused.send(intent("b")))).to.include({ code: "transaction-refused" });
    await refused.stop();
    await strict.stop();
    expect(await store.next(sender.address)).to.equal(1);
    const bytes = strict.requests.filter(({ method }) => method === SEND).map(({ params }) => params[0]);
    await sender.send(intent("a"));
    expect(new Set([...bytes, ...rawSent()]).size).to.equal(1);
  });

  it("keeps within the nonce distance that Besu takes", async () => {
    await anvil.rpc("evm_setAutomine", [false]);
    for (let index = 0; index < 205; index++) {
      await store.reserve({ sender: sender.address, intent: intent(`n${index}`), floor: 0 });
    }
    // To send 200 again and again, as it does without, takes a slow machine too long.
    sender = start({ resend: 60_000 });
    await sender.resume();
    while (rawSent().length < 202) await new Promise((resolve) => setTimeout(resolve, 20));
    await anvil.rpc("evm_setAutomine", [true]);
    await anvil.rpc("anvil_mine", ["0x1"]);
    await sender.send(intent("n204"));
    expect(Number(await anvil.rpc("eth_getTransactionCount", [signer.address, "latest"]))).to.equal(205);
  });

  it("asks for no pending nonce, no tag of finality and no fee", async () => {
    await sender.send(intent("a"));
    const methods = new Set(besu.requests.map(({ method }) => method));
    expect([...methods].sort()).to.deep.equal([
      "eth_call",
      "eth_getBlockByHash",
      "eth_getBlockByNumber",
      "eth_getTransactionCount",
      "eth_getTransactionReceipt",
      SEND,
    ]);
    expect(JSON.stringify(besu.requests)).not.to.match(/pending|finalized|safe/);
  });
});
