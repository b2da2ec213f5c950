// The process that runs a share of the test files, seen from outside: whatever becomes of it is counted.
import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MochaOptions } from "mocha";

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));

/** What a process has to do. */
export interface Task {
  files: readonly string[];
  options: MochaOptions;
}

/** What it tells: a test or hook that begins, what became of a test, and at the end the list of failures, as text. */
export type Told = { begins: string } | { outcome: "pass" | "fail" | "pending" } | { failures: string };

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** What it printed. */
  output: string;
  /** Each failure in full; empty without one. */
  failures: string;
}

/**
 * Runs test files in a process of their own. One that ends before its tests do, or badly, or is silent for too long is a
 * failure that names the files and the test under way.
 *
 * @param p.silence longest time, in milliseconds, between two things that it tells
 */
export async function runInProcess(p: Task & { env: NodeJS.ProcessEnv; silence: number }): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-tests-"));
  const said = join(folder, "output");
  // Into a file, not a pipe: whatever a test leaves running could hold a pipe open for ever.
  const file = openSync(said, "a");
  const counts = { pass: 0, fail: 0, pending: 0 };
  let [underWay, failures] = ["", null as string | null];
  let hangs = false;
  let patience: NodeJS.Timeout | undefined;
  try {
    const task: Task = { files: p.files, options: p.options };
    const stdio = ["ignore" as const, file, file, "ipc" as const];
    const child = fork(WORKER, [JSON.stringify(task)], { env: p.env, execArgv: [], stdio });
    const hung = () => (hangs = child.kill("SIGKILL"));
    const wait = () => {
      clearTimeout(patience);
      patience = setTimeout(hung, p.silence);
    };
    wait();
    child.on("message", (told: Told) => {
      wait();
      if ("begins" in told) underWay = told.begins;
      else if ("outcome" in told) counts[told.outcome]++;
      else failures = told.failures;
    });
    // Both: what it told last may arrive after its end.
    const [[code, signal]] = (await Promise.all([once(child, "exit"), once(child, "disconnect")])) as [
      [number | null, string | null],
      unknown,
    ];
    if (failures === null || code !== 0) {
      const how = hangs ? `told nothing for ${p.silence / 1000} s and was killed` : `ended with ${signal ?? code}`;
      const unfinished =
        underWay === "" ? "before them; what it printed is above" : `during ${JSON.stringify(underWay)}`;
      const when = failures === null ? unfinished : "after them";
      failures = `${failures ?? ""}\n  The process of these tests ${how}, ${when}.\n`;
      counts.fail++;
    }
    const output = readFileSync(said, "utf8");
    return { passed: counts.pass, failed: counts.fail, skipped: counts.pending, output, failures };
  } finally {
    clearTimeout(patience);
    closeSync(file);
    rmSync(folder, { recursive: true, force: true });
  }
}
