import { Interface } from "ethers";
import type { Wallet } from "ethers";
import { factoryChainModule } from "../../deploy/modules/FactoryChain.ts";
import type { Currency } from "../../deploy/modules/Currency.ts";
import { ROLES, WIRING, selectorOf } from "../../deploy/roles.ts";
import { createAuthority } from "./authority.ts";
import type { Target } from "./authority.ts";
import type { Artifacts } from "./artifacts.ts";
import { waitUntilQuiet } from "./broadcast.ts";
import type { DeploymentFile } from "./deploymentFile.ts";
import { runIgnition } from "./ignition.ts";
import type { Journal, Mined } from "./journal.ts";
import type { Parameters } from "./parameters.ts";
import type { Chain } from "./probe.ts";
import type { ContractRow, Report } from "./report.ts";
import type { Rpc } from "./rpc.ts";
import { createSender } from "./sender.ts";

const MANAGER = "Access#AccessManager";

export interface Run {
  rpc: Rpc;
  chain: Chain;
  wallet: Wallet;
  journal: Journal;
  artifacts: Artifacts;
  parameters: Parameters;
  /** All that shall be there after the run, those of earlier runs included. */
  currencies: readonly Currency[];
}

/** Deploys what is missing and reads from the chain how it stands. */
export async function runDeployment(p: Run): Promise<Omit<Report, "file" | "seconds">> {
  const { rpc, chain, wallet, journal } = p;
  const address = wallet.address;
  const before = new Set(journal.mined().map(({ hash }) => hash));
  const wired = await wiredCurrencies(p);
  const module = factoryChainModule({
    currencies: p.currencies,
    grants: p.parameters.roles,
    adminDelay: p.parameters.adminDelay,
    wired,
  });
  const patience = { seconds: p.parameters.timeoutSeconds, poll: p.parameters.pollMilliseconds };
  await waitUntilQuiet({ rpc, address, sent: journal.sent(), patience });
  const provider = createSender({ rpc, wallet, chainId: chain.id, keep: journal.keep, patience });
  await runIgnition({ module, provider, artifacts: p.artifacts, journal, parameters: p.parameters, address });

  const mined = journal.mined();
  const deployment = deploymentOf({ chain, mined, addresses: journal.addresses(), currencies: p.currencies });
  const targets = targetsOf(deployment);
  const authority = createAuthority({ rpc, address: deployment.accessManager });
  return {
    chain,
    rpc: rpc.url,
    deployer: address.toLowerCase(),
    contracts: await contractRows({ p, before, mined }),
    roles: await authority.roles({ from: deployment.block, targets }),
    pending: pendingCalls({ deployment, targets, currencies: p.currencies, wired, delay: p.parameters.adminDelay }),
    transactions: mined.filter(({ hash }) => !before.has(hash)).length,
    deployment,
  };
}

/** Codes of the currencies that a journal knows, whether the deployment file still does or not. */
export function currenciesOf(addresses: Record<string, string>): string[] {
  return Object.keys(addresses).flatMap((future) => /^Currency_([A-Z]{3})#/.exec(future)?.[1] ?? []);
}

/** The currencies whose roles the deployer wired, or may wire now. */
async function wiredCurrencies(p: Run): Promise<string[]> {
  const manager = p.journal.addresses()[MANAGER];
  const codes = p.currencies.map(({ code }) => code);
  if (manager === undefined) return codes;
  const authority = createAuthority({ rpc: p.rpc, address: manager });
  if (await authority.holds({ role: "ADMIN", account: p.wallet.address })) return codes;
  const done = new Set(p.journal.mined().map(({ future }) => future));
  return codes.filter((code) =>
    [...done].some((future) => future.endsWith(`wire_SupplierEscrow_${code}_RELAYER_ADMIN`)),
  );
}

function deploymentOf(p: {
  chain: Chain;
  mined: Mined[];
  addresses: Record<string, string>;
  currencies: readonly Currency[];
}): DeploymentFile {
  const at = (future: string): string => (p.addresses[future] ?? "").toLowerCase();
  return {
    chainId: p.chain.id,
    genesis: p.chain.genesis,
    block: Math.min(...p.mined.map(({ block }) => block)),
    accessManager: at(MANAGER),
    organisationRegistry: at("Identity#OrganisationRegistry"),
    deviceRegistry: at("Identity#DeviceRegistry"),
    currencies: Object.fromEntries(
      p.currencies.map(({ code, minorUnit }) => [
        code,
        { minorUnit, token: at(`Currency_${code}#CurrencyToken`), escrow: at(`Currency_${code}#SupplierEscrow`) },
      ]),
    ),
  };
}

function targetsOf(deployment: DeploymentFile): Target[] {
  return [
    { contract: "AccessManager", name: "AccessManager", address: deployment.accessManager },
    { contract: "OrganisationRegistry", name: "OrganisationRegistry", address: deployment.organisationRegistry },
    ...Object.entries(deployment.currencies).flatMap(([code, { token, escrow }]): Target[] => [
      { contract: "CurrencyToken", name: `CurrencyToken ${code}`, address: token },
      { contract: "SupplierEscrow", name: `SupplierEscrow ${code}`, address: escrow },
    ]),
  ];
}

async function contractRows(q: { p: Run; before: Set<string>; mined: Mined[] }): Promise<ContractRow[]> {
  const { p, before, mined } = q;
  const rows: ContractRow[] = [];
  for (const [future, address] of Object.entries(p.journal.addresses())) {
    const [module, contract] = future.split("#") as [string, string];
    const created = mined.find((transaction) => transaction.future === future);
    const receipt = created && (await p.rpc.request("eth_getTransactionReceipt", [created.hash]));
    rows.push({
      name: module.startsWith("Currency_") ? `${contract} ${module.slice("Currency_".length)}` : contract,
      address: address.toLowerCase(),
      size: p.artifacts.size(contract),
      gas: receipt ? Number((receipt as { gasUsed: string }).gasUsed) : null,
      fresh: created !== undefined && !before.has(created.hash),
    });
  }
  return rows;
}

/** What the wiring of a currency needs when the deployer is no administrator. */
function pendingCalls(p: {
  deployment: DeploymentFile;
  targets: Target[];
  currencies: readonly Currency[];
  wired: string[];
  delay: number;
}): Report["pending"] {
  const manager = new Interface([
    "function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)",
    "function setTargetAdminDelay(address target, uint32 newDelay)",
  ]);
  const open = p.currencies.filter(({ code }) => !p.wired.includes(code)).map(({ code }) => code);
  const targets = p.targets.filter(({ name }) => open.some((code) => name.endsWith(` ${code}`)));
  const to = p.deployment.accessManager;
  return targets.flatMap((target) => {
    const calls = WIRING.filter(({ contract }) => contract === target.contract).map(({ role, functions }) => ({
      call: `setTargetFunctionRole(${target.name}, ${functions.join(" ")}, ${role})`,
      to,
      data: manager.encodeFunctionData("setTargetFunctionRole", [
        target.address,
        functions.map(selectorOf),
        ROLES[role],
      ]),
    }));
    if (p.delay === 0) return calls;
    const data = manager.encodeFunctionData("setTargetAdminDelay", [target.address, p.delay]);
    return [...calls, { call: `setTargetAdminDelay(${target.name}, ${p.delay})`, to, data }];
  });
}
