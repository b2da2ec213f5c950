import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { FactoryChainError, withoutCredentials } from "../../src/lib/errors.ts";

export type NetworkName = "embedded" | "besu";

export interface Options {
  network: NetworkName;
  rpc: string;
  /** Currencies to deploy besides those that are there; empty: those of the parameters. */
  currencies: string[];
  /** Absolute; null: the network's default. */
  keyFile: string | null;
  out: string | null;
  parameters: string | null;
  journal: string | null;
  json: boolean;
}

export const USAGE = `Deploys FactoryChain's contracts, or what is missing of them, and prints who may do what.

  npm run deploy -- --network besu --rpc http://127.0.0.1:8545 --key-file deployer.key [--currency KRW]...

  --network NAME     besu | embedded (default embedded): chooses deploy/parameters/NAME.json
  --rpc URL          JSON-RPC of a node (default http://127.0.0.1:8545)
  --currency CODE    ISO 4217; may come several times; adds to what is deployed
  --key-file FILE    private key of the deployer, 0x-hex, mode 0600; embedded makes one when there is none
  --out FILE         deployment file to write (default: embedded .factorychain/deployment.json,
                     besu deploy/deployments/chain-ID/deployment.json)
  --parameters FILE  parameters in place of deploy/parameters/NAME.json
  --journal FOLDER   where the deployment's progress is kept (default: embedded beside the deployment file,
                     besu deploy/deployments/chain-ID/journal); keep it, later runs build on it
  --json             print one JSON document on standard output, everything else on standard error
`;

/** @throws FactoryChainError `option-invalid` */
export function parseOptions(p: { args: string[]; here: string }): Options | "help" {
  const values = valuesOf(p.args);
  if (values.help === true) return "help";
  const network = values.network ?? "embedded";
  if (network !== "embedded" && network !== "besu") throw invalid(`There is no network "${network}".`);
  const path = (value: string | undefined): string | null => (value === undefined ? null : resolve(p.here, value));
  return {
    network,
    rpc: values.rpc ?? "http://127.0.0.1:8545",
    currencies: [...new Set((values.currency ?? []).flatMap((codes) => codes.split(",")))],
    keyFile: path(values["key-file"]),
    out: path(values.out),
    parameters: path(values.parameters),
    journal: path(values.journal),
    json: values.json === true,
  };
}

/** Where the files of a run are, once the chain's id is known. */
export function filesOf(p: { options: Options; root: string; chainId: number }) {
  const { options, root } = p;
  const besu = options.network === "besu";
  const chain = join(root, "deploy/deployments", `chain-${p.chainId}`);
  const out = options.out ?? (besu ? join(chain, "deployment.json") : join(root, ".factorychain/deployment.json"));
  return {
    out,
    journal: options.journal ?? (besu ? join(chain, "journal") : `${out.replace(/\.json$/, "")}.journal`),
    // No default on besu: the folder there may be committed, and a key must never lie in it.
    key: options.keyFile ?? (besu ? null : join(dirname(out), "deployer.key")),
  };
}

function valuesOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        network: { type: "string" },
        rpc: { type: "string" },
        currency: { type: "string", multiple: true },
        "key-file": { type: "string" },
        out: { type: "string" },
        parameters: { type: "string" },
        journal: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : "The options cannot be read.");
  }
}

function invalid(message: string): FactoryChainError {
  return new FactoryChainError("option-invalid", withoutCredentials(message), {
    expected: "--network besu|embedded --rpc URL [--currency CODE] [--key-file FILE] [--out FILE] [--json]",
    advice: "npm run deploy -- --help lists them.",
  });
}
