import { interfaces } from "../../chain/contracts.ts";
import { encodeCall } from "../../chain/encode.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { requireEvent } from "../logs.ts";
import { kindsToBits } from "./organisationKinds.ts";
import type { OrganisationKind } from "./organisationKinds.ts";

export interface RegisterOrganisationParameters {
  /** An account with the role REGISTRAR. */
  client: AccountClient;
  kinds: readonly OrganisationKind[];
  /** Salted hash of the organisation's profile, 0x-hex of 32 bytes: its name stays off the chain. */
  profile: string;
  /** The organisation's first account, 0x-hex. */
  account: string;
}

export interface RegisterOrganisationReturnType {
  /** Id of the organisation, counted from 1. */
  organisation: number;
  transaction: SentTransaction;
}

/**
 * Registers an organisation with its first account.
 *
 * @throws ChainError what the registry says: the account is taken, the caller is no registrar
 * @example
 * const { organisation } = await registerOrganisation({ client: registrar, kinds: ["buyer"], profile, account });
 */
export async function registerOrganisation(p: RegisterOrganisationParameters): Promise<RegisterOrganisationReturnType> {
  const to = p.client.deployment.organisationRegistry;
  const abi = interfaces.organisationRegistry;
  const data = encodeCall({ abi, name: "register", args: [kindsToBits(p.kinds), p.profile, p.account] });
  const transaction = await p.client.write({ to, data });
  const { event } = requireEvent({ logs: transaction.logs, address: to, abi, name: "OrganisationRegistered" });
  return { organisation: Number(event.args["organisation"]), transaction };
}
