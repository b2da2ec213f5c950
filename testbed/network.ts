import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { keccak256, toUtf8Bytes, Wallet } from "ethers";
import type { Deployment } from "../src/chain/deployment.ts";
import { deployContracts } from "../src/node/deploy.ts";
import { freePort } from "../src/node/ports.ts";
import { registerOrganisation } from "../src/sdk/identity/registerOrganisation.ts";
import { registerRelayerGroup } from "../src/sdk/oracle/registerRelayerGroup.ts";
import { createClient, withAccount } from "../src/sdk/client.ts";
import type { AccountClient } from "../src/sdk/client.ts";
import { askRelayer } from "../src/sdk/relayers/http.ts";
import { makeCa, makeMember } from "./certificates.ts";
import { startTestBroker } from "./networkBroker.ts";
import type { TestBroker } from "./networkBroker.ts";
import type { TestChain } from "./networkChain.ts";
import { startRelayerProcess } from "./networkRelayer.ts";
import type { RelayerProcess } from "./networkRelayer.ts";
import { startBlindTap, startPeerTap } from "./networkTap.ts";
import type { PeerTap } from "./networkTap.ts";
import { startRpcProxy } from "./rpcProxy.ts";
import type { RpcProxy } from "./rpcProxy.ts";

/** A relayer of a network: its place, which stays, and the process in it, which comes and goes. */
export interface TestRelayer {
  index: number;
  /** Lowercase. */
  address: string;
  wallet: Wallet;
  /** Of its API, with no proxy before it. */
  url: string;
  /** Its ways to the chain's nodes, the preferred one first. */
  proxies: RpcProxy[];
  /** Its peers' way to it. */
  tap: PeerTap;
  settings: Record<string, string>;
  /** Modules that its processes load before their own. */
  imports: readonly string[];
  logFile: string;
  /** The newest one that was started; null before the first. */
  process: RelayerProcess | null;
  start(crashpoint?: string | null): RelayerProcess;
}

/** Chain, broker, contracts, a group, and its relayers, under our control down to each request. */
export interface Network {
  folder: string;
  chain: TestChain;
  broker: TestBroker;
  deployment: Deployment;
  currency: string;
  admin: AccountClient;
  group: number;
  threshold: number;
  members: string[];
  relayers: TestRelayer[];
  /** Processes that ended by themselves, or not as they should, each with its last words. */
  failures: string[];
  stop(): Promise<void>;
}

export interface NetworkOptions {
  folder: string;
  chain: TestChain;
  members: number;
  threshold: number;
  /** URL of a member's store. */
  store: (index: number) => Promise<string> | string;
  finalityDepth: number;
  broker?: TestBroker["kind"];
  /** Where programs are looked for, as PATH has it. */
  path: string;
  /** Relayers talk by mutual TLS; needs openssl. */
  tls?: boolean;
  /** Peers of a member that are reached elsewhere than at their tap, by their index: somebody else plays them. */
  played?: ReadonlyMap<number, string>;
  /** Modules that the relayers' processes load before their own. */
  imports?: readonly string[];
}

const CURRENCY = "KRW";

