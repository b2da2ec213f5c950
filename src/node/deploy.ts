import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDeployment } from "../chain/deployment.ts";
import type { Deployment } from "../chain/deployment.ts";
import { FactoryChainError, RetryableError } from "../lib/errors.ts";
import { kill, spawnOnLeash } from "./leash.ts";

/** The deployment's exit code for what may work later; see exitCodeOf. */
const TEMPORARY = 75;
const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs the deployment as a process of its own; what is there already is not deployed again.
 *
 * @param chainId of the chain at `rpc`: chains other than the embedded one get the parameters of Besu
 * @throws FactoryChainError, RetryableError `deployment-failed` with the words of the deployment
 */
export async function deployContracts(p: {
  rpc: string;
  chainId: number;
  embedded: boolean;
  currencies: readonly string[];
  keyFile: string;
  out: string;
  signal: AbortSignal;
}): Promise<Deployment> {
  const parameters = p.embedded ? [] : ["--parameters", parametersFor(p)];
  const args = [
    ...["--network", p.embedded ? "embedded" : "besu", "--rpc", p.rpc, ...parameters],
    ...p.currencies.flatMap((code) => ["--currency", code]),
    ...["--key-file", p.keyFile, "--out", p.out, "--journal", p.out.replace(/\.json$/, ".journal"), "--json"],
  ];
  await run({ args, signal: p.signal });
  return parseDeployment({ text: readFileSync(p.out, "utf8"), name: p.out });
}

/** Besu's parameters with the chain's own id. */
function parametersFor(p: { chainId: number; out: string }): string {
  const besu = JSON.parse(readFileSync(join(root, "deploy/parameters/besu.json"), "utf8")) as object;
  const file = p.out.replace(/\.json$/, ".parameters.json");
  writeFileSync(file, `${JSON.stringify({ ...besu, chainId: p.chainId }, null, 2)}\n`);
  return file;
}

/** On a leash: two deployments of one account at a time would sign two transactions for one nonce. */
function run({ args, signal }: { args: string[]; signal: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const program = join(root, "scripts/deploy.ts");
    const nodeArgs = ["--disable-warning=ExperimentalWarning", program, ...args];
    const child = spawnOnLeash({ file: process.execPath, args: nodeArgs });
    const stop = () => void kill(child);
    signal.addEventListener("abort", stop, { once: true });
    let said = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-4_000)));
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      if (code === 0) return resolve();
      reject(signal.aborted ? (signal.reason as Error) : failureIn({ said, retryable: code === TEMPORARY }));
    });
  });
}

/** The error at the end of what the deployment said: its sentence, what was expected, what to do. */
function failureIn({ said, retryable }: { said: string; retryable: boolean }): FactoryChainError {
  const lines = said.trim().split("\n");
  const after = (label: string) => lines.findLast((line) => line.startsWith(label))?.slice(label.length);
  const [expected, advice] = [after("Expected: "), after("What to do: ")];
  const message = lines.findLast((line) => !/^(Expected|What to do): /.test(line));
  const kind = retryable ? RetryableError : FactoryChainError;
  return new kind("deployment-failed", message ?? "The contracts could not be deployed.", {
    ...(expected === undefined ? {} : { expected }),
    ...(advice === undefined ? {} : { advice }),
  });
}
