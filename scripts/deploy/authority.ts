import { Interface } from "ethers";
import { GRANTED_ROLES, ROLES, WIRING, selectorOf } from "../../deploy/roles.ts";
import type { RoleName } from "../../deploy/roles.ts";
import { RpcRefusal } from "./rpc.ts";
import type { Rpc } from "./rpc.ts";

/** A role as the chain has it now. */
export interface RoleState {
  role: RoleName;
  holders: { account: string; delay: number }[];
  grantDelay: number;
  /** Whether the GUARDIAN can cancel what its holders schedule. */
  guarded: boolean;
  /** `Contract.function`, of the contracts that were asked about. */
  may: string[];
}

/** A contract whose functions may be wired to roles. */
export interface Target {
  contract: (typeof WIRING)[number]["contract"];
  /** What to call it, such as `CurrencyToken KRW`. */
  name: string;
  address: string;
}

interface Log {
  topics: [string, ...string[]];
  data: string;
}

// Besu answers 5,000 blocks at most.
const RANGE = 5_000;

const manager = new Interface([
  "event RoleGranted(uint64 indexed roleId, address indexed account, uint32 delay, uint48 since, bool newMember)",
  "function hasRole(uint64 roleId, address account) view returns (bool isMember, uint32 executionDelay)",
  "function getRoleGuardian(uint64 roleId) view returns (uint64)",
  "function getRoleGrantDelay(uint64 roleId) view returns (uint32)",
  "function getTargetFunctionRole(address target, bytes4 selector) view returns (uint64)",
]);

export interface Authority {
  holds(p: { role: RoleName; account: string }): Promise<boolean>;
  /** Every role, who holds it and what it opens; `from` is the deployment's first block. */
  roles(p: { from: number; targets: readonly Target[] }): Promise<RoleState[]>;
}

/** Reads the AccessManager: what is printed is what the chain says, not what was meant. */
export function createAuthority(p: { rpc: Rpc; address: string }): Authority {
  const { rpc, address } = p;

  async function ask(name: string, parameters: readonly unknown[]): Promise<readonly unknown[]> {
    const data = manager.encodeFunctionData(name, parameters);
    const answer = (await rpc.request("eth_call", [{ to: address, data }, "latest"])) as string;
    return [...manager.decodeFunctionResult(name, answer)] as unknown[];
  }

  async function membership(role: RoleName, account: string): Promise<{ member: boolean; delay: number }> {
    const [member, delay] = await ask("hasRole", [ROLES[role], account]);
    return { member: member === true, delay: Number(delay) };
  }

  async function holdersOf(role: RoleName, granted: Map<number, Set<string>>): Promise<RoleState["holders"]> {
    const accounts = [...(granted.get(ROLES[role]) ?? [])];
    const states = await Promise.all(
      accounts.map(async (account) => ({ account, ...(await membership(role, account)) })),
    );
    return states.filter(({ member }) => member).map(({ account, delay }) => ({ account, delay }));
  }

  return {
    holds: async ({ role, account }) => (await membership(role, account)).member,
    async roles({ from, targets }) {
      const granted = await grantedAccounts({ rpc, address, from });
      const opened = new Map<number, string[]>();
      for (const target of targets) {
        for (const signature of WIRING.filter((w) => w.contract === target.contract).flatMap((w) => w.functions)) {
          const [role] = await ask("getTargetFunctionRole", [target.address, selectorOf(signature)]);
          const name = `${target.name}.${signature.slice(0, signature.indexOf("("))}`;
          opened.set(Number(role), [...(opened.get(Number(role)) ?? []), name]);
        }
      }
      const names = ["ADMIN", ...GRANTED_ROLES, "ADMINISTRATION"] as const;
      return await Promise.all(
        names.map(async (role) => ({
          role,
          holders: await holdersOf(role, granted),
          grantDelay: Number((await ask("getRoleGrantDelay", [ROLES[role]]))[0]),
          guarded: Number((await ask("getRoleGuardian", [ROLES[role]]))[0]) === ROLES.GUARDIAN,
          may: opened.get(ROLES[role]) ?? [],
        })),
      );
    },
  };
}

/** Accounts that were ever granted a role, by role id. Whether they still hold it is asked separately. */
async function grantedAccounts(p: { rpc: Rpc; address: string; from: number }): Promise<Map<number, Set<string>>> {
  const granted = new Map<number, Set<string>>();
  const event = manager.getEvent("RoleGranted");
  const head = Number(await p.rpc.request("eth_blockNumber"));
  const logs = await logsOf({ ...p, to: head, topic: event?.topicHash ?? "" });
  for (const log of logs) {
    const [role, account] = manager.decodeEventLog("RoleGranted", log.data, log.topics) as unknown as [bigint, string];
    const accounts = granted.get(Number(role)) ?? new Set();
    granted.set(Number(role), accounts.add(account.toLowerCase()));
  }
  return granted;
}

/** Asks for all at once, and piece by piece only where the node has a limit. */
async function logsOf(p: { rpc: Rpc; address: string; from: number; to: number; topic: string }): Promise<Log[]> {
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const ask = async (from: number, to: number): Promise<Log[]> => {
    const filter = { address: p.address, topics: [p.topic], fromBlock: hex(from), toBlock: hex(to) };
    return (await p.rpc.request("eth_getLogs", [filter])) as Log[];
  };
  try {
    return await ask(p.from, p.to);
  } catch (error) {
    if (!(error instanceof RpcRefusal) || p.to - p.from < RANGE) throw error;
  }
  const logs: Log[] = [];
  for (let from = p.from; from <= p.to; from += RANGE)
    logs.push(...(await ask(from, Math.min(from + RANGE - 1, p.to))));
  return logs;
}
