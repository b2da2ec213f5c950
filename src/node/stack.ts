import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createProvider } from "../chain/provider.ts";
import { ADMIN_KEY_FILE, DEPLOYMENT_FILE, ENDPOINTS_FILE } from "../config/stack.ts";
import type { Endpoints, StackMessage } from "../config/stack.ts";
import { describeError, FactoryChainError } from "../lib/errors.ts";
import { systemClock } from "../lib/retry.ts";
import { createClient, withAccount } from "../sdk/client.ts";
import { startBroker } from "./broker.ts";
import { startChain } from "./chain.ts";
import { ensureContracts } from "./contracts.ts";
import { deployContracts } from "./deploy.ts";
import { writeWhole } from "../config/files.ts";
import { foundGroups } from "./group.ts";
import { openJournal } from "./journal.ts";
import { openKeyFile } from "../config/keyFile.ts";
import { onPort } from "./ports.ts";
import type { Ports } from "./ports.ts";
import { createRelayers } from "./relayers.ts";
import type { RelayerPlace } from "./relayers.ts";

/** What a stack is made of. */
export interface StackOptions {
  /** Absolute path of the data folder. */
  data: string;
  ports: Ports;
  /** Whether others will do, where these are taken by the time that they are opened. */
  anyPorts: boolean;
  /** A chain that is there already; null: an embedded one. */
  rpc: string | null;
  /** ISO 4217 codes; those that are deployed already stay. */
  currencies: readonly string[];
  /** Whether the chain's state is kept for the next start. */
  keep: boolean;
  /** All relayers are killed once, when the first of them gets to this point. */
  crashOnce: string | null;
  /** Variables of each relayer beyond those of the stack; default: none. */
  settings?: Record<string, string>;
}

/**
 * Starts chain, broker, contracts and relayers, and stops them in the opposite order.
 *
 * @param tell what happens, for whoever started the stack
 * @param failed the stack cannot go on; it must be stopped
 */
