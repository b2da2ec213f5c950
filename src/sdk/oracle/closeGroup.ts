import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callGroup } from "./groupCall.ts";
import type { GroupReference } from "./groupCall.ts";

export interface CloseGroupParameters extends GroupReference {
  /** An account with the role GUARDIAN. */
  client: AccountClient;
}

/**
 * Refuses new orders that name a group; open ones go on.
 *
 * @throws ChainError what the escrow says: there is no such group, it is closed
 * @example
 * await closeGroup({ client, currency: "KRW", group: 1 });
 */
export async function closeGroup(p: CloseGroupParameters): Promise<SentTransaction> {
  return await callGroup({ ...p, name: "closeGroup", args: [p.group] });
}
