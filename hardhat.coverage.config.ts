// npm run coverage: the same project and the same Solidity tests, on contracts that tell what they run.
import { defineConfig } from "hardhat/config";
import config from "./hardhat.config.ts";
import { branchCoverage } from "./scripts/coverage/plugin.ts";
import { unoptimised } from "./scripts/hardhat/unoptimised.ts";

export default defineConfig({
  ...unoptimised({ config, out: ".factorychain/coverage" }),
  plugins: [...(config.plugins ?? []), branchCoverage],
});
