// Every command of the project, in one place. package.json only gives them their npm names.
import { join } from "node:path";
import { binary, root } from "./paths.mjs";

/** A script of ours, run by the Node that was found. Where the user stands, there the paths in its arguments begin. */
const script = (path, ...fixed) => ({
  contracts: true,
  step: ({ node, here }, args) => ({ file: node, args: [join(root, path), ...fixed, ...args], cwd: here }),
});

/** A program from the dependencies, run in the project's folder. */
const tool = (name, fixed, { contracts }) => ({
  contracts,
  step: ({ node }, args) => ({ file: node, args: [binary(name), ...fixed, ...args], cwd: root }),
});

export const commands = {
  demo: script("src/cli/main.ts", "demo"),
  start: script("src/cli/main.ts", "node", "start"),
  factorychain: script("src/cli/main.ts"),
  deploy: script("scripts/deploy.ts"),
  "test:besu": script("scripts/test-besu.ts"),
  bench: script("bench/main.ts"),
  soak: script("bench/soak.ts"),
  gas: script("scripts/gas.ts"),
  check: script("scripts/check.ts"),
  analyze: script("scripts/analyze.ts"),
  mutate: script("scripts/mutate.ts"),
  coverage: { ...script("scripts/coverage.ts"), contracts: false },
  test: tool("hardhat", ["test"], { contracts: true }),
  "test:deep": tool("hardhat", ["--config", "hardhat.deep.config.ts", "test", "solidity"], { contracts: true }),
  build: tool("hardhat", ["build"], { contracts: false }),
  services: { ...script("scripts/services.ts"), contracts: false },
  chaos: script("chaos/main.ts"),
  lock: { ...script("scripts/lock.ts"), contracts: false },
  format: tool("prettier", ["--write", "--log-level", "warn", "."], { contracts: false }),
};
