import { FactoryChainError } from "../../src/lib/errors.ts";
import { RpcRefusal } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";

/** What the chain is and can do, found out before anything is sent. */
export interface Chain {
  id: number;
  /** Hash of block 0. */
  genesis: string;
  /** Whether the contracts can check P-256 signatures with the precompile of EIP-7951. */
  p256: boolean;
}

const ONE = `0x${"1".padStart(64, "0")}`;

// Creation code: TLOAD(0), MCOPY(0, 0, 0), then return the word 1. Any EVM before Cancun fails at one of the two.
const CANCUN = "0x5f5c505f5f5f5e60015f5260205ff3";

// EIP-7951 at 0x100: digest, r, s, x, y of a good signature (SHA-256 of "FactoryChain", a throw-away key).
const P256_ADDRESS = "0x0000000000000000000000000000000000000100";
const P256_INPUT = [
  "0x2f8a5bc478adb671d4b423ae95fa982a389add2ea90b31a8aed76077d8dae988",
  "6f62bc27ff6041b544e32ca96c440e74f35b82cc14f018e554b229528a489d55",
  "377c593f0af941811fde4490c3acee5da8426e6ccdcea3a68dd5a45db4724cf5",
  "e707b547ca8c12dea96aeb5f86abb4fe55344cdcc9c6720ede1dae4a8c7acd51",
  "2a62d301db85b7f15ff5a326b541bc9f1a6386e418d80b39a1a384c67e0e60de",
].join("");

/**
 * Refuses a chain on which the deployment could not work.
 *
 * @throws FactoryChainError `chain-wrong`, `chain-without-cancun`, `chain-not-free`
 */
export async function probeChain(p: { rpc: Rpc; expected: number; network: string }): Promise<Chain> {
  const { rpc } = p;
  const id = Number(await rpc.request("eth_chainId"));
  if (id !== p.expected) {
    throw new FactoryChainError(
      "chain-wrong",
      `The chain at ${rpc.url} has the id ${id}, not that of "${p.network}".`,
      {
        expected: `chain id ${p.expected}`,
        advice: `Correct --rpc or --network; if ${id} is your chain, set chainId in the file of --parameters.`,
      },
    );
  }
  await refuseOldEvm(rpc);
  await refuseFees(rpc);
  const block = (await rpc.request("eth_getBlockByNumber", ["0x0", false])) as { hash: string };
  return { id, genesis: block.hash.toLowerCase(), p256: await hasP256(rpc) };
}

async function refuseOldEvm(rpc: Rpc): Promise<void> {
  let reason = "it answered something else";
  try {
    if ((await rpc.request("eth_call", [{ data: CANCUN }, "latest"])) === ONE) return;
  } catch (error) {
    if (!(error instanceof RpcRefusal)) throw error;
    reason = error.message;
  }
  throw new FactoryChainError("chain-without-cancun", `The EVM at ${rpc.url} is older than Cancun: ${reason}.`, {
    expected: "a chain that runs Cancun or later (MCOPY and transient storage)",
    advice: "Set cancunTime in the genesis of every validator, restart them, and run the same command again.",
  });
}

/** What the next block asks: with zeroBaseFee a Besu chain asks nothing, and its first block says 1,000,000,000 all the same. */
async function refuseFees(rpc: Rpc): Promise<void> {
  const fees = (await rpc.request("eth_feeHistory", ["0x1", "latest", []])) as { baseFeePerGas?: string[] };
  const fee = BigInt(fees.baseFeePerGas?.at(-1) ?? "0x0");
  if (fee === 0n) return;
  throw new FactoryChainError("chain-not-free", `The chain at ${rpc.url} asks ${fee} wei for each unit of gas.`, {
    expected: "a base fee of zero: FactoryChain's transactions pay nothing",
    advice: "Set zeroBaseFee in a Besu genesis; start anvil with --gas-price 0 --block-base-fee-per-gas 0.",
  });
}

/** Before Osaka the call succeeds with empty data, so only the word counts. */
async function hasP256(rpc: Rpc): Promise<boolean> {
  try {
    return (await rpc.request("eth_call", [{ to: P256_ADDRESS, data: P256_INPUT }, "latest"])) === ONE;
  } catch (error) {
    if (error instanceof RpcRefusal) return false;
    throw error;
  }
}
