import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../config/env.ts";
import { parseDeployment } from "../chain/deployment.ts";
import type { Deployment } from "../chain/deployment.ts";
import { FactoryChainError } from "../lib/errors.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Runs the deployment as a process of its own; what is there already is not deployed again.
 *
 * @param chainId of the chain at `rpc`: chains other than the embedded one get the parameters of Besu
 * @throws FactoryChainError `deployment-failed` with the words of the deployment
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
    ...["--key-file", p.keyFile, "--out", p.out, "--json"],
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

function run({ args, signal }: { args: string[]; signal: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    const program = join(root, "scripts/deploy.ts");
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", program, ...args], {
      env: childEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
      signal,
      killSignal: "SIGKILL",
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-4_000)));
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) return resolve();
      const [message = "The contracts could not be deployed.", ...rest] = said.trim().split("\n");
      const advice = rest.find((line) => line.startsWith("What to do: "))?.slice("What to do: ".length);
      const expected = rest.find((line) => line.startsWith("Expected: "))?.slice("Expected: ".length);
      reject(
        new FactoryChainError("deployment-failed", message, {
          ...(expected === undefined ? {} : { expected }),
          ...(advice === undefined ? {} : { advice }),
        }),
      );
    });
  });
}
