// Programs whose output is read, and which may be missing.
import { spawn } from "node:child_process";

export interface Ending {
  code: number; // -1: could not be started
  output: string; // what it said, errors too
}

interface Program {
  file: string;
  args: string[];
  cwd: string;
  /** All of its environment: PATH, and with it every program that it finds. Without, it has ours. */
  path?: string;
  /** Variables on top of its environment. */
  variables?: Record<string, string>;
  /** Milliseconds after which it is killed. */
  limit?: number;
}

/** Runs a program to its end. */
export function runProgram({ file, args, cwd, path, variables, limit }: Program): Promise<Ending> {
  const environment = path === undefined ? process.env : { PATH: path, PYTHONIOENCODING: "utf-8" };
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...environment, ...variables },
    });
    // Not spawn's own limit: that goes on waiting for a program that could not be started.
    const timer = limit === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), limit);
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve({ code: -1, output: error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output: output.trim() });
    });
  });
}
