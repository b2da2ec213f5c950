import { Contract, Interface } from "ethers";
import type { ContractRunner, InterfaceAbi } from "ethers";
import accessManager from "../../artifacts/@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json" with { type: "json" };
import deviceRegistry from "../../artifacts/contracts/identity/IDeviceRegistry.sol/IDeviceRegistry.json" with { type: "json" };
import organisationRegistry from "../../artifacts/contracts/identity/IOrganisationRegistry.sol/IOrganisationRegistry.json" with { type: "json" };
import quorum from "../../artifacts/contracts/oracle/IQuorum.sol/IQuorum.json" with { type: "json" };
import supplierEscrow from "../../artifacts/contracts/settlement/ISupplierEscrow.sol/ISupplierEscrow.json" with { type: "json" };
import currencyToken from "../../artifacts/contracts/value/ICurrencyToken.sol/ICurrencyToken.json" with { type: "json" };
import type { AccessManager } from "../../typechain-types/@openzeppelin/contracts/access/manager/AccessManager.ts";
import type {
  ICurrencyToken,
  IDeviceRegistry,
  IOrganisationRegistry,
  IQuorum,
  ISupplierEscrow,
} from "../../typechain-types/index.ts";
import { currencyContracts } from "./deployment.ts";
import type { Deployment } from "./deployment.ts";

/** The contracts of one currency. `quorum` is the relayer groups of the escrow, at the same address. */
export interface CurrencyHandles {
  token: ICurrencyToken;
  escrow: ISupplierEscrow;
  quorum: IQuorum;
}

/** The contracts that all currencies share. */
export interface Contracts {
  accessManager: AccessManager;
  organisationRegistry: IOrganisationRegistry;
  deviceRegistry: IDeviceRegistry;
  /** @throws ChainError `currency-not-deployed` */
  currency(code: string): CurrencyHandles;
}

/**
 * Typed handles of the contracts of a deployment: reads as methods, events as filters, calldata by
 * `interface.encodeFunctionData`. Transactions go through a sender, not through these.
 *
 * @param runner a provider; null for encoding and decoding only
 */
export function connectContracts(p: { deployment: Deployment; runner: ContractRunner | null }): Contracts {
  const at = <T>(address: string, { abi }: { abi: unknown }) =>
    new Contract(address, abi as InterfaceAbi, p.runner) as unknown as T;
  return {
    accessManager: at(p.deployment.accessManager, accessManager),
    organisationRegistry: at(p.deployment.organisationRegistry, organisationRegistry),
    deviceRegistry: at(p.deployment.deviceRegistry, deviceRegistry),
    currency(code) {
      const { token, escrow } = currencyContracts({ deployment: p.deployment, currency: code });
      return { token: at(token, currencyToken), escrow: at(escrow, supplierEscrow), quorum: at(escrow, quorum) };
    },
  };
}

/** The contracts' interfaces, for encoding calls and reading logs without a chain. */
export const interfaces = {
  organisationRegistry: interfaceOf(organisationRegistry),
  deviceRegistry: interfaceOf(deviceRegistry),
  supplierEscrow: interfaceOf(supplierEscrow),
  quorum: interfaceOf(quorum),
};

/** An interface whose events know their topics: ethers hashes every signature anew for each log that it parses. */
function interfaceOf({ abi }: { abi: InterfaceAbi }): Interface {
  const made = new Interface(abi);
  made.forEachEvent((event) => Object.defineProperty(event, "topicHash", { value: event.topicHash }));
  return made;
}
