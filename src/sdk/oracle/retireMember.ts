import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callGroup, listOf } from "./groupCall.ts";
import type { GroupReference } from "./groupCall.ts";

export interface RetireMemberParameters extends GroupReference {
  /** An account with the role GUARDIAN, or the member itself. */
  client: AccountClient;
  /** Its account, 0x-hex. */
  member: string;
}

/**
 * Retires a relayer of a group at once and for ever: its signature counts no more.
 *
 * @throws ChainError `group-unknown`, or what the escrow says: no such member, it is retired
 * @example
 * await retireMember({ client, currency: "KRW", group: 1, member });
 */
export async function retireMember(p: RetireMemberParameters): Promise<SentTransaction> {
  const { accounts, packed } = await listOf(p);
  const index = accounts.indexOf(p.member.toLowerCase());
  // An index beyond the list makes the contract say which members there are.
  const place = index < 0 ? accounts.length : index;
  return await callGroup({ ...p, name: "retireMember", args: [p.group, packed, place] });
}
