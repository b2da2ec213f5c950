import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig, overrideTask } from "hardhat/config";

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  tasks: ["test", ["test", "mocha"]].map((name) =>
    overrideTask(name)
      .setAction(() => import("./scripts/hardhat/testsEnd.ts"))
      .build(),
  ),
  solidity: {
    version: "0.8.37",
    // The compiler comes from npm: nothing is downloaded when the project builds.
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: {
      viaIR: true,
      evmVersion: "cancun",
      optimizer: { enabled: true, runs: 100_000 },
    },
    npmFilesToBuild: ["@openzeppelin/contracts/access/manager/AccessManager.sol"],
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: "osaka" },
  },
  paths: {
    ignition: "deploy",
    tests: { solidity: "./test", mocha: "./test" },
  },
  test: {
    solidity: {
      // Small enough for every day; hardhat.deep.config.ts searches deeper.
      fuzz: { runs: 256 },
      invariant: { runs: 24, depth: 60, failOnRevert: true },
    },
  },
  typechain: { outDir: "typechain-types", tsNocheck: true },
});
