import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig, overrideTask } from "hardhat/config";

/** The compiler comes from npm: nothing is downloaded when the project builds. */
function compiler(runs: number) {
  return {
    version: "0.8.37",
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: { viaIR: true, evmVersion: "cancun", optimizer: { enabled: true, runs } },
  };
}

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers],
  tasks: ["test", ["test", "mocha"]].map((name) =>
    overrideTask(name)
      .setAction(() => import("./scripts/hardhat/testsEnd.ts"))
      .build(),
  ),
  solidity: {
    compilers: [compiler(100_000)],
    // Every order runs SupplierEscrow; these two it seldom needs, and optimised for speed they are too large to deploy.
    overrides: {
      "contracts/settlement/OrderActions.sol": compiler(200),
      "contracts/settlement/OrderServices.sol": compiler(200),
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
