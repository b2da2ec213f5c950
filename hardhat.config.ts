import { fileURLToPath } from "node:url";
import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig, overrideTask } from "hardhat/config";
import { allCores } from "./scripts/hardhat/allCores.ts";

// The compiler comes from npm: nothing is downloaded when the project builds.
const solc = { version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) };

/** What is deployed; how often it is expected to run decides between speed and size. */
function deployed(runs: number) {
  return { ...solc, settings: { viaIR: true, evmVersion: "cancun", optimizer: { enabled: true, runs } } };
}

/** Tests, which deploy from artifacts. The whole optimiser would take ten minutes over them. */
const tests = { ...solc, settings: { evmVersion: "cancun", optimizer: { enabled: false } } };

export default defineConfig({
  plugins: [hardhatToolboxMochaEthers, allCores],
  tasks: [
    overrideTask("test")
      .setAction(() => import("./scripts/hardhat/testsEnd.ts"))
      .build(),
    overrideTask(["test", "mocha"])
      .setAction(() => import("./scripts/hardhat/mochaTests.ts"))
      .build(),
  ],
  solidity: {
    compilers: [tests],
    overrides: {
      "@openzeppelin/contracts/access/manager/AccessManager.sol": deployed(100_000),
      "contracts/identity/DeviceRegistry.sol": deployed(100_000),
      "contracts/identity/OrganisationRegistry.sol": deployed(100_000),
      "contracts/mocks/MockToken.sol": deployed(100_000),
      "contracts/settlement/SupplierEscrow.sol": deployed(100_000),
      // These two an order seldom needs, and optimised for speed they are too large to deploy.
      "contracts/settlement/OrderActions.sol": deployed(200),
      "contracts/settlement/OrderServices.sol": deployed(200),
      "contracts/value/CurrencyToken.sol": deployed(100_000),
      // It acts 20,000 times in npm test: optimised, it takes half the time.
      "test/invariant/Escrow.t.sol": {
        ...tests,
        settings: { evmVersion: "cancun", optimizer: { enabled: true, runs: 200 } },
      },
      // It inherits contracts that only this pipeline finds room for on the stack.
      "test/model/Arithmetic.sol": deployed(200),
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
    // No test is about how fast a machine is: what takes a second has to pass where others run beside it, too. A test
    // says a time of its own only where it needs more.
    mocha: { timeout: 180_000 },
    solidity: {
      // Small enough for every day; hardhat.deep.config.ts searches deeper.
      fuzz: { runs: 256 },
      invariant: { runs: 12, depth: 60, failOnRevert: true },
    },
  },
  typechain: { outDir: "typechain-types", tsNocheck: true },
});
