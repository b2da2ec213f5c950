import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { childEnvironment } from "../../src/config/env.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = join(root, "src/cli/main.ts");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Starts the command line as a user does, in the project's folder. */
export function startCli(
  args: readonly string[],
  settings: Record<string, string> = {},
): { child: ChildProcess; ended: Promise<Ended>; seen: () => string } {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", PROGRAM, ...args], {
    cwd: root,
    env: childEnvironment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return { child, ended, seen: () => stdout + stderr };
}

/** Runs a command to its end. */
export async function runCli(...args: string[]): Promise<Ended> {
  return await startCli(args).ended;
}

/** Waits until a text was written, or the command ended. */
export async function untilSeen(cli: ReturnType<typeof startCli>, text: string): Promise<void> {
  while (!cli.seen().includes(text) && cli.child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (!cli.seen().includes(text)) throw new Error(`Never said "${text}":\n${cli.seen()}`);
}

/** A new folder under the system's temporary one. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-test-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
