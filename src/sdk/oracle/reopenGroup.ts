import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callGroup } from "./groupCall.ts";
import type { GroupReference } from "./groupCall.ts";

export interface ReopenGroupParameters extends GroupReference {
  /** An account with the role GUARDIAN. */
  client: AccountClient;
}

/**
 * Takes new orders that name a group again.
 *
 * @throws ChainError what the escrow says: the group is not closed
 * @example
 * await reopenGroup({ client, currency: "KRW", group: 1 });
 */
export async function reopenGroup(p: ReopenGroupParameters): Promise<SentTransaction> {
  return await callGroup({ ...p, name: "reopenGroup", args: [p.group] });
}
