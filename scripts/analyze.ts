// npm run analyze: what programs find out about the contracts by themselves. Slither looks for known faults, halmos proves
// properties of the compiled escrow, solc's SMTChecker proves a model of an order's money. The first two are Python
// programs; they are installed into .factorychain/analyze, once.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { describeError, exitCodeOf } from "../src/lib/errors.ts";
import { type Proof, runHalmos } from "./analyze/halmos.ts";
import { preparePython } from "./analyze/python.ts";
import { judge, readReasons } from "./analyze/reasons.ts";
import { runSlither } from "./analyze/slither.ts";
import { runSmtChecker } from "./analyze/smt.ts";
import { optionsOf } from "./options.ts";

optionsOf({
  usage: `
Looks for faults in the contracts: Slither twice, the properties of test/symbolic by halmos and by SMTChecker.

  npm run analyze

It takes about four minutes, and needs Python 3.11 or newer with venv. Exit code 1: something was found, or a reason
in scripts/analyze/slither-reasons.json excuses nothing any more.`,
  options: {},
});

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, ".factorychain", "analyze");
const reasonsFile = "scripts/analyze/slither-reasons.json";

interface Result {
  name: string;
  ok: boolean;
  summary: string;
  details: string[];
}

try {
  const bin = await preparePython({ root, cache });
  const results = [
    ...(await timed("Slither", () => slither(bin))),
    ...(await timed("halmos", () => halmos(bin))),
    ...(await timed("SMTChecker", () =>
      Promise.resolve([proofs("SMTChecker on the models", runSmtChecker({ root }))]),
    )),
  ];
  const failed = results.filter(({ ok }) => !ok).length;
  console.log(`${results.length - failed} checks passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  console.error(describeError(error));
  process.exitCode = exitCodeOf(error);
}

/** Runs a tool and prints its results; one that breaks is a failed check, and the others still run. */
async function timed(name: string, tool: () => Promise<Result[]>): Promise<Result[]> {
  const started = Date.now();
  const results = await tool().catch((error: unknown) => [
    { name, ok: false, summary: "it broke", details: describeError(error).split("\n") },
  ]);
  const time = ((Date.now() - started) / 1000).toFixed(1);
  for (const { name, ok, summary, details } of results) {
    console.log(`${ok ? "ok    " : "failed"} ${name} (${summary}, ${time} s)`);
    for (const line of details) console.log(stripVTControlCharacters(line).replace(/^/gm, "       "));
  }
  return results;
}

async function slither(bin: string): Promise<Result[]> {
  const reasons = readReasons(join(root, reasonsFile));
  const runs = await runSlither({ root, cache, bin });
  const { stale } = judge({ findings: runs.flatMap(({ findings }) => findings), reasons });
  const results = runs.map(({ name, findings, lesser, contracts }): Result => {
    const { open, excused } = judge({ findings, reasons });
    return {
      name,
      ok: open.length === 0,
      summary: `${contracts} contracts: ${open.length} found, ${excused.length} excused, ${lesser} below Medium`,
      details: open.map(
        ({ impact, detector, place, lines, text }) => `${impact} ${detector} ${place} ${lines}: ${text}`,
      ),
    };
  });
  const advice = `-> repair it, or say in ${reasonsFile} why it is no fault (detector, place, reason)`;
  const unneeded = {
    name: "reasons for Slither",
    ok: stale.length === 0,
    summary: `${reasons.length} reasons`,
    details: stale.map(({ detector, place }) => `${detector} ${place} excuses nothing any more -> remove it`),
  };
  return [...results.map((result) => (result.ok ? result : withLine(result, advice))), unneeded];
}

async function halmos(bin: string): Promise<Result[]> {
  const { proofs: found, output } = await runHalmos({ root, cache, bin });
  const result = proofs("halmos on the compiled contracts", found);
  return [result.ok ? result : withLine(result, ...output.split("\n"))];
}

function proofs(name: string, found: Proof[]): Result {
  const open = found.filter(({ ok }) => !ok);
  return {
    name,
    ok: found.length > 0 && open.length === 0,
    summary: `${found.length} properties, ${found.length - open.length} proved`,
    details: open.map(({ name, what }) => `${name}: ${what}`),
  };
}

function withLine(result: Result, ...lines: string[]): Result {
  return { ...result, details: [...result.details, ...lines] };
}
