// npm run check: everything about the tree that a script can judge. Prints each check, and for each finding the file,
// what is wrong, the limit and what to do.
import { fileURLToPath } from "node:url";
import { contractArrows } from "./checks/arrows.ts";
import type { Check } from "./checks/check.ts";
import { codeSize } from "./checks/codeSize.ts";
import { docs } from "./checks/docs.ts";
import { errors } from "./checks/errors.ts";
import { lock } from "./checks/lock.ts";
import { moduleArrows } from "./checks/modules.ts";
import { type Program, programs, runProgram } from "./checks/programs.ts";
import { sizes } from "./checks/sizes.ts";
import { folderTree } from "./checks/tree.ts";
import { trees } from "./checks/trees.ts";
import { optionsOf } from "./options.ts";

optionsOf({
  usage: `
Everything about the tree that a script can judge: arrows between folders, sizes, trees of tests, documents, lock file,
types, lint, format.

  npm run check

For each finding: the file, what is wrong, the limit and what to do.`,
  options: {},
});

const root = fileURLToPath(new URL("..", import.meta.url));
const checks: Check[] = [contractArrows, moduleArrows, sizes, codeSize, trees, errors, docs, lock];

const results = [...checks.map(runCheck), ...(await Promise.all(programs.map(runTool)))];
const failed = results.filter((ok) => !ok).length;
console.log(`${results.length - failed} checks passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function runCheck(check: Check): boolean {
  const { findings, summary } = check.run({ tree: folderTree({ root }) });
  console.log(`${findings.length === 0 ? "ok    " : "failed"} ${check.name} (${summary})`);
  for (const { file, what, limit, todo } of findings)
    console.log(`       ${file}: ${what} (limit: ${limit}) -> ${todo}`);
  return findings.length === 0;
}

async function runTool(program: Program): Promise<boolean> {
  const started = Date.now();
  const { ok, output } = await runProgram({ program, root });
  const time = ((Date.now() - started) / 1000).toFixed(1);
  console.log(`${ok ? "ok    " : "failed"} ${program.name} (${time} s)`);
  if (!ok) console.log(`${output.replace(/^/gm, "       ")}\n       -> ${program.todo}`);
  return ok;
}
