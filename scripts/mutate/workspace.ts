// A copy of the project in which the Solidity tests are compiled once. They deploy the contracts under test from artifacts
// (vm.getCode), so a mutant costs no compilation of tests: its creation code is put into the artifact. `hardhat test` builds
// no contract that tests deploy in this way, so nothing undoes it.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { GAS_TESTS } from "../hardhat/unoptimised.ts";
import { runProgram } from "../solidity/program.ts";
import type { Codes } from "./code.ts";

/** How the tests took some codes. */
export type Verdict = "passed" | "failed" | "timeout";

export interface Workspace {
  /** Runs test files on the contracts as they are, but for these codes. */
  test(p: { codes: Codes; tests: string[]; limit: number }): Promise<{ verdict: Verdict; output: string }>;
  /** Another one, for tests at the same time. */
  copy(name: string): Workspace;
}

const CONFIG = "hardhat.mutate.config.ts";
const FOLDER = ".factorychain/mutate";
const NOT_COPIED = new Set([
  ...["node_modules", "artifacts", "cache", "coverage", "typechain-types"],
  ...[".git", ".factorychain"],
]);
const KEPT = new Set(["artifacts", "cache"]); // from run to run: only what changed is compiled
const BUILD_LIMIT = 1_800_000; // milliseconds

// A mutant that only a rare input shows is found by test:deep; here every mutant costs the same runs.
const CONFIG_TEXT = `import { defineConfig } from "hardhat/config";
import config from "./hardhat.config.ts";
import { unoptimised } from "./scripts/hardhat/unoptimised.ts";

export default defineConfig({
  ...unoptimised({ config }),
  test: {
    solidity: { fuzz: { runs: 32, seed: "0x1" }, invariant: { runs: 6, depth: 40, failOnRevert: true, shrinkRunLimit: 1 } },
  },
});
`;

/** @param base the codes that artifacts have when no mutant replaces them */
export async function createWorkspace({ root, base }: { root: string; base: Codes }): Promise<Workspace> {
  const folder = join(root, FOLDER, "1");
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) {
    if (!KEPT.has(name)) rmSync(join(folder, name), { recursive: true });
  }
  for (const name of readdirSync(root)) {
    if (!NOT_COPIED.has(name)) cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  rmSync(join(folder, "test/symbolic"), { recursive: true, force: true }); // halmos runs it, Hardhat does not
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
  writeFileSync(join(folder, CONFIG), CONFIG_TEXT);
  const { code, output } = await hardhat({ folder, args: ["build"], limit: BUILD_LIMIT });
  if (code !== 0) throw new FactoryChainError("MUTATE_BUILD", `The tests do not compile in ${folder}:\n${output}`);
  for (const [contract, creation] of Object.entries(base)) putCode({ folder, contract, creation });
  return inFolder({ folder, base });
}

function inFolder({ folder, base }: { folder: string; base: Codes }): Workspace {
  return {
    async test({ codes, tests, limit }) {
      for (const [contract, creation] of Object.entries(codes)) putCode({ folder, contract, creation });
      const started = Date.now();
      const args = ["test", "solidity", "--no-compile", "--grep-exclude", GAS_TESTS, ...tests];
      const { code, output } = await hardhat({ folder, args, limit });
      for (const contract of Object.keys(codes)) putCode({ folder, contract, creation: base[contract] ?? "" });
      if (code === 0 && /^ *[1-9]\d* passing/m.test(output)) return { verdict: "passed", output };
      if (Date.now() - started >= limit) return { verdict: "timeout", output };
      if (/^ *[1-9]\d* failing/m.test(output)) return { verdict: "failed", output };
      throw new FactoryChainError("MUTATE_RUN", `The tests did not run:\n${output}`);
    },
    copy(name) {
      const other = join(folder, "..", name);
      rmSync(other, { recursive: true, force: true });
      cpSync(folder, other, { recursive: true, verbatimSymlinks: true });
      return inFolder({ folder: other, base });
    },
  };
}

function hardhat({ folder, args, limit }: { folder: string; args: string[]; limit: number }) {
  return runProgram({
    file: process.execPath,
    args: [join(folder, "node_modules/hardhat/dist/src/cli.js"), "--config", CONFIG, ...args],
    cwd: folder,
    variables: { NO_COLOR: "1" },
    limit,
  });
}

/** Tests deploy what the artifact says. */
function putCode({ folder, contract, creation }: { folder: string; contract: string; creation: string }): void {
  const [path = "", name = ""] = contract.split(":");
  const file = join(folder, "artifacts", path, `${name}.json`);
  const artifact = JSON.parse(readFileSync(file, "utf8")) as { bytecode: string };
  writeFileSync(file, JSON.stringify({ ...artifact, bytecode: creation }));
}
