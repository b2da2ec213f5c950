// A copy of the project in which the Solidity tests are compiled once. They deploy the contracts under test from the
// environment instead of having them inside, so a mutant costs no compilation of tests: `new X(a)` becomes
// `X(deployMutant("X", abi.encode(a)))`.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, posix } from "node:path";
import { FactoryChainError } from "../../src/lib/errors.ts";
import { solidityFiles } from "../solidity/compile.ts";
import { runProgram } from "../solidity/program.ts";
import { closing } from "../checks/solidity.ts";
import type { Codes } from "./code.ts";

/** How the tests took some codes. */
export type Verdict = "passed" | "failed" | "timeout";

export interface Workspace {
  prepare(): Promise<void>;
  test(p: { codes: Codes; limit: number }): Promise<{ verdict: Verdict; output: string }>;
  remove(): void;
}

const CONFIG = "hardhat.mutate.config.ts";
const DEPLOYER = "test/support/deployMutant.sol";
const NOT_COPIED = new Set(["node_modules", "artifacts", "cache", "coverage", ".git", ".factorychain"]);

// A mutant that only a rare input shows is found by test:deep; here every mutant costs the same runs.
const CONFIG_TEXT = `import { defineConfig } from "hardhat/config";
import config from "./hardhat.config.ts";

export default defineConfig({
  ...config,
  test: {
    solidity: { fuzz: { runs: 32, seed: "0x1" }, invariant: { runs: 6, depth: 40, failOnRevert: true, shrinkRunLimit: 1 } },
  },
});
`;

const DEPLOYER_TEXT = `// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface EnvironmentVm {
    function envBytes(string calldata name) external view returns (bytes memory);
}

function deployMutant(string memory name, bytes memory arguments) returns (address deployed) {
    EnvironmentVm vm = EnvironmentVm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bytes memory code = bytes.concat(vm.envBytes(string.concat("MUTANT_", name)), arguments);
    assembly ("memory-safe") {
        deployed := create(0, add(code, 32), mload(code))
        if iszero(deployed) {
            returndatacopy(0, 0, returndatasize())
            revert(0, returndatasize())
        }
    }
}
`;

export function createWorkspace({ root, tests, names }: { root: string; tests: string[]; names: string[] }): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "factorychain-mutate-"));
  const hardhat = join(folder, "node_modules/hardhat/dist/src/cli.js");
  const run = (p: { args: string[]; variables: Record<string, string>; limit: number }) =>
    runProgram({
      file: process.execPath,
      args: [hardhat, "--config", CONFIG, ...p.args],
      cwd: folder,
      variables: { ...p.variables, NO_COLOR: "1" },
      limit: p.limit,
    });
  return {
    async prepare() {
      for (const name of readdirSync(root)) {
        if (!NOT_COPIED.has(name)) cpSync(join(root, name), join(folder, name), { recursive: true });
      }
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "dir");
      writeFileSync(join(folder, CONFIG), CONFIG_TEXT);
      writeFileSync(join(folder, DEPLOYER), DEPLOYER_TEXT);
      for (const file of solidityFiles({ root: folder, path: "test" })) {
        if (file.startsWith("test/symbolic/"))
          rmSync(join(folder, file)); // not run here
        else rewrite({ folder, file, names });
      }
      const built = await run({ args: ["build"], variables: {}, limit: 1_800_000 });
      if (built.code === 0) return;
      throw new FactoryChainError("MUTATE_BUILD", `The tests do not compile in ${folder}:\n${built.output}`);
    },
    async test({ codes, limit }) {
      const variables = Object.fromEntries(Object.entries(codes).map(([name, code]) => [`MUTANT_${name}`, code]));
      const started = Date.now();
      const { code, output } = await run({ args: ["test", "solidity", "--no-compile", ...tests], variables, limit });
      if (code === 0 && /^ *[1-9]\d* passing/m.test(output)) return { verdict: "passed", output };
      if (Date.now() - started >= limit) return { verdict: "timeout", output };
      if (/^ *[1-9]\d* failing/m.test(output)) return { verdict: "failed", output };
      throw new FactoryChainError("MUTATE_RUN", `The tests did not run:\n${output}`);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Lets a test deploy from the environment. */
function rewrite({ folder, file, names }: { folder: string; file: string; names: string[] }): void {
  const path = join(folder, file);
  const source = readFileSync(path, "utf8");
  const text = withDeployments({ source, names, file });
  if (text === source) return;
  const way = posix.relative(posix.dirname(file), DEPLOYER);
  const from = way.startsWith(".") ? way : `./${way}`;
  writeFileSync(path, text.replace(/^(pragma [^\n]*\n)/m, `$1import {deployMutant} from "${from}";\n`));
}

/** A source with `deployMutant` in place of `new`, for these contracts. */
export function withDeployments({ source, names, file }: { source: string; names: string[]; file: string }): string {
  let text = source;
  for (const name of names) {
    const start = new RegExp(`\\bnew ${name}\\s*\\(`, "g");
    if (new RegExp(`\\bnew ${name}\\s*\\{`).test(text) || new RegExp(`\\bnew ${name}\\s*\\(\\s*\\{`).test(text)) {
      throw new FactoryChainError("MUTATE_NEW", `${file}: new ${name} with names or options cannot be followed.`, {
        advice: "Give the arguments by place.",
      });
    }
    for (let match = start.exec(text); match !== null; match = start.exec(text)) {
      const open = match.index + match[0].length - 1;
      const end = closing(text, open, "()");
      const call = `${name}(deployMutant("${name}", abi.encode${text.slice(open, end + 1)}))`;
      text = text.slice(0, match.index) + call + text.slice(end + 1);
    }
  }
  return text;
}
