import { join } from "node:path";
import { createBesuNetwork } from "../scripts/besu/network.ts";
import { canRun } from "../scripts/besu/processes.ts";
import { findGeth, startGeth } from "../scripts/services/geth.ts";
import { FactoryChainError } from "../src/lib/errors.ts";

export const CHAINS = ["anvil", "geth", "besu"] as const;
export type ChainName = (typeof CHAINS)[number];

/** Seconds between blocks, on all of them. */
export const BLOCK_SECONDS = 1;
const VALIDATORS = 4;

const BESU = process.env["BESU"] ?? "besu";

/** A chain that was started for a measurement. */
export interface BenchChain {
  /** JSON-RPC; null: the stack starts its own. */
  rpc: string | null;
  /** What it is, in words. */
  description: string;
  stop(): Promise<void>;
}

/** The chains that this machine has programs for. */
export async function chainsHere(): Promise<ChainName[]> {
  const besu = await canRun({ file: BESU, args: ["--version"], cwd: process.cwd() });
  return CHAINS.filter((name) => name === "anvil" || (name === "geth" ? findGeth(process.env) !== null : besu));
}

/**
 * Starts a chain with a block a second in an empty folder.
 *
 * @throws FactoryChainError `chain-program-missing`
 */
export async function startBenchChain(p: { name: ChainName; folder: string }): Promise<BenchChain> {
  const { name, folder } = p;
  if (name === "anvil") return { rpc: null, description: "anvil, one node", stop: async () => {} };
  if (!(await chainsHere()).includes(name)) {
    throw new FactoryChainError("chain-program-missing", `There is no program for the chain ${name} here.`, {
      advice: name === "geth" ? "Put geth of go-ethereum on PATH." : "Put besu on PATH, or its path into $BESU.",
    });
  }
  if (name === "geth") {
    const node = await startGeth({ bin: findGeth(process.env) ?? "geth", folder: join(folder, "geth") });
    return { rpc: node.url, description: "go-ethereum, one node (--dev)", stop: () => node.kill() };
  }
  const network = await createBesuNetwork({ besu: BESU, folder, validators: VALIDATORS });
  await network.start();
  const description = `Hyperledger Besu, QBFT, ${VALIDATORS} validators`;
  return { rpc: network.urls[0] ?? "", description, stop: () => network.stop() };
}
