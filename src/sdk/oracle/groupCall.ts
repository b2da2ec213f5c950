import { concat } from "ethers";
import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import { encodeCall } from "../../chain/encode.ts";
import { ChainError } from "../../chain/errors.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient, Client } from "../client.ts";
import { readGroup } from "./readGroup.ts";

/** A group that an action is about. */
export interface GroupReference {
  /** ISO 4217: each escrow has its own groups. */
  currency: string;
  /** Id of the group. */
  group: number;
}

/** Sends a call about relayer groups. */
export async function callGroup(p: {
  client: AccountClient;
  currency: string;
  name: string;
  args: readonly unknown[];
}): Promise<SentTransaction> {
  const { escrow } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  return await p.client.write({ to: escrow, data: encodeCall({ abi: interfaces.quorum, ...p }) });
}

/**
 * The group's list of members from the chain, retired ones among them, and packed as the contract takes it.
 *
 * @throws ChainError `group-unknown`
 */
export async function listOf(p: { client: Client } & GroupReference): Promise<{ accounts: string[]; packed: string }> {
  const found = await readGroup(p);
  if (found === null) {
    throw new ChainError("group-unknown", `There is no relayer group ${p.group} for ${p.currency}.`, {
      expected: "the id of a registered group",
      advice: "Check the id on this escrow: groups of other currencies are others.",
    });
  }
  const accounts = found.members.map(({ account }) => account);
  return { accounts, packed: concat(accounts) };
}
