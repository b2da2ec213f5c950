import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../src/config/env.ts";
import { freePorts } from "../../src/node/ports.ts";
import { killTree } from "../node/processes.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(root, "src/cli/main.ts");
/** Longest run of a command, in milliseconds: ten times what the slowest needs. It ends before mocha gives up. */
export const LIMIT = 100_000;
/** For a test that runs several of them. */
export const STORY_TIMEOUT = 300_000;
/** How often a stack is started on one block of ports after the other. */
const ATTEMPTS = 3;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export type Cli = { child: ChildProcess; ended: Promise<Ended>; seen: () => string };

const running = new Map<ChildProcess, string>();

// Whatever fails, and wherever: no command outlives the tests, and one that was forgotten is a failure.
after("no command is left running", () => {
  const left = [...running.values()];
  stopAll();
  if (left.length > 0) throw new Error(`Tests left commands running, which were killed: ${left.join("; ")}`);
});
process.once("exit", stopAll);

function stopAll(): void {
  for (const child of running.keys()) if (child.pid !== undefined) killTree(child.pid);
  running.clear();
}

/** Starts the command line as a user does, in the project's folder. */
export function startCli(args: readonly string[], settings: Record<string, string> = {}): Cli {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    cwd: root,
    env: childEnvironment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.set(child, args.join(" "));
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code) => {
      running.delete(child);
      resolve({ code, stdout, stderr });
    }),
  );
  return { child, ended, seen: () => stdout + stderr };
}

/** Runs a command to its end; one that does not end is killed, with all that it started. */
export async function runCli(...args: string[]): Promise<Ended> {
  return await untilEnded(startCli(args));
}

/**
 * Waits until a command ended.
 *
 * @param limit milliseconds, after which it is killed with all that it started
 */
export async function untilEnded(cli: Cli, limit = LIMIT): Promise<Ended> {
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killTree(cli.child.pid ?? 0);
  }, limit);
  const ended = await cli.ended;
  clearTimeout(timer);
  if (late) throw new Error(`The command did not end within ${limit / 1000} s and was killed. It said:\n${cli.seen()}`);
  return ended;
}

/** Waits until a text was written; a command that ended without it, or takes too long, is no more and has failed. */
export async function untilSeen(cli: Cli, text: string): Promise<void> {
  const until = Date.now() + LIMIT;
  while (!cli.seen().includes(text) && cli.child.exitCode === null && Date.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (cli.seen().includes(text)) return;
  killTree(cli.child.pid ?? 0);
  throw new Error(`Never said "${text}":\n${cli.seen()}`);
}

/**
 * Starts a stack that stays, and waits until it is up.
 *
 * @param base first of its five ports; without one they are chosen, and chosen again if somebody takes one meanwhile
 */
export async function startNode(p: { data: string; base?: string }): Promise<{ cli: Cli; base: string }> {
  for (let attempt = 1; ; attempt++) {
    const base = p.base ?? String((await freePorts()).rpc);
    const cli = startCli(["node", "start", "--data", p.data, "--base-port", base]);
    try {
      await untilSeen(cli, "Ctrl-C stops it");
      return { cli, base };
    } catch (error) {
      await cli.ended;
      if (p.base !== undefined || attempt === ATTEMPTS || !/Port \d+, .* is in use/.test(cli.seen())) throw error;
    }
  }
}

/** A new folder under the system's temporary one. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-test-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
