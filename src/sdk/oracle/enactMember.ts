import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callGroup, listOf } from "./groupCall.ts";
import type { GroupReference } from "./groupCall.ts";

export interface EnactMemberParameters extends GroupReference {
  /** Any account. */
  client: AccountClient;
  /** Its account, 0x-hex. */
  member: string;
}

/**
 * Lets an announced relayer join its group when its time has come. Anyone may call.
 *
 * @throws ChainError `group-unknown`, or what the escrow says: it was not announced, it is too early
 * @example
 * await enactMember({ client, currency: "KRW", group: 1, member });
 */
export async function enactMember(p: EnactMemberParameters): Promise<SentTransaction> {
  const { packed } = await listOf(p);
  return await callGroup({ ...p, name: "enactMember", args: [p.group, packed, p.member] });
}
