import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";

/** How a program ended; a signal counts as failure. */
export function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? 1);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

interface Program {
  file: string;
  args: string[];
  cwd: string;
  stdio?: StdioOptions;
  /** Asks the program to stop. */
  signal?: AbortSignal;
}

/** Runs a program to its end; answers its exit code. */
export async function runToEnd(p: Program): Promise<number> {
  const child = spawn(p.file, p.args, { cwd: p.cwd, stdio: p.stdio ?? "inherit" });
  const stop = () => child.kill("SIGTERM");
  p.signal?.addEventListener("abort", stop);
  try {
    return await ended(child);
  } finally {
    p.signal?.removeEventListener("abort", stop);
  }
}

/** Whether a program can be started at all. */
export async function canRun(p: { file: string; args: string[]; cwd: string }): Promise<boolean> {
  return runToEnd({ ...p, stdio: "ignore" }).then(
    (code) => code === 0,
    () => false,
  );
}
