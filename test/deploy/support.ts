import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Contract, JsonRpcProvider, Network } from "ethers";
import { freePort } from "../../src/node/ports.ts";
import type { Report } from "../../scripts/deploy/report.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Longest start of a chain, in milliseconds. */
const PATIENCE = 60_000;

export interface Chain {
  url: string;
  provider: JsonRpcProvider;
  stop(): Promise<void>;
}

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

const running = new Set<ChildProcess>();

// A test that fails before it stops its chain leaves none behind either. The npm package's anvil is a launcher that
// hands on SIGTERM to the real one; SIGKILL would leave that one running.
process.once("exit", () => running.forEach((child) => child.kill("SIGTERM")));

/** An anvil of its own, free of fees as the embedded chain is; `args` come last. */
export async function startChain(args: string[] = [], fees: "free" | "paid" = "free"): Promise<Chain> {
  const port = await freePort();
  const free = fees === "free" ? ["--gas-price", "0", "--block-base-fee-per-gas", "0"] : [];
  const anvil = join(root, "node_modules/.bin/anvil");
  const child = spawn(anvil, ["--silent", "--port", String(port), ...free, ...args], { stdio: "ignore" });
  running.add(child);
  const url = `http://127.0.0.1:${port}`;
  const chainId = Number.parseInt(await answering(url), 16);
  const network = Network.from(chainId);
  const provider = new JsonRpcProvider(url, network, { staticNetwork: network, pollingInterval: 50, cacheTimeout: -1 });
  return {
    url,
    provider,
    async stop() {
      provider.destroy();
      await killed(child);
      running.delete(child);
    },
  };
}

export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "factorychain-deploy-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Starts the command as a person does; `onStart` gets the process, to kill it. */
export async function deploy(args: string[], onStart?: (child: ChildProcess) => void): Promise<Outcome> {
  const child = spawn(process.execPath, [join(root, "scripts/deploy.ts"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart?.(child);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

/** The document of a run that must succeed. */
export async function deployed(args: string[]): Promise<Report> {
  const outcome = await deploy([...args, "--json"]);
  if (outcome.code !== 0) throw new Error(`deploy exited with ${outcome.code}: ${outcome.stderr}`);
  return JSON.parse(outcome.stdout) as Report;
}

/** A contract with the ABI of its artifact, so that a test does not read with the code that it tests. */
export function contractAt(p: { chain: Chain; source: string; name: string; address: string }): Contract {
  const file = join(root, "artifacts", p.source, `${p.name}.json`);
  const { abi } = JSON.parse(readFileSync(file, "utf8")) as { abi: [] };
  return new Contract(p.address, abi, p.chain.provider);
}

export function managerOf(chain: Chain, address: string): Contract {
  const source = "@openzeppelin/contracts/access/manager/AccessManager.sol";
  return contractAt({ chain, source, name: "AccessManager", address });
}

async function answering(url: string): Promise<string> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] });
  for (const until = Date.now() + PATIENCE; Date.now() < until;) {
    try {
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      return ((await response.json()) as { result: string }).result;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`anvil does not answer at ${url}`);
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}
