import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDeployment } from "../src/chain/deployment.ts";
import type { Endpoints } from "../src/config/stack.ts";
import { openKeyFile } from "../src/config/keyFile.ts";
import { readNamedFile } from "../src/config/files.ts";
import { describeError } from "../src/lib/errors.ts";
import { freePorts } from "../src/node/ports.ts";
import { createStack } from "../src/node/stack.ts";
import { createClient, withAccount } from "../src/sdk/client.ts";
import type { AccountClient, Client } from "../src/sdk/client.ts";
import type { OrderDocument } from "../src/sdk/settlement/orderDocument.ts";
import { foundTrade, openOrders } from "../testbed/orders.ts";
import type { OrderPlan, Trade } from "../testbed/orders.ts";
import { startBenchChain } from "./chains.ts";
import type { ChainName } from "./chains.ts";

export const CURRENCY = "KRW";
const SUPPLIERS = 20;
const DEVICES = 50;

/** A whole network on this machine: chain, broker, three relayers, contracts, and who trades. */
export interface Network {
  /** The chain, in words. */
  description: string;
  endpoints: Endpoints;
  client: Client;
  trade: Trade;
  /** Folder with the relayers' stores. */
  data: string;
  openOrders(plan: OrderPlan): Promise<OrderDocument[]>;
  /** Rejects when a part of it ends by itself; never resolves. */
  failure: Promise<never>;
  stop(): Promise<void>;
}

/**
 * Starts a network on free ports and in a folder that is removed at the end.
 *
 * @param settings of each relayer, beyond those of the stack
 * @param told what happens
 */
export async function startNetwork(p: {
  chain: ChainName;
  settings?: Record<string, string>;
  told: (text: string) => void;
}): Promise<Network> {
  const { told } = p;
  const folder = mkdtempSync(join(tmpdir(), "factorychain-bench-"));
  const stops: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse().splice(0)) await each();
  };
  let fail: (error: unknown) => void = () => {};
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => {}); // whoever waits hears of it by racing with it
  try {
    const chain = await startBenchChain({ name: p.chain, folder });
    stops.push(chain.stop);
    const data = join(folder, "stack");
    mkdirSync(data);
    const stack = createStack({
      options: {
        data,
        ports: await freePorts(),
        anyPorts: true,
        rpc: chain.rpc,
        currencies: [CURRENCY],
        keep: false,
        crashOnce: null,
        settings: p.settings ?? {},
      },
      tell: (message) => {
        if (message.type === "phase") told(`${message.name} is up (${message.seconds.toFixed(1)} s)`);
        if (message.type === "note") told(message.text);
      },
      failed: fail,
    });
    stops.push(() => stack.stop());
    const endpoints = await Promise.race([stack.start(), failure]);
    const { client, admin } = connect(endpoints);
    const trade = await foundTrade({ admin, suppliers: SUPPLIERS, devices: DEVICES });
    const relayers = endpoints.relayers.map(({ url }) => url);
    return {
      description: chain.description,
      endpoints,
      client,
      trade,
      data,
      openOrders: async (plan) =>
        await openOrders({
          admin,
          trade,
          currency: CURRENCY,
          group: endpoints.groups[CURRENCY] ?? 0,
          relayers,
          plan,
          told: (open) => told(`${open} of ${plan.count} orders are open`),
        }),
      failure,
      stop,
    };
  } catch (error) {
    await stop().catch((cause: unknown) => told(`Not everything stopped in order: ${describeError(cause)}`));
    throw error;
  }
}

function connect(endpoints: Endpoints): { client: Client; admin: AccountClient } {
  const name = endpoints.deployment;
  const deployment = parseDeployment({ text: readNamedFile({ name, what: "the deployment file" }), name });
  const client = createClient({ rpcUrl: endpoints.rpc, deployment });
  return { client, admin: withAccount({ client, wallet: openKeyFile(endpoints.adminKey) }) };
}