/** Starts everything but the relayers' processes. */
export async function createNetwork(p: NetworkOptions): Promise<Network> {
  const { folder, chain } = p;
  const wallets = Array.from({ length: p.members }, () => new Wallet(Wallet.createRandom().privateKey));
  const members = wallets.map(({ address }) => address.toLowerCase());
  const stops: (() => Promise<unknown>)[] = [];
  const sessions = members.map((address) => `relayer-${address}`);
  const { path, broker: kind } = p;
  const broker = await startTestBroker({ folder, path, sessions, ...(kind === undefined ? {} : { kind }) });
  stops.push(broker.stop);

  const deploymentFile = join(folder, "deployment.json");
  const admin = new Wallet(Wallet.createRandom().privateKey);
  const adminKey = keyFile(folder, "admin", admin);
  const rpc = await nodeThatAnswers(chain);
  const deployment = await deployContracts({
    ...{ rpc, chainId: chain.chainId, embedded: chain.own !== null, currencies: [CURRENCY] },
    ...{ keyFile: adminKey, out: deploymentFile, signal: new AbortController().signal },
  });
  const client = withAccount({ client: createClient({ rpcUrl: rpc, deployment }), wallet: admin });
  const group = await found({ client, members, threshold: p.threshold });

  const ports = await Promise.all(members.map(() => freePort()));
  const doors = p.tls === true ? await openDoors({ folder, members }) : null;
  const taps = await Promise.all(
    ports.map((port, index) =>
      doors === null ? startPeerTap({ target: port }) : startBlindTap({ target: doors[index]?.port ?? 0 }),
    ),
  );
  for (const tap of taps) stops.push(tap.stop);
  const peerUrls = taps.map((tap, index) => {
    const named = doors === null ? tap.url : `${tap.url}/#account=${members[index] ?? ""}`;
    return p.played?.get(index) ?? named;
  });
  const relayers: TestRelayer[] = [];
  const failures: string[] = [];
  for (const [index, wallet] of wallets.entries()) {
    // Each prefers another node, and has a second way that leads to the next one.
    const targets = [0, 1].map((step) => chain.urls[(index + step) % chain.urls.length] ?? "");
    const proxies = await Promise.all(targets.map((target) => startRpcProxy({ target })));
    for (const proxy of proxies) stops.push(proxy.stop);
    const relayer: TestRelayer = {
      ...{ index, wallet, proxies, process: null },
      address: members[index] ?? "",
      imports: p.imports ?? [],
      url: `http://127.0.0.1:${ports[index]}`,
      tap: taps[index] as PeerTap,
      logFile: join(folder, `relayer-${index + 1}.log`),
      settings: {
        FACTORYCHAIN_RPC_URL: proxies.map(({ url }) => url).join(","),
        FACTORYCHAIN_FINALITY_DEPTH: String(p.finalityDepth),
        FACTORYCHAIN_MQTT_URL: `mqtt://127.0.0.1:${broker.port}`,
        FACTORYCHAIN_MQTT_VERSION: broker.version,
        FACTORYCHAIN_DEPLOYMENT: deploymentFile,
        FACTORYCHAIN_KEY_FILE: keyFile(folder, `relayer-${index + 1}`, wallet),
        FACTORYCHAIN_STORE: await p.store(index),
        FACTORYCHAIN_LISTEN: `127.0.0.1:${ports[index]}`,
        FACTORYCHAIN_PEERS: peerUrls.filter((_, other) => other !== index).join(","),
        ...doors?.[index]?.settings,
      },
      start(crashpoint = null) {
        const { settings, logFile, imports } = relayer;
        const process = startRelayerProcess({ settings, logFile, imports, crashpoint });
        void process.ended.then((ending) => {
          if (ending === "failed") failures.push(`relayer ${index + 1} ended: ${process.lastWords()}`);
        });
        relayer.process = process;
        return process;
      },
    };
    relayers.push(relayer);
  }

  return {
    ...{ folder, chain, broker, deployment, group, members, relayers, failures },
    ...{ currency: CURRENCY, admin: client, threshold: p.threshold },
    async stop() {
      await Promise.all(relayers.map(async ({ process }) => await process?.kill()));
      for (const stop of stops.reverse().splice(0)) await stop().catch(() => undefined);
    },
  };
}

/** What a relayer's status says of itself. */
interface Standing {
  relayer: string;
  ready: boolean;
}

/** Whether a relayer answers, follows the chain and may sign. */
export async function isReady({ url, address }: TestRelayer): Promise<boolean> {
  const status = (await askRelayer({ url, path: "/v1/status" }).catch(() => null)) as Standing | null;
  return status !== null && status.relayer === address && status.ready;
}

/** Waits until a relayer may sign. @returns whether it did in time */
export async function untilReady(relayer: TestRelayer, milliseconds: number): Promise<boolean> {
  for (const until = Date.now() + milliseconds; Date.now() < until; await sleep(200)) {
    if (await isReady(relayer)) return true;
  }
  return false;
}

/** A CA, a certificate for each member, and where its peers get in. */
async function openDoors(p: { folder: string; members: readonly string[] }) {
  makeCa(p.folder);
  return await Promise.all(
    p.members.map(async (account, index) => {
      const port = await freePort();
      const { ca, cert, key } = makeMember(p.folder, { name: `member-${index + 1}`, account });
      const files = { FACTORYCHAIN_TLS_CA: ca, FACTORYCHAIN_TLS_CERT: cert, FACTORYCHAIN_TLS_KEY: key };
      return { port, settings: { ...files, FACTORYCHAIN_PEER_LISTEN: `127.0.0.1:${port}` } };
    }),
  );
}

async function found(p: { client: AccountClient; members: string[]; threshold: number }): Promise<number> {
  const { client, members, threshold } = p;
  await Promise.all(
    members.map((account) => {
      const profile = keccak256(toUtf8Bytes(`relayer ${account}`));
      return registerOrganisation({ client, kinds: ["relayer-operator"], profile, account });
    }),
  );
  return (await registerRelayerGroup({ client, currency: CURRENCY, members, threshold })).group;
}

async function nodeThatAnswers({ urls }: TestChain): Promise<string> {
  for (const url of urls) {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body }).catch(() => null);
    if (answer?.ok === true) return url;
  }
  throw new Error(`None of the nodes answers: ${urls.join(", ")}`);
}

function keyFile(folder: string, name: string, wallet: Wallet): string {
  const file = join(folder, `${name}.key`);
  writeFileSync(file, `${wallet.privateKey}\n`, { mode: 0o600 });
  return file;
}
