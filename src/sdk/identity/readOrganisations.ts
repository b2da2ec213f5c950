import { interfaces } from "../../chain/contracts.ts";
import type { Client } from "../client.ts";
import { readEvents } from "../logs.ts";
import { readOrganisation } from "./readOrganisation.ts";
import type { Organisation } from "./readOrganisation.ts";

export interface ReadOrganisationsParameters {
  client: Client;
}

/**
 * Reads all organisations, by id.
 *
 * @example
 * const organisations = await readOrganisations({ client });
 */
export async function readOrganisations({ client }: ReadOrganisationsParameters): Promise<Organisation[]> {
  const address = client.deployment.organisationRegistry;
  const abi = interfaces.organisationRegistry;
  const events = await readEvents({ client, address, abi, names: ["OrganisationRegistered"] });
  const ids = events.map(({ event }) => Number(event.args["organisation"]));
  const organisations = await Promise.all(ids.map((organisation) => readOrganisation({ client, organisation })));
  return organisations.filter((organisation) => organisation !== null);
}
