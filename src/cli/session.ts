import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Wallet } from "ethers";
import type { TypedDataSigner } from "../chain/consent.ts";
import { parseDeployment } from "../chain/deployment.ts";
import { checkNetwork } from "../chain/provider.ts";
import { readCommandEnv } from "../config/env.ts";
import { readKeyFile } from "../config/keyFile.ts";
import { ADMIN_KEY_FILE, DEPLOYMENT_FILE, ENDPOINTS_FILE, parseEndpoints } from "../config/stack.ts";
import type { Endpoints } from "../config/stack.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { createClient, withAccount } from "../sdk/client.ts";
import type { AccountClient, Client } from "../sdk/client.ts";
import { openBook } from "./book.ts";
import type { BookOrganisation } from "./book.ts";

/** Where a command should look; what is missing comes from the environment, then from the running stack. */
export interface PlaceOptions {
  data?: string;
  rpc?: string;
  deployment?: string;
  mqtt?: string;
  relayer?: string[];
  group?: number;
}

/** What a command works with. */
export interface Session {
  client: Client;
  book: ReturnType<typeof openBook>;
  /** URLs of the relayers' APIs; empty without a stack. */
  relayers: string[];
  /** @throws FactoryChainError `stack-not-running` */
  mqtt(): string;
  /** Id of the relayer group of a currency. */
  group(currency: string): number;
  /** The account that may register organisations and issue currency. */
  admin(): AccountClient;
  accountOf(organisation: BookOrganisation): AccountClient;
  /** The same key, for signatures that somebody else sends. */
  signerOf(organisation: BookOrganisation): TypedDataSigner;
}

/** The data folder that a command uses. */
export function dataFolder(options: PlaceOptions): string {
  return resolve(options.data ?? readCommandEnv().data);
}

/** Where the stack of a data folder is; null when none runs there. */
export function findStack(data: string): Endpoints | null {
  const name = join(data, ENDPOINTS_FILE);
  if (!existsSync(name)) return null;
  const endpoints = parseEndpoints({ text: readFileSync(name, "utf8"), name });
  return isAlive(endpoints.pid) ? endpoints : null;
}

/**
 * Connects to the running stack, or to the chain that options or environment name.
 *
 * @throws FactoryChainError `stack-not-running`; ChainError `wrong-chain`, `wrong-genesis`, `deployment-missing`
 */
export async function openSession(options: PlaceOptions): Promise<Session> {
  const env = readCommandEnv();
  const data = dataFolder(options);
  const stack = findStack(data);
  const rpcUrl = options.rpc ?? env.rpcUrl ?? stack?.rpc;
  if (rpcUrl === undefined) throw notRunning(data);
  const name = options.deployment ?? env.deployment ?? stack?.deployment ?? join(data, DEPLOYMENT_FILE);
  const deployment = parseDeployment({ text: readDeployment(name), name });
  const client = createClient({ rpcUrl, deployment });
  await checkNetwork({ provider: client.provider, deployment });

  return {
    client,
    book: openBook({ data }),
    relayers: options.relayer ?? stack?.relayers.map(({ url }) => url) ?? [],
    mqtt() {
      const url = options.mqtt ?? env.mqttUrl ?? stack?.mqtt;
      if (url === undefined) throw notRunning(data);
      return url;
    },
    group(currency) {
      const group = options.group ?? stack?.groups[currency];
      if (group !== undefined) return group;
      throw new FactoryChainError("group-unknown", `It is not known which relayer group serves ${currency}.`, {
        advice: `Start the stack with the currency (npm start -- --currency ${currency}), or name the group with --group.`,
      });
    },
    admin() {
      const keyFile = stack?.adminKey ?? join(data, ADMIN_KEY_FILE);
      if (existsSync(keyFile)) return withAccount({ client, wallet: readKeyFile(keyFile) });
      throw new FactoryChainError("admin-key-missing", `There is no key of an administrator in ${keyFile}.`, {
        expected: "the key of the account that deployed, 0x-hex, mode 0600",
        advice: "Ask who deployed the contracts to register the organisation.",
      });
    },
    accountOf: (organisation) => withAccount({ client, wallet: walletOf(organisation) }),
    signerOf: walletOf,
  };
}

function walletOf({ keyFile }: BookOrganisation): Wallet {
  return new Wallet(readFileSync(keyFile, "utf8").trim());
}

function readDeployment(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new FactoryChainError("file-unreadable", `The deployment file ${file} cannot be read.`, {
      expected: "the file that the deployment wrote",
      advice: "Name it with --deployment, or start a stack (npm start).",
      cause,
    });
  }
}

function notRunning(data: string): FactoryChainError {
  return new FactoryChainError("stack-not-running", `No stack runs with the data folder ${data}.`, {
    expected: "a running stack, or --rpc with the URL of a node",
    advice: "Start one with: npm start",
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
