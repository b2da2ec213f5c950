import { keccak256, toUtf8Bytes } from "ethers";
import { interfaces } from "../chain/contracts.ts";
import { currencyContracts } from "../chain/deployment.ts";
import { registerOrganisation } from "../sdk/identity/registerOrganisation.ts";
import { readOrganisation } from "../sdk/identity/readOrganisation.ts";
import type { AccountClient } from "../sdk/client.ts";
import { readEvents } from "../sdk/logs.ts";
import { registerRelayerGroup } from "../sdk/oracle/registerRelayerGroup.ts";

/** Signatures that a batch needs, of the three. */
const THRESHOLD = 2;

/**
 * Makes the relayers three organisations and a group of every currency's escrow, as far as the chain does not have them
 * yet. The chain is what is asked: it may have gone back since.
 *
 * @returns id of the group by currency
 */
export async function foundGroups(p: {
  admin: AccountClient;
  members: readonly string[];
}): Promise<Record<string, number>> {
  const { admin, members } = p;
  await Promise.all(
    members.map(async (account) => {
      if ((await readOrganisation({ client: admin, organisation: account })) !== null) return;
      const profile = keccak256(toUtf8Bytes(`relayer ${account}`));
      await registerOrganisation({ client: admin, kinds: ["relayer-operator"], profile, account });
    }),
  );
  const currencies = Object.keys(admin.deployment.currencies);
  const groups = await Promise.all(
    currencies.map(async (currency) => [currency, await groupOf({ ...p, currency })] as const),
  );
  return Object.fromEntries(groups);
}

async function groupOf(p: { admin: AccountClient; members: readonly string[]; currency: string }): Promise<number> {
  const { admin, members, currency } = p;
  const { escrow: address } = currencyContracts({ deployment: admin.deployment, currency });
  const events = await readEvents({ client: admin, address, abi: interfaces.quorum, names: ["GroupRegistered"] });
  const known = events.find(({ event }) => {
    const listed = [...(event.args["members"] as Iterable<string>)].map((member) => member.toLowerCase());
    return listed.join() === members.join();
  });
  if (known !== undefined) return Number(known.event.args["group"]);
  return (await registerRelayerGroup({ client: admin, currency, members, threshold: THRESHOLD })).group;
}
