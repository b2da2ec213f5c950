import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callGroup, listOf } from "./groupCall.ts";
import type { GroupReference } from "./groupCall.ts";

export interface ProposeMemberParameters extends GroupReference {
  /** An account with the role RELAYER_ADMIN. */
  client: AccountClient;
  /** Its account, 0x-hex. */
  member: string;
}

/**
 * Announces a new relayer of a group, which may join after seven days.
 *
 * @throws ChainError `group-unknown`, or what the escrow says: the account is no relayer operator, its organisation is in the group
 * @example
 * await proposeMember({ client, currency: "KRW", group: 1, member });
 */
export async function proposeMember(p: ProposeMemberParameters): Promise<SentTransaction> {
  const { packed } = await listOf(p);
  return await callGroup({ ...p, name: "proposeMember", args: [p.group, packed, p.member] });
}
