import { expect } from "chai";
import { Transaction } from "ethers";
import type { TransactionLike, Wallet } from "ethers";
import { broadcast } from "../../src/chain/broadcast.ts";
import { RpcError } from "../../src/chain/errors.ts";
import { newSigner, startNode } from "../support/nodes.ts";
import type { TestNode } from "../support/nodes.ts";

/** What Besu answers, and what the runtime makes of it: docs and tests of the runtime rest on these rows. */
describe("what Besu answers", () => {
  let node: TestNode;
  let signer: Wallet;

  before(async () => {
    node = await startNode("besu stand-in");
  });
  after(() => node.stop());

  beforeEach(async () => {
    signer = newSigner();
    await node.anvil.rpc("evm_setAutomine", [false]);
    await node.mine();
  });

  const sign = (over: TransactionLike<string> = {}) =>
    signer.signTransaction({
      ...{ type: 0, chainId: 31337, nonce: 0, gasPrice: 0, gasLimit: 21_000, to: signer.address },
      ...over,
    });
  const answerTo = async (method: string, params: unknown[]) => {
    try {
      return await node.provider.send(method, params);
    } catch (error) {
      return error instanceof RpcError ? [error.rpcCode, error.answer] : error;
    }
  };
  const sendRaw = (raw: string) => answerTo("eth_sendRawTransaction", [raw]);
  const outcomeOf = async (raw: string) => (await broadcast({ provider: node.provider, raw })).outcome;

  it("pending bytes again: known, which is success", async () => {
    const raw = await sign();
    await sendRaw(raw);
    expect(await sendRaw(raw)).to.deep.equal([-32000, "Known transaction"]);
    expect(await outcomeOf(raw)).to.equal("accepted");
  });

  it("included bytes again, or an old nonce: nonce too low", async () => {
    const raw = await sign();
    await sendRaw(raw);
    await node.mine();
    for (const old of [raw, await sign({ gasLimit: 22_000 })]) {
      expect(await sendRaw(old)).to.deep.equal([-32001, "Nonce too low"]);
      expect(await outcomeOf(old)).to.equal("nonce-used");
    }
  });

  it("a gap too wide: later", async () => {
    const raw = await sign({ nonce: 201 });
    expect(await sendRaw(raw)).to.deep.equal([-32000, "Transaction nonce is too distant from current sender nonce"]);
    expect(await outcomeOf(raw)).to.equal("later");
  });

  it("other bytes for a nonce: taken, and the first hash is gone (which is why a nonce is signed once)", async () => {
    const [first, second] = [await sign(), await sign({ gasLimit: 22_000 })];
    await sendRaw(first);
    expect(await sendRaw(second)).to.equal(Transaction.from(second).hash);
    expect(await answerTo("eth_getTransactionByHash", [Transaction.from(first).hash])).to.equal(null);
  });

  const refused: [string, TransactionLike<string>, number][] = [
    ["another chain's id", { chainId: 1 }, -32000],
    ["gas below the intrinsic", { gasLimit: 20_999 }, -32003],
    ["gas over the cap", { gasLimit: 16_777_217 }, -32005],
  ];
  for (const [what, over, code] of refused) {
    it(`${what}: refused, with ${code}`, async () => {
      const raw = await sign(over);
      expect(await sendRaw(raw)).to.have.property("0", code);
      expect(await outcomeOf(raw)).to.equal("refused");
    });
  }

  it("garbage: invalid params, refused", async () => {
    expect(await sendRaw("0x1234")).to.deep.equal([-32602, "Invalid params"]);
    expect(await outcomeOf("0x1234")).to.equal("refused");
  });

  it("logs beyond the head, upside down, or of too many blocks", async () => {
    const head = Number(await node.anvil.rpc("eth_blockNumber"));
    const logs = (from: number, to: number) =>
      answerTo("eth_getLogs", [{ fromBlock: `0x${from.toString(16)}`, toBlock: `0x${to.toString(16)}` }]);
    if (node.besu !== null) node.besu.logRange = 1;
    expect(await logs(0, head + 1)).to.deep.equal([-32602, "Invalid params"]);
    expect(await logs(1, 0)).to.deep.equal([-32602, "Invalid params"]);
    expect(await logs(0, 1)).to.have.property("0", -32005);
    expect(await logs(head, head)).to.deep.equal([]);
  });

  it("tags of finality: unknown block", async () => {
    for (const tag of ["safe", "finalized"]) {
      expect(await answerTo("eth_getBlockByNumber", [tag, false])).to.deep.equal([-39001, "Unknown block"]);
    }
  });
});

describe("what nodes say about a transaction", () => {
  const outcomeOf = async (rpcCode: number, answer: string) => {
    const send = async () => {
      throw new RpcError({ method: "eth_sendRawTransaction", rpcCode, answer });
    };
    return (await broadcast({ provider: { send }, raw: "0x" })).outcome;
  };

  const said: [number, string, string][] = [
    [-32000, "Known transaction", "accepted"],
    [-32000, "already known", "accepted"],
    [-32003, "transaction already imported", "accepted"],
    [-32001, "Nonce too low", "nonce-used"],
    [-32000, "nonce too low: next nonce 4, tx nonce 3", "nonce-used"],
    [-32009, "Gas price below configured minimum gas price", "refused"],
    [-32000, "transaction gas price below minimum: gas tip cap 0, minimum needed 1", "refused"],
    [-32000, "transaction underpriced", "refused"],
    [-32000, "invalid sender: invalid chain id for signer", "refused"],
    [-32000, "intrinsic gas too low: gas 20999, minimum needed 21000", "refused"],
    [-32000, "exceeds block gas limit", "refused"],
    [-32604, "Method not enabled", "refused"],
    [-32007, "Sender account not authorized to send transactions", "refused"],
    [-32000, "replacement transaction underpriced", "later"],
    [-32000, "txpool is full", "later"],
    [-32005, "Too many requests", "later"],
    [-32603, "Internal error", "later"],
    [-32000, "unknown transaction pool state", "later"],
  ];
  for (const [code, answer, outcome] of said) {
    it(`"${answer}": ${outcome}`, async () => {
      expect(await outcomeOf(code, answer)).to.equal(outcome);
    });
  }
});
