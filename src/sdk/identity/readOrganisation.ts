import type { Client } from "../client.ts";
import { kindsFromBits } from "./organisationKinds.ts";
import type { OrganisationKind } from "./organisationKinds.ts";

export interface ReadOrganisationParameters {
  client: Client;
  /** Id of the organisation, or one of its accounts (0x-hex). */
  organisation: number | string;
}

export interface Organisation {
  organisation: number;
  status: "active" | "suspended";
  kinds: OrganisationKind[];
  /** How many accounts it has. */
  accounts: number;
  /** Salted hash of its profile. */
  profile: string;
}

/**
 * Reads an organisation; null when there is none with that id or account.
 *
 * @example
 * const buyer = await readOrganisation({ client, organisation: "0x..." });
 */
export async function readOrganisation(p: ReadOrganisationParameters): Promise<Organisation | null> {
  const registry = p.client.contracts.organisationRegistry;
  const id =
    typeof p.organisation === "number" ? BigInt(p.organisation) : await registry.organisationOf(p.organisation);
  if (id === 0n) return null;
  const { status, kinds, accounts, profile } = await registry.organisation(id);
  if (status === 0n) return null;
  return {
    organisation: Number(id),
    status: status === 1n ? "active" : "suspended",
    kinds: kindsFromBits(Number(kinds)),
    accounts: Number(accounts),
    profile,
  };
}
