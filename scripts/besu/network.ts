// Besu validators on this machine, each a process of its own, in a folder that is thrown away afterwards.
import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePorts } from "../services/ports.ts";
import { networkConfig } from "./genesis.ts";
import { ended, runToEnd } from "./processes.ts";

const START_SECONDS = 120;
const STOP_SECONDS = 30;

/** A network of validators; node 0 is the first. */
export interface BesuNetwork {
  /** JSON-RPC of each node. */
  urls: string[];
  /** Starts all nodes and waits until every one of them has seen a block. */
  start(): Promise<void>;
  /** Ends a node as a power cut does. */
  kill(node: number): Promise<void>;
  /** Stops what still runs. */
  stop(): Promise<void>;
}

/** Writes keys and genesis of a new network into `folder`. @param besu path or name of the program */
export async function createBesuNetwork(p: { besu: string; folder: string; validators: number }): Promise<BesuNetwork> {
  const { besu, folder, validators } = p;
  const keys = await generate(p);
  const ports = await freePorts({ count: 2 * validators });
  const nodes = keys.map((keyFolder, index) => ({
    folder: join(folder, `node-${index}`),
    keyFolder,
    rpcPort: ports[index] ?? 0,
    peerPort: ports[validators + index] ?? 0,
  }));
  const peers = nodes.map(({ keyFolder, peerPort }) => {
    const publicKey = readFileSync(join(keyFolder, "key.pub"), "utf8").trim().replace(/^0x/, "");
    return `enode://${publicKey}@127.0.0.1:${peerPort}`;
  });
  for (const node of nodes) {
    mkdirSync(node.folder);
    copyFileSync(join(node.keyFolder, "key"), join(node.folder, "key"));
    writeFileSync(join(node.folder, "static-nodes.json"), JSON.stringify(peers));
  }
  const running = new Map<number, ChildProcess>();
  const urls = nodes.map(({ rpcPort }) => `http://127.0.0.1:${rpcPort}`);

  return {
    urls,
    async start() {
      nodes.forEach((node, index) => {
        const log = openSync(join(node.folder, "log"), "a");
        const genesis = join(folder, "generated", "genesis.json");
        running.set(index, spawn(besu, options({ ...node, genesis }), { stdio: ["ignore", log, log] }));
      });
      await Promise.all(
        urls.map((url, index) =>
          firstBlock({ url, child: running.get(index), log: join(folder, `node-${index}`, "log") }),
        ),
      );
    },
    async kill(node) {
      const child = running.get(node);
      running.delete(node);
      child?.kill("SIGKILL");
      if (child) await ended(child);
    },
    async stop() {
      await Promise.all([...running.values()].map(stopNode));
      running.clear();
    },
  };
}

/** Has Besu make the validators' keys and the genesis that names them; answers the folders of the keys. */
async function generate(p: { besu: string; folder: string; validators: number }): Promise<string[]> {
  const config = join(p.folder, "config.json");
  const to = join(p.folder, "generated");
  writeFileSync(config, JSON.stringify(networkConfig(p)));
  const args = [
    "operator",
    "generate-blockchain-config",
    `--config-file=${config}`,
    `--to=${to}`,
    "--private-key-file-name=key",
  ];
  const code = await runToEnd({ file: p.besu, args, cwd: p.folder, stdio: ["ignore", "ignore", "inherit"] });
  if (code !== 0) throw new Error(`${p.besu} could not make a network (exit code ${code})`);
  return readdirSync(join(to, "keys")).map((name) => join(to, "keys", name));
}

function options(p: { folder: string; rpcPort: number; peerPort: number; genesis: string }): string[] {
  return [
    `--data-path=${p.folder}`,
    `--genesis-file=${p.genesis}`,
    `--node-private-key-file=${join(p.folder, "key")}`,
    "--sync-mode=FULL",
    "--sync-min-peers=1",
    "--data-storage-format=FOREST",
    "--min-gas-price=0",
    "--tx-pool=sequenced",
    "--tx-pool-limit-by-account-percentage=0.5",
    "--rpc-http-enabled",
    "--rpc-http-host=127.0.0.1",
    `--rpc-http-port=${p.rpcPort}`,
    "--rpc-http-api=ETH,NET,WEB3",
    "--host-allowlist=localhost,127.0.0.1",
    "--p2p-host=127.0.0.1",
    "--p2p-interface=127.0.0.1",
    `--p2p-port=${p.peerPort}`,
    "--discovery-enabled=false",
    "--nat-method=NONE",
  ];
}

async function firstBlock(p: { url: string; child: ChildProcess | undefined; log: string }): Promise<void> {
  const deadline = Date.now() + START_SECONDS * 1_000;
  let broken: unknown = null;
  p.child?.once("error", (error) => (broken = error));
  while ((await blockNumber(p.url)) < 1) {
    if (broken !== null || p.child?.exitCode !== null || Date.now() > deadline) {
      const tail = readFileSync(p.log, "utf8").split("\n").slice(-20).join("\n");
      throw new Error(`A Besu node did not come up within ${START_SECONDS} s. Its log ends with:\n${tail}`);
    }
    await wait(500);
  }
}

/** Number of the node's latest block; -1 while it does not answer. */
async function blockNumber(url: string): Promise<number> {
  try {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_blockNumber", params: [] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(3_000) });
    const { result } = (await answer.json()) as { result?: string };
    return result === undefined ? -1 : Number(result);
  } catch {
    return -1;
  }
}

async function stopNode(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), STOP_SECONDS * 1_000);
  await ended(child);
  clearTimeout(late);
}
