import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Artifact, ArtifactResolver, BuildInfo } from "@nomicfoundation/ignition-core";
import { FactoryChainError } from "../../src/lib/errors.ts";

// Where the build puts what it compiled; reading it directly saves the start of Hardhat.
const SOURCES: Record<string, string> = {
  AccessManager: "@openzeppelin/contracts/access/manager/AccessManager.sol",
  OrganisationRegistry: "contracts/identity/OrganisationRegistry.sol",
  DeviceRegistry: "contracts/identity/DeviceRegistry.sol",
  CurrencyToken: "contracts/value/CurrencyToken.sol",
  OrderActions: "contracts/settlement/OrderActions.sol",
  OrderServices: "contracts/settlement/OrderServices.sol",
  SupplierEscrow: "contracts/settlement/SupplierEscrow.sol",
};

export interface Artifacts extends ArtifactResolver {
  /** Bytes of the contract on the chain; EIP-170 allows 24,576. */
  size(contract: string): number;
}

/** Compiled contracts, read from the build's folder. */
export function createArtifacts(p: { folder: string }): Artifacts {
  function read(contract: string): Artifact {
    const file = join(p.folder, SOURCES[contract] ?? contract, `${contract}.json`);
    if (!existsSync(file)) {
      throw new FactoryChainError("contracts-not-built", `The contract ${contract} is not compiled.`, {
        expected: file,
        advice: "npm run build compiles the contracts; then run the same command again.",
      });
    }
    return JSON.parse(readFileSync(file, "utf8")) as Artifact;
  }
  return {
    loadArtifact: (contract) => Promise.resolve(read(contract)),
    getBuildInfo(contract) {
      const { buildInfoId } = read(contract);
      if (buildInfoId === undefined) return Promise.resolve(undefined);
      const text = readFileSync(join(p.folder, "build-info", `${buildInfoId}.json`), "utf8");
      return Promise.resolve(JSON.parse(text) as BuildInfo);
    },
    size: (contract) => (read(contract).deployedBytecode.length - 2) / 2,
  };
}
