import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { RunResult } from "../../chaos/run.ts";

const PROGRAM = fileURLToPath(new URL("../../chaos/main.ts", import.meta.url));

/** Runs chaos as a user does. @returns with `result` what `--json` printed */
export async function chaos(...args: string[]) {
  const node = ["--disable-warning=ExperimentalWarning", PROGRAM, ...args];
  const child = spawn(process.execPath, node, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr, result: () => JSON.parse(stdout) as RunResult };
}
