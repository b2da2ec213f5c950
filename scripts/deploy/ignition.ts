import { deploy } from "@nomicfoundation/ignition-core";
import type {
  ArtifactResolver,
  DeploymentResult,
  EIP1193Provider,
  IgnitionModule,
} from "@nomicfoundation/ignition-core";
import { FactoryChainError, RetryableError } from "../../src/lib/errors.ts";
import type { Journal } from "./journal.ts";
import type { Parameters } from "./parameters.ts";

/**
 * Lets Ignition deploy what its journal does not have yet.
 *
 * @throws FactoryChainError `deployment-changed`, `deployment-failed`; RetryableError `deployment-unfinished`
 */
export async function runIgnition(p: {
  module: IgnitionModule;
  provider: EIP1193Provider;
  artifacts: ArtifactResolver;
  journal: Journal;
  parameters: Parameters;
  address: string;
}): Promise<void> {
  let result: DeploymentResult;
  try {
    result = await deploy({
      artifactResolver: p.artifacts,
      provider: p.provider,
      deploymentDir: p.journal.folder,
      ignitionModule: p.module,
      deploymentParameters: {},
      accounts: [p.address],
      defaultSender: p.address,
      disableFeeBumping: true,
      config: {
        requiredConfirmations: 1,
        blockPollingInterval: p.parameters.pollMilliseconds,
        timeBeforeBumpingFees: p.parameters.timeoutSeconds * 1000,
        maxFeeBumps: 0,
        maxRetries: 20,
        retryInterval: p.parameters.pollMilliseconds,
      },
    });
  } catch (cause) {
    if (cause instanceof FactoryChainError) throw cause;
    const reason = cause instanceof Error ? firstLine(cause.message) : "no reason given";
    throw new RetryableError("deployment-unfinished", `The deployment stopped: ${reason}`, {
      expected: "a chain that makes blocks, and a deployer's account that nobody else uses meanwhile",
      advice: "Run the same command again: it goes on where it stopped.",
      cause,
    });
  }
  judge(result, p.journal.folder);
}

function judge(result: DeploymentResult, folder: string): void {
  if ("contracts" in result) return;
  if (result.type === "EXECUTION_ERROR" && "timedOut" in result) {
    const failed = result.failed[0];
    if (failed === undefined) {
      const names = result.timedOut.map(({ futureId }) => futureId).join(", ");
      throw new RetryableError("deployment-unfinished", `No block took the transactions of ${names} in time.`, {
        expected: "a chain that makes blocks",
        advice: "See that the validators run; then run the same command again, it goes on where it stopped.",
      });
    }
    throw new FactoryChainError("deployment-failed", `${failed.futureId} failed: ${firstLine(failed.error)}`, {
      expected: "a deployer that holds the ADMIN role of the AccessManager",
      advice: `If the cause is removed, move ${folder} away to deploy anew.`,
    });
  }
  const [future, reasons] = Object.entries(errorsOf(result))[0] ?? ["The deployment", ["no reason given"]];
  throw new FactoryChainError(
    "deployment-changed",
    `${future} does not fit what was deployed: ${firstLine(reasons[0] ?? "")}`,
    {
      expected: "the contracts and parameters of the first run: contracts are never changed in place",
      advice:
        "Check out the version that was deployed, or deploy this one beside it with another --out (besu: move the journal's folder).",
    },
  );
}

function errorsOf(result: DeploymentResult): Record<string, string[]> {
  return "errors" in result ? result.errors : {};
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}
