import { expect } from "chai";
import { Transaction, Wallet, id } from "ethers";
import { broadcast, waitUntilQuiet } from "../../scripts/deploy/broadcast.ts";
import type { Sent } from "../../scripts/deploy/broadcast.ts";
import { RpcRefusal } from "../../scripts/deploy/rpc.ts";
import type { Rpc } from "../../scripts/deploy/rpc.ts";

const NOT_IN_SYNC = "Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).";
const FIRST = 20;
const deployer = new Wallet(id("deployer of broadcast.test.ts"));
const { address } = deployer;

/** Signed bytes of the nonces 20, 21 .. */
function signed(count: number, wallet = deployer): Sent[] {
  return Array.from({ length: count }, (_, index) => {
    const nonce = FIRST + index;
    const transaction = Transaction.from({ type: 0, nonce, gasPrice: 0, gasLimit: 21_000, to: address, chainId: 1337 });
    transaction.signature = wallet.signingKey.sign(transaction.unsignedHash);
    return { nonce, hash: transaction.hash ?? "", raw: transaction.serialized };
  });
}

const rawOf = (sent: readonly Sent[]): string[] => sent.map(({ raw }) => raw);

/** A Besu in words: how many of ours it has mined, what it answers to bytes, and what it was sent. */
function createNode(p: { mined: number; answer?: (raw: string) => string | null; minesAfter?: number }) {
  const node = { mined: p.mined, pending: 0, got: [] as string[], asked: 0 };
  const rpc: Rpc = {
    url: "http://node",
    request(method, params = []) {
      if (method === "eth_sendRawTransaction") {
        const raw = String(params[0]);
        node.got.push(raw);
        const refusal = p.answer?.(raw) ?? null;
        if (refusal === null) return Promise.resolve("0x");
        return Promise.reject(new RpcRefusal({ code: -32000, message: refusal, data: undefined }));
      }
      node.asked++;
      if (node.asked === p.minesAfter) node.mined = node.got.length + p.mined;
      const count = FIRST + node.mined + (params[1] === "pending" ? node.pending : 0);
      return Promise.resolve(`0x${count.toString(16)}`);
    },
  };
  return { node, rpc };
}

async function failureOf(promise: Promise<unknown>): Promise<Record<string, unknown>> {
  return (await promise.then(
    () => ({}),
    (error: unknown) => error,
  )) as Record<string, unknown>;
}

describe("a deployment's transactions", () => {
  const patience = { seconds: 5, poll: 1 };
  const raw = "raw 0";

  it("are taken when the node has them already", async () => {
    for (const answer of ["Known transaction", "already known"]) {
      const { rpc } = createNode({ mined: 0, answer: () => answer });
      expect(await broadcast({ rpc, raw, patience })).to.equal("taken");
    }
  });

  it("wait for a node that is behind the others after its start", async () => {
    const { rpc, node } = createNode({ mined: 0, answer: () => (node.got.length < 4 ? NOT_IN_SYNC : null) });
    expect(await broadcast({ rpc, raw, patience })).to.equal("taken");
    expect(node.got).to.deep.equal([raw, raw, raw, raw]);
    const hopeless = createNode({ mined: 0, answer: () => NOT_IN_SYNC });
    const error = await failureOf(broadcast({ rpc: hopeless.rpc, raw, patience: { seconds: 0.01, poll: 1 } }));
    expect(error).to.include({ code: "node-behind", retryable: true });
  });

  it("are refused at once for what only a person can change", async () => {
    const { rpc, node } = createNode({ mined: 0, answer: () => "Gas price below configured minimum gas price" });
    const error = await failureOf(broadcast({ rpc, raw, patience }));
    expect(error).to.include({ code: "transaction-refused", retryable: false });
    expect(node.got).to.deep.equal([raw]);
  });

  it("are sent again, the same bytes, when a restarted node lost them, and waited for", async () => {
    const { rpc, node } = createNode({ mined: 1, minesAfter: 9 });
    await waitUntilQuiet({ rpc, address, sent: signed(3), patience });
    expect(node.got).to.deep.equal(rawOf(signed(3)).slice(1));
    expect(node.mined).to.equal(3);
  });

  it("are waited for on a node that has not seen their blocks yet", async () => {
    const { rpc, node } = createNode({ mined: 0, minesAfter: 9, answer: () => "Nonce too low" });
    await waitUntilQuiet({ rpc, address, sent: signed(2), patience });
    expect(node.mined).to.be.at.least(2);
  });

  it("keep a second run out while they are under way", async () => {
    const { rpc, node } = createNode({ mined: 2 });
    await waitUntilQuiet({ rpc, address, sent: signed(2), patience });
    await waitUntilQuiet({ rpc, address, sent: signed(4, new Wallet(id("somebody else"))), patience });
    expect(node.got).to.deep.equal([]);
    node.pending = 1;
    const error = await failureOf(
      waitUntilQuiet({ rpc, address, sent: signed(2), patience: { seconds: 0.01, poll: 1 } }),
    );
    expect(error).to.include({ code: "deployer-busy", retryable: true });
  });
});
