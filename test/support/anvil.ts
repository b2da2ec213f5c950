import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/node/ports.ts";

/** A running anvil: gas price 0, a block a transaction unless told otherwise. */
export interface Anvil {
  url: string;
  /** One request, straight to anvil. */
  rpc(method: string, params?: unknown[]): Promise<unknown>;
  stop(): Promise<void>;
}

/** Longest start, in milliseconds. */
const PATIENCE = 60_000;
const BINARY = fileURLToPath(new URL("../../node_modules/.bin/anvil", import.meta.url));

// The npm package's anvil is a launcher that hands SIGTERM on to the real one; SIGKILL would leave that one running.
// What a test that fails does not stop ends with the tests.
const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGTERM")));

/** Starts an anvil on a free port and waits until it answers. */
export async function startAnvil(args: string[] = []): Promise<Anvil> {
  const port = await freePort();
  const fixed = ["--port", String(port), "--hardfork", "osaka", "--gas-price", "0", "--block-base-fee-per-gas", "0"];
  const child = spawn(BINARY, [...fixed, "--silent", ...args], { stdio: "ignore" });
  running.add(child);
  const url = `http://127.0.0.1:${port}`;
  let id = 0;

  async function rpc(method: string, params: unknown[] = []): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: ++id, method, params });
    const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  }

  await untilUp(rpc, child);
  return { url, rpc, stop: () => stop(child) };
}

async function untilUp(rpc: Anvil["rpc"], child: ChildProcess): Promise<void> {
  const until = Date.now() + PATIENCE;
  for (;;) {
    try {
      await rpc("eth_chainId");
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}
