import { fork } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("../relayer/main.ts", import.meta.url));
const FORWARDED = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Runs a relayer in the foreground, with this process' environment and streams. Signals are passed on to it, and it ends
 * when this process does, however that ends.
 *
 * @param args of `src/relayer/main.ts`
 * @returns its exit code, as a shell has it
 */
export async function runRelayer({ args }: { args: readonly string[] }): Promise<number> {
  const child = fork(PROGRAM, args, {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    // A process group of its own: what a terminal sends to all of its group must not come twice.
    detached: true,
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const forward = FORWARDED.map((signal) => {
    const listener = (): void => void child.kill(signal);
    process.on(signal, listener);
    return { signal, listener };
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGKILL"]));
    });
  } finally {
    for (const { signal, listener } of forward) process.off(signal, listener);
  }
}
