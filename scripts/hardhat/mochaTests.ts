// `npm test` runs the TypeScript tests in several processes at a time. Whoever names files, or tests by --grep, gets one.
import { readdirSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { errorResult, successfulResult } from "hardhat/utils/result";
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";
import { runShares } from "../tests/run.ts";
import { lanesOf } from "../tests/shares.ts";
import runTests from "./testsEnd.ts";

const runMocha: TaskOverrideActionFunction = async (args, hre, runSuper) => {
  const { testFiles, grep, grepExclude, bail, noCompile } = args;
  const some = (testFiles as string[]).length > 0 || grep !== undefined || grepExclude !== undefined || bail === true;
  const { coverage, gasStats, gasStatsJson } = hre.globalOptions; // what Hardhat adds up in one process
  const measured = coverage || gasStats || gasStatsJson !== undefined;
  if (some || measured) return await runTests(args, hre, runSuper);
  if (noCompile !== true) await hre.tasks.getTask("build").run({ noTests: hre.config.solidity.splitTestsCompilation });
  const { root, tests } = hre.config.paths;
  const files = readdirSync(tests.mocha, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => relative(root, join(tests.mocha, file)).replaceAll(sep, "/"));
  console.log("Running Mocha tests");
  const summary = await runShares({
    lanes: lanesOf(files),
    root,
    options: { ...hre.config.test.mocha, color: process.stdout.isTTY },
    print: (text) => void process.stdout.write(text),
  });
  console.log();
  const result = { summary: { ...summary, todo: 0 } };
  return summary.failed > 0 ? errorResult(result) : successfulResult(result);
};

export default runMocha;