export function createStack(p: {
  options: StackOptions;
  tell: (message: StackMessage) => void;
  failed: (error: unknown) => void;
}) {
  const { options, tell } = p;
  const { data, ports } = options;
  const path = (name: string) => join(data, name);
  const aborted = new AbortController();
  const stops: (() => Promise<void>)[] = [];
  const note = (text: string) => tell({ type: "note", text });

  async function phase<T>(name: string, action: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const result = await action();
    aborted.signal.throwIfAborted();
    tell({ type: "phase", name, seconds: (Date.now() - started) / 1000 });
    return result;
  }

  async function openChain() {
    if (options.rpc !== null) {
      const provider = createProvider({ url: options.rpc });
      return { url: options.rpc, provider, keepState: null, keepTime: async () => {}, wake: () => {} };
    }
    const open = (port: number) =>
      startChain({
        port,
        stateFile: options.keep ? path("chain.state.gz") : null,
        clock: systemClock,
        died: p.failed,
        failed: (error) => note(`The chain's clock missed a beat: ${describeError(error)}`),
      });
    const chain = await onPort({ port: ports.rpc, any: options.anyPorts, open });
    stops.push(chain.stop);
    return chain;
  }

  async function openBroker(members: readonly string[], heard: () => void): Promise<string> {
    const journal = openJournal({
      file: path("broker.sqlite"),
      sessions: members.map((address) => `relayer-${address}`),
    });
    const open = (port: number) => startBroker({ port, journal, heard });
    const broker = await onPort({ port: ports.mqtt, any: options.anyPorts, open });
    stops.push(broker.close);
    return `mqtt://127.0.0.1:${broker.port}`;
  }

  /** @throws FactoryChainError, RetryableError */
  async function start(): Promise<Endpoints> {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    rmSync(path(ENDPOINTS_FILE), { force: true });
    const keys = ports.relayers.map((_, index) => path(`relayer-${index + 1}.key`));
    const members = keys.map((file) => openKeyFile(file).address.toLowerCase());

    const chain = await phase("chain", openChain);
    const mqtt = await phase("broker", () => openBroker(members, chain.wake));
    const deploymentFile = path(DEPLOYMENT_FILE);
    const adminKey = path(ADMIN_KEY_FILE);
    const admin = openKeyFile(adminKey);
    const { currencies } = options;
    const { provider } = chain;
    const deploy = async () => {
      const chainId = Number(await provider.send("eth_chainId", []));
      const target = { rpc: chain.url, chainId, embedded: options.rpc === null, currencies };
      return await deployContracts({ ...target, keyFile: adminKey, out: deploymentFile, signal: aborted.signal });
    };
    const deployment = await phase("contracts", () =>
      ensureContracts({ data, provider, currencies, deploy, saveChain: chain.keepState }),
    );
    const client = withAccount({ client: createClient({ rpcUrl: chain.url, deployment }), wallet: admin });
    const urls = ports.relayers.map((port) => `http://127.0.0.1:${port}`);
    const relayerPlaces = members.map((address, index) => ({ address, url: urls[index] ?? "" }));
    const parts = {
      pid: process.pid,
      rpc: chain.url,
      mqtt,
      deployment: deploymentFile,
      adminKey,
      relayers: relayerPlaces,
    };

    const relayers = createRelayers({
      places: relayerPlaces.map(({ address, url }, index) =>
        placeOf({ address, url, index, chain: chain.url, mqtt, peers: urls.filter((peer) => peer !== url) }),
      ),
      clock: systemClock,
      died: (relayer) => note(`Relayer ${relayer} ended by itself; it is started again.`),
      crashed: (relayer) => void crashed(relayer).catch(p.failed),
    });
    stops.push(relayers.stop);

    async function crashed(relayer: string): Promise<void> {
      const started = Date.now();
      tell({ type: "killed", point: options.crashOnce ?? "", relayer });
      await relayers.up();
      tell({ type: "restarted", seconds: (Date.now() - started) / 1000 });
    }

    const groups = await phase("relayers", async () => {
      relayers.start(options.crashOnce);
      const founded = await foundGroups({ admin: client, members });
      tell({ type: "deployed", endpoints: { ...parts, groups: founded } });
      await relayers.up();
      return founded;
    });
    await chain.keepTime();
    const endpoints: Endpoints = { ...parts, groups };
    writeWhole(path(ENDPOINTS_FILE), `${JSON.stringify(endpoints, null, 2)}\n`);
    tell({ type: "ready", endpoints });
    return endpoints;
  }

  function placeOf(q: {
    address: string;
    url: string;
    index: number;
    chain: string;
    mqtt: string;
    peers: readonly string[];
  }): RelayerPlace {
    const name = `relayer-${q.index + 1}`;
    return {
      address: q.address,
      url: q.url,
      logFile: path(`${name}.log`),
      settings: {
        FACTORYCHAIN_RPC_URL: q.chain,
        FACTORYCHAIN_MQTT_URL: q.mqtt,
        FACTORYCHAIN_DEPLOYMENT: path(DEPLOYMENT_FILE),
        FACTORYCHAIN_KEY_FILE: path(`${name}.key`),
        FACTORYCHAIN_STORE: path(`${name}.sqlite`),
        FACTORYCHAIN_LISTEN: new URL(q.url).host,
        FACTORYCHAIN_PEERS: q.peers.join(","),
        ...options.settings,
      },
    };
  }

  return {
    start,
    /** Stops what runs, the newest first. Never throws: what cannot be stopped in order is killed with us. */
    async stop(): Promise<void> {
      aborted.abort(new FactoryChainError("stopped", "The stack was stopped while it started."));
      rmSync(path(ENDPOINTS_FILE), { force: true });
      for (const stop of stops.reverse().splice(0)) {
        try {
          await stop();
        } catch (error) {
          note(`Not everything stopped in order: ${describeError(error)}`);
        }
      }
    },
  };
}
