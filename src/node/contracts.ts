import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseDeployment } from "../chain/deployment.ts";
import type { Deployment } from "../chain/deployment.ts";
import { checkNetwork } from "../chain/provider.ts";
import type { RpcProvider } from "../chain/provider.ts";
import { DEPLOYMENT_FILE } from "../config/stack.ts";

/** What the deployment writes into the data folder. */
const WRITTEN = [DEPLOYMENT_FILE, DEPLOYMENT_FILE.replace(/\.json$/, ".journal")];
const BACKUP = "deployment.before";

/**
 * Deploys what is missing. The deployment's records must never know more than the saved chain: they are put back when
 * a start was cut short before the chain was saved.
 *
 * @param deploy writes the records
 * @param saveChain makes what was deployed durable; null on a chain that keeps everything by itself: a deployment that
 * was cut short goes on by its records there
 */
export async function ensureContracts(p: {
  data: string;
  provider: RpcProvider;
  currencies: readonly string[];
  deploy: () => Promise<Deployment>;
  saveChain: (() => Promise<void>) | null;
}): Promise<Deployment> {
  const backup = join(p.data, BACKUP);
  if (existsSync(backup)) putBack(p.data);
  const known = readKnown(p.data);
  if (known !== null && p.currencies.every((code) => Object.hasOwn(known.currencies, code))) {
    await checkNetwork({ provider: p.provider, deployment: known });
    await p.saveChain?.();
    return known;
  }
  if (p.saveChain === null) return await p.deploy();
  setAside(p.data);
  const deployment = await p.deploy();
  await p.saveChain();
  rmSync(backup, { recursive: true });
  return deployment;
}

function readKnown(data: string): Deployment | null {
  const name = join(data, DEPLOYMENT_FILE);
  return existsSync(name) ? parseDeployment({ text: readFileSync(name, "utf8"), name }) : null;
}

function setAside(data: string): void {
  const draft = join(data, `${BACKUP}.draft`);
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  for (const name of WRITTEN) {
    if (existsSync(join(data, name))) cpSync(join(data, name), join(draft, name), { recursive: true });
  }
  renameSync(draft, join(data, BACKUP));
}

/** Nothing is lost when this is cut short too: the copy goes last. */
function putBack(data: string): void {
  for (const name of WRITTEN) {
    rmSync(join(data, name), { recursive: true, force: true });
    const copy = join(data, BACKUP, name);
    if (existsSync(copy)) cpSync(copy, join(data, name), { recursive: true });
  }
  rmSync(join(data, BACKUP), { recursive: true });
}
