import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { FactoryChainError } from "../../src/lib/errors.ts";
import type { Chain } from "./probe.ts";

/** The file that the runtime reads: where everything is. Addresses and hashes are 0x-hex, lowercase. */
export interface DeploymentFile {
  chainId: number;
  genesis: string;
  /** First block that may hold events of the deployment. */
  block: number;
  accessManager: string;
  organisationRegistry: string;
  deviceRegistry: string;
  currencies: Record<string, { minorUnit: number; token: string; escrow: string }>;
}

/**
 * The file of an earlier run, if there is one.
 *
 * @throws FactoryChainError `deployment-foreign` when it is of another chain
 */
export function readDeploymentFile(p: { file: string; chain: Chain }): DeploymentFile | null {
  if (!existsSync(p.file)) return null;
  let known: DeploymentFile;
  try {
    known = JSON.parse(readFileSync(p.file, "utf8")) as DeploymentFile;
    if (typeof known.currencies !== "object" || known.currencies === null) throw new Error("no currencies");
  } catch {
    throw foreign({ file: p.file, why: "is no deployment file", expected: "a file that this command wrote" });
  }
  if (known.chainId === p.chain.id && known.genesis === p.chain.genesis) return known;
  const why = `is of the chain ${known.chainId} that began with ${known.genesis}`;
  throw foreign({ file: p.file, why, expected: `chain ${p.chain.id} that began with ${p.chain.genesis}` });
}

/** Writes the file whole or not at all; currencies that an earlier run deployed stay in it. */
export function writeDeploymentFile(p: {
  file: string;
  deployment: DeploymentFile;
  known: DeploymentFile | null;
}): void {
  const currencies = Object.entries({ ...p.known?.currencies, ...p.deployment.currencies }).sort();
  const text = `${JSON.stringify({ ...p.deployment, currencies: Object.fromEntries(currencies) }, null, 2)}\n`;
  if (existsSync(p.file) && readFileSync(p.file, "utf8") === text) return;
  mkdirSync(dirname(p.file), { recursive: true });
  const draft = `${p.file}.${process.pid}.draft`;
  writeFileSync(draft, text, { flush: true });
  renameSync(draft, p.file);
}

function foreign(p: { file: string; why: string; expected: string }): FactoryChainError {
  return new FactoryChainError("deployment-foreign", `The deployment file ${p.file} ${p.why}.`, {
    expected: p.expected,
    advice: "Correct --rpc, or choose another file with --out; the old one is not touched.",
  });
}
