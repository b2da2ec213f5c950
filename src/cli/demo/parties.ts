import { randomBytes } from "node:crypto";
import { hexlify, Wallet } from "ethers";
import type { KnownDevice } from "../../formats/jwk.ts";
import type { Party } from "../../formats/purchaseOrder.ts";
import { registerOrganisation } from "../../sdk/identity/registerOrganisation.ts";
import { enrolDevice } from "../../sdk/identity/enrolDevice.ts";
import type { OrganisationKind } from "../../sdk/identity/organisationKinds.ts";
import type { AccountClient, Client } from "../../sdk/client.ts";
import { withAccount } from "../../sdk/client.ts";
import type { Step } from "./timeline.ts";

/** An organisation of this run, with a key that nobody had before. */
export interface FoundedParty {
  name: string;
  organisation: number;
  client: AccountClient;
  /** Signs what others send. */
  wallet: Wallet;
}

/** Devices of a demonstration are valid until 2100. */
const VALID_UNTIL = 4_102_444_800;

/**
 * Registers an organisation under a new account.
 *
 * @param step told of the transaction
 */
export async function foundParty(p: {
  admin: AccountClient;
  client: Client;
  name: string;
  kind: OrganisationKind;
  step: (step: Step) => void;
}): Promise<FoundedParty> {
  const wallet = new Wallet(Wallet.createRandom().privateKey);
  const client = withAccount({ client: p.client, wallet });
  const profile = hexlify(randomBytes(32));
  const { organisation, transaction } = await registerOrganisation({
    client: p.admin,
    kinds: [p.kind],
    profile,
    account: client.address,
  });
  p.step({ what: `${p.name} registered as organisation ${organisation} (${p.kind})`, transaction });
  return { name: p.name, organisation, client, wallet };
}

/** The identifiers that own devices and are neither buyer nor supplier: each is an organisation of its own. */
export function foreignOwners(p: { devices: readonly KnownDevice[]; buyer: Party; supplier: Party }): string[] {
  const known = new Set([...p.buyer.identifiers, ...p.supplier.identifiers]);
  const owners = p.devices.flatMap(({ owner }) => (owner === undefined || known.has(owner) ? [] : [owner]));
  return [...new Set(owners)];
}

/** The organisation that owns a device: the one with its identifier; without one, the buyer. */
export function ownerOf(p: {
  device: KnownDevice;
  parties: readonly { party: FoundedParty; identifiers: readonly string[] }[];
}): FoundedParty {
  const found = p.parties.find(({ identifiers }) => identifiers.includes(p.device.owner ?? "")) ?? p.parties[0];
  if (found === undefined) throw new Error("There is no buyer.");
  return found.party;
}

/** Enrols devices for their owners. */
export async function enrolDevices(p: {
  devices: readonly { key: KnownDevice["key"]; owner: FoundedParty }[];
  step: (step: Step) => void;
}): Promise<void> {
  await Promise.all(
    p.devices.map(async ({ key, owner }) => {
      const { device, transaction } = await enrolDevice({
        client: owner.client,
        key,
        validFrom: 0,
        validUntil: VALID_UNTIL,
      });
      p.step({ what: `device ${device.slice(0, 10)}.. of ${owner.name} enrolled`, transaction });
    }),
  );
}
