// A program of others that runs as a server of ours: on a leash, so that it never outlives us.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { accessSync, constants } from "node:fs";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ended } from "../besu/processes.ts";

export interface ServerProcess {
  /** Starts it and waits until it is up. */
  start(): Promise<void>;
  /** Ends it, if it runs, and waits until it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Asks it for something while it runs. */
  signal(signal: NodeJS.Signals): void;
}

/** Characters that are kept of what it said. */
const KEPT = 4_000;

/**
 * The shell becomes the program and leaves a watch behind that reads our pipe: when the pipe ends, because this process
 * did in whatever way, the program gets the signal.
 */
function leash(signal: NodeJS.Signals): string {
  return `exec 3<&0; { cat <&3 >/dev/null; kill -${signal.slice(3)} $$ 2>/dev/null; } & exec "$0" "$@" 3<&- </dev/null`;
}

/**
 * A server that can be started and ended again and again, and does not keep this process from ending.
 *
 * @param name of it in messages, with the folder it runs in
 * @param command the program and its arguments
 * @param isUp whether it serves by now
 * @param patience longest start, in milliseconds
 * @param left the signal that it gets when this process is gone
 */
export function createServerProcess(p: {
  name: string;
  folder: string;
  command: readonly string[];
  isUp: (said: string) => Promise<boolean>;
  patience: number;
  left?: "SIGKILL" | "SIGQUIT";
  options?: { uid?: number; gid?: number; cwd?: string };
}): ServerProcess {
  const { left = "SIGKILL" } = p;
  let child: ChildProcess | null = null;
  let said = "";

  async function start(): Promise<void> {
    const args = ["-c", leash(left), ...p.command];
    const started = spawn("/bin/sh", args, { ...p.options, stdio: ["pipe", "ignore", "pipe"] });
    child = started;
    said = "";
    hold(started, false);
    started.stdin.on("error", () => undefined);
    started.once("exit", () => started.stdin.destroy()); // the watch knows a number, which another program may get
    started.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-KEPT)));
    for (const until = Date.now() + p.patience; !(await p.isUp(said)); await sleep(50)) {
      if (!hasEnded(started) && Date.now() <= until) continue;
      await end(left);
      throw new Error(`${p.name} did not start in ${p.folder}: ${said}`);
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    child = null;
    if (running === null || hasEnded(running)) return;
    hold(running, true);
    const gone = ended(running);
    running.kill(signal);
    await gone;
  }

  return { start, end, signal: (signal) => void child?.kill(signal) };
}

/** Whether a file can be run. */
export function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Whether the server keeps this process from ending: one that is done should not stay for it. */
function hold(child: ChildProcess, held: boolean): void {
  for (const each of [child, child.stdin as Socket | null, child.stderr as Socket | null]) {
    if (held) each?.ref();
    else each?.unref();
  }
}
