// A go-ethereum node of our own, with free gas and a block a second: for tests, and for who develops.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePorts } from "./ports.ts";
import { createServerProcess, isProgram } from "./server.ts";

export interface GethNode {
  /** Of its HTTP JSON-RPC; stays when it is killed and started. */
  readonly url: string;
  readonly chainId: number;
  /** One request, straight to the node. */
  rpc(method: string, params?: unknown[]): Promise<unknown>;
  /** Ends it as a crash does; what it had pending is lost. */
  kill(): Promise<void>;
  /** Starts it again with its data. */
  start(): Promise<void>;
}

/** Longest start, in milliseconds. */
const PATIENCE = 60_000;
/**
 * In wei and units of gas. At half of it the base fee rises from 0 to 1, from where it never falls again: no block of a
 * test may be that full.
 */
const GAS_LIMIT = 1_000_000_000;

/** The program, from PATH or where `go install` puts it; null when there is none. */
export function findGeth(env: Record<string, string | undefined>): string | null {
  const { PATH = "", GOBIN = "", GOPATH = "", HOME = "" } = env;
  const folders = [...PATH.split(delimiter), GOBIN, join(GOPATH || join(HOME, "go"), "bin")];
  return folders.map((folder) => join(folder, "geth")).find((file) => file !== "geth" && isProgram(file)) ?? null;
}

/**
 * Starts a node on 127.0.0.1 whose chain begins in an empty folder, or goes on. LevelDB, and state by hash that is kept
 * whole: with its defaults go-ethereum forgets blocks when it is killed, and here that is a test's decision.
 */
export async function startGeth(p: { bin: string; folder: string }): Promise<GethNode> {
  const [port = 0, engine = 0] = await freePorts({ count: 2 });
  const url = `http://127.0.0.1:${port}`;
  const data = join(p.folder, "data");
  const keep = ["--db.engine", "leveldb", "--state.scheme", "hash", "--datadir", data];
  const { chainId } = begin({ bin: p.bin, folder: p.folder, keep });

  async function rpc(method: string, params: unknown[] = []): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  const chain = ["--dev", "--dev.period", "1", "--dev.gaslimit", String(GAS_LIMIT), "--gcmode", "archive"];
  const free = ["--miner.gasprice", "1", "--txpool.globalslots", "20000", "--txpool.accountslots", "4096"];
  const http = ["--http", "--http.port", String(port), "--http.api", "eth,net,web3,miner,txpool"];
  const quiet = ["--ipcdisable", "--authrpc.port", String(engine), "--port", "0", "--nodiscover", "--maxpeers", "0"];
  const { start, end } = createServerProcess({
    name: "go-ethereum",
    folder: p.folder,
    command: [p.bin, ...keep, ...chain, ...free, ...http, ...quiet],
    // A gas price of 0 cannot be given at the start.
    isUp: () =>
      rpc("miner_setGasPrice", ["0x0"]).then(
        () => true,
        () => false,
      ),
    patience: PATIENCE,
  });

  await start();
  return { url, chainId, rpc, start, kill: () => end("SIGKILL") };
}

/** Makes the chain's first block, unless it is there: go-ethereum's own for development, with base fee 0. */
function begin(p: { bin: string; folder: string; keep: string[] }): { chainId: number } {
  const file = join(p.folder, "genesis.json");
  if (!existsSync(file)) {
    mkdirSync(p.folder, { recursive: true });
    const run = (args: string[]): string =>
      execFileSync(p.bin, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"], maxBuffer: 2 ** 26 });
    const genesis = JSON.parse(run(["--dev", "dumpgenesis"])) as Genesis;
    delete genesis.config["bogotaTime"]; // not out yet
    genesis.baseFeePerGas = "0x0";
    genesis.gasLimit = `0x${GAS_LIMIT.toString(16)}`;
    writeFileSync(file, JSON.stringify(genesis));
    run([...p.keep, "init", file]);
  }
  const { config } = JSON.parse(readFileSync(file, "utf8")) as Genesis;
  return { chainId: Number(config["chainId"]) };
}

interface Genesis {
  config: Record<string, unknown>;
  baseFeePerGas?: string;
  gasLimit: string;
}
