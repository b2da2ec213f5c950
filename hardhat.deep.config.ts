// npm run test:deep: the same project and the same tests, with more random runs.
import { defineConfig } from "hardhat/config";
import config from "./hardhat.config.ts";

export default defineConfig({
  ...config,
  test: {
    ...config.test,
    solidity: {
      fuzz: { runs: 50_000 },
      invariant: { runs: 100, depth: 100, failOnRevert: true },
    },
  },
});
