import { currencyContracts } from "../../chain/deployment.ts";
import { interfaces } from "../../chain/contracts.ts";
import { encodeCall } from "../../chain/encode.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { requireEvent } from "../logs.ts";

export interface RegisterRelayerGroupParameters {
  /** An account with the role RELAYER_ADMIN. */
  client: AccountClient;
  /** ISO 4217: each escrow has its own groups. */
  currency: string;
  /** Accounts of distinct organisations, each a relayer operator; their order is part of the group. */
  members: readonly string[];
  /** How many of them must sign. */
  threshold: number;
}

export interface RegisterRelayerGroupReturnType {
  /** Id of the group in this escrow, counted from 1. */
  group: number;
  transaction: SentTransaction;
}

/**
 * Registers relayers that report on orders of one currency. An order names its group; a new group touches no old order.
 *
 * @throws ChainError what the escrow says: a member is no relayer operator, two are of one organisation
 * @example
 * const { group } = await registerRelayerGroup({ client: admin, currency: "KRW", members, threshold: 2 });
 */
export async function registerRelayerGroup(p: RegisterRelayerGroupParameters): Promise<RegisterRelayerGroupReturnType> {
  const { escrow } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  const data = encodeCall({ abi: interfaces.quorum, name: "registerGroup", args: [p.members, p.threshold] });
  const transaction = await p.client.write({ to: escrow, data });
  const { event } = requireEvent({
    logs: transaction.logs,
    address: escrow,
    abi: interfaces.quorum,
    name: "GroupRegistered",
  });
  return { group: Number(event.args["group"]), transaction };
}
