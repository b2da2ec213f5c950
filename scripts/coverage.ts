// npm run coverage: every line of the escrow is run by some Solidity test, and for each side of a condition that none takes
// there is a reason. The tests deploy contracts that tell what they run; hardhat.coverage.config.ts says how.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError, exitCodeOf, FactoryChainError } from "../src/lib/errors.ts";
import { BRANCHES, type FileCoverage, readCoverage } from "./coverage/report.ts";
import { GAS_TESTS } from "./hardhat/unoptimised.ts";
import { optionsOf } from "./options.ts";
import { runProgram } from "./solidity/program.ts";

optionsOf({
  usage: `
Which lines of contracts/settlement and contracts/oracle the Solidity tests run, and both sides of every condition.

  npm run coverage

It takes about five minutes and writes pages into coverage/html. Exit code 1: a line never runs, or a side of a
condition that is never taken has no reason in scripts/coverage/reasons.json.`,
  options: {},
});

const root = fileURLToPath(new URL("..", import.meta.url));
const REASONS = "scripts/coverage/reasons.json";
const PATIENCE = 1_800_000; // milliseconds

try {
  await runTests();
  process.exitCode = judge(readCoverage({ root })) ? 0 : 1;
} catch (error) {
  console.error(describeError(error));
  process.exitCode = exitCodeOf(error);
}

async function runTests(): Promise<void> {
  console.log("Compiling the contracts so that they tell what they run, and running the Solidity tests; some minutes");
  for (const folder of ["coverage", BRANCHES]) rmSync(join(root, folder), { recursive: true, force: true });
  mkdirSync(join(root, BRANCHES), { recursive: true });
  const hardhat = join(root, "node_modules/hardhat/dist/src/cli.js");
  const { code, output } = await runProgram({
    file: process.execPath,
    args: [
      hardhat,
      "--config",
      "hardhat.coverage.config.ts",
      "test",
      "solidity",
      "--coverage",
      "--grep-exclude",
      GAS_TESTS,
    ],
    cwd: root,
    variables: { NO_COLOR: "1" },
    limit: PATIENCE,
  });
  if (code !== 0) throw new FactoryChainError("COVERAGE_TESTS", `The tests fail:\n${output}`);
}

/** Prints every file; answers whether all lines ran, and every side that was not taken has a reason. */
function judge(files: FileCoverage[]): boolean {
  const reasons = JSON.parse(readFileSync(join(root, REASONS), "utf8")) as Record<string, string>;
  const missed = files.flatMap(({ missedBranches }) => missedBranches);
  const bare = missed.filter((key) => reasons[key] === undefined);
  const stale = Object.keys(reasons).filter((key) => !missed.includes(key));
  for (const one of files) console.log(row(one));
  for (const key of bare) console.log(`no reason in ${REASONS}: ${JSON.stringify(key)}`);
  for (const key of stale) console.log(`a reason that nothing needs any more in ${REASONS}: ${JSON.stringify(key)}`);
  const lines = sum(files, ({ lines }) => lines);
  const missedLines = sum(files, ({ missedLines }) => missedLines.length);
  console.log(`${lines - missedLines} of ${lines} lines`);
  console.log(
    `${sum(files, ({ branches }) => branches) - missed.length} of ${sum(files, ({ branches }) => branches)} sides of conditions, ${missed.length - bare.length} others have a reason`,
  );
  return files.length > 0 && missedLines === 0 && bare.length === 0 && stale.length === 0;
}

function row({ file, lines, missedLines, branches, missedBranches }: FileCoverage): string {
  const missed = missedLines.length === 0 ? "" : `, not line ${missedLines.join(", ")}`;
  const run = `${lines - missedLines.length}/${lines} lines`;
  return `${file}: ${run}, ${branches - missedBranches.length}/${branches} sides${missed}`;
}

function sum(files: FileCoverage[], of: (file: FileCoverage) => number): number {
  return files.reduce((total, file) => total + of(file), 0);
}
