import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { minorUnitOf } from "../src/formats/currency.ts";
import { describeError, exitCodeOf } from "../src/lib/errors.ts";
import { createArtifacts } from "./deploy/artifacts.ts";
import { readDeploymentFile, writeDeploymentFile } from "./deploy/deploymentFile.ts";
import { openJournal } from "./deploy/journal.ts";
import { readDeployer } from "./deploy/key.ts";
import { USAGE, filesOf, parseOptions } from "./deploy/options.ts";
import type { Options } from "./deploy/options.ts";
import { readParameters } from "./deploy/parameters.ts";
import { probeChain } from "./deploy/probe.ts";
import { formatReport } from "./deploy/report.ts";
import type { Report } from "./deploy/report.ts";
import { createRpc } from "./deploy/rpc.ts";
import { currenciesOf, runDeployment } from "./deploy/run.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

async function deploy(options: Options): Promise<Report> {
  const start = performance.now();
  const { network } = options;
  const parameters = readParameters(options.parameters ?? join(root, "deploy/parameters", `${network}.json`));
  for (const code of options.currencies) minorUnitOf(code);
  const rpc = createRpc({ url: options.rpc, fetch });
  const chain = await probeChain({ rpc, expected: parameters.chainId, network });

  process.stderr.write(`Deploying what is missing on chain ${chain.id} at ${rpc.url} ...\n`);

  const files = filesOf({ options, root, chainId: chain.id });
  const known = readDeploymentFile({ file: files.out, chain });
  const wallet = readDeployer({ file: files.key, generate: network === "embedded" });
  const journal = await openJournal({ folder: files.journal, chain, rpc });
  const there = [...currenciesOf(journal.addresses()), ...Object.keys(known?.currencies ?? {})];
  const wanted = options.currencies.length > 0 || there.length > 0 ? options.currencies : parameters.currencies;
  const currencies = [...new Set([...there, ...wanted])].map((code) => ({ code, minorUnit: minorUnitOf(code) }));

  const artifacts = createArtifacts({ folder: join(root, "artifacts") });
  const result = await runDeployment({ rpc, chain, wallet, journal, artifacts, parameters, currencies });
  writeDeploymentFile({ file: files.out, deployment: result.deployment, known });
  return { ...result, file: files.out, seconds: (performance.now() - start) / 1000 };
}

try {
  const options = parseOptions({ args: process.argv.slice(2), here: process.cwd() });
  if (options === "help") {
    process.stdout.write(USAGE);
  } else {
    const report = await deploy(options);
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : formatReport(report)}\n`);
  }
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
