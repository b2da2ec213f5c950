import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callGroup } from "./groupCall.ts";
import type { GroupReference } from "./groupCall.ts";

export interface CancelMemberParameters extends GroupReference {
  /** An account with the role GUARDIAN. */
  client: AccountClient;
  /** Its account, 0x-hex. */
  member: string;
}

/**
 * Cancels an announced relayer of a group.
 *
 * @throws ChainError what the escrow says: it was not announced
 * @example
 * await cancelMember({ client, currency: "KRW", group: 1, member });
 */
export async function cancelMember(p: CancelMemberParameters): Promise<SentTransaction> {
  return await callGroup({ ...p, name: "cancelMember", args: [p.group, p.member] });
}
