import { expect } from "chai";
import { probeChain } from "../../scripts/deploy/probe.ts";
import type { Rpc } from "../../scripts/deploy/rpc.ts";

const ONE = `0x${"1".padStart(64, "0")}`;

/** A node of a chain that has no block after its first one yet. */
function nodeAtStart(nextFee: string): Rpc {
  const answers: Record<string, unknown> = {
    eth_chainId: "0x539",
    eth_call: ONE,
    eth_getBlockByNumber: { hash: `0x${"ab".repeat(32)}`, baseFeePerGas: "0x3b9aca00" },
    eth_feeHistory: { oldestBlock: "0x0", baseFeePerGas: ["0x3b9aca00", nextFee] },
  };
  return { url: "http://node", request: (method) => Promise.resolve(answers[method]) };
}

describe("the probe of a chain", () => {
  const probe = (nextFee: string) => probeChain({ rpc: nodeAtStart(nextFee), expected: 1337, network: "besu" });

  it("goes by what the next block asks: with zeroBaseFee, Besu's first one says a fee that nobody pays", async () => {
    expect(await probe("0x0")).to.include({ id: 1337, p256: true });
    const refusal = await probe("0x7").catch((error: unknown) => error);
    expect(refusal).to.have.property("code", "chain-not-free");
    expect(String(refusal)).to.include("asks 7 wei");
  });
});
