import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, claimWords } from "./escrowCall.ts";
import type { ClaimsParameters, OrderReference } from "./escrowCall.ts";

export interface SettleOrderParameters extends OrderReference, ClaimsParameters {
  /** Any account. */
  client: AccountClient;
}

/**
 * Pays what is payable by now, to every owner of a claim, and closes the order when nothing can change any more. Anyone may call.
 *
 * @throws ChainError `currency-not-deployed`, or what the escrow says: nothing is payable, the order is not open
 * @example
 * const { terms } = (await readOrder({ client, currency: "KRW", order: id }))!;
 * await settleOrder({ client, currency: "KRW", terms });
 */
export async function settleOrder(p: SettleOrderParameters): Promise<SentTransaction> {
  const { client, currency, terms } = p;
  return await callEscrow({ client, currency, name: "settle", args: [terms, await claimWords(p)] });
}
