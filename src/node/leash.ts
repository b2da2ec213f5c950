import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { childEnvironment } from "../config/env.ts";

/**
 * The shell becomes the program, and leaves a watch behind that reads our pipe: when the pipe ends, because this process
 * let go of it or was killed, the program is killed. A program of others cannot be asked to watch for that itself.
 */
const LEASH = 'exec 3<&0; { cat <&3 >/dev/null; kill -9 $$ 2>/dev/null; } & exec "$0" "$@" 3<&- </dev/null >/dev/null';

/**
 * Starts a program that ends when this process ends, however that happens. It is in a process group of its own, so a
 * terminal's Ctrl-C reaches only us and everything is stopped in its order. What it says on standard error is piped.
 */
export function spawnOnLeash(p: { file: string; args: string[] }): ChildProcess {
  const posix = process.platform !== "win32";
  const [file, args] = posix ? ["/bin/sh", ["-c", LEASH, p.file, ...p.args]] : [p.file, p.args];
  const child = spawn(file, args, { detached: posix, stdio: ["pipe", "ignore", "pipe"], env: childEnvironment() });
  child.stdin?.on("error", () => {}); // the watch may be gone first
  child.once("exit", () => child.stdin?.destroy());
  return child;
}

/** Kills a child and resolves when it is gone. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (hasEnded(child)) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await gone;
}

/** Whether a child has ended, or never began. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}
