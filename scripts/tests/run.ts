// The TypeScript tests of the whole project, in several processes at a time.
import { join } from "node:path";
import type { MochaOptions } from "mocha";
import { PORT_RANGE, splitPorts } from "../../src/lib/choosePorts.ts";
import { runInProcess } from "./process.ts";
import type { Lane } from "./shares.ts";

/** Longest time in which a process may tell nothing, in milliseconds: longer than any test may take. */
const SILENCE = 660_000;

/**
 * Runs the shares of test files of each lane one after the other, so many at a time, and prints what each printed when it is done, and
 * all failures once more at the end.
 *
 * @param p.root the project's folder, where files and caches are
 * @returns how many tests passed, failed and were skipped; a process that ends badly is one that failed
 */
export async function runShares(p: {
  lanes: readonly Lane[];
  root: string;
  options: MochaOptions;
  print: (text: string) => void;
  silence?: number;
}): Promise<{ passed: number; failed: number; skipped: number }> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const failures: string[] = [];

  async function work(waiting: string[][], range: string): Promise<void> {
    for (let files = waiting.shift(); files !== undefined; files = waiting.shift()) {
      const began = Date.now();
      const outcome = await runInProcess({
        files: files.map((file) => join(p.root, file)),
        options: p.options,
        env: { ...process.env, NODE_COMPILE_CACHE: join(p.root, "cache", "node"), [PORT_RANGE]: range },
        silence: p.silence ?? SILENCE,
      });
      for (const count of ["passed", "failed", "skipped"] as const) total[count] += outcome[count];
      const name = files.join(" ");
      if (outcome.failures !== "") failures.push(`${name}\n${outcome.failures}`);
      p.print(`\n${name} (${Math.round((Date.now() - began) / 1000)} s)\n${outcome.output}${outcome.failures}`);
    }
  }

  const jobs = p.lanes.flatMap(({ shares, jobs }) => {
    const waiting = [...shares];
    return Array.from({ length: jobs }, () => waiting);
  });
  const ranges = splitPorts({ count: jobs.length });
  await Promise.all(jobs.map((waiting, job) => work(waiting, ranges[job] ?? "")));
  if (failures.length > 0) p.print(`\nFailures in\n\n${failures.join("\n")}\n`);
  return total;
}
