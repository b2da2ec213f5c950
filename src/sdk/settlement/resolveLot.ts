import type { OrderConditions } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, claimWords } from "./escrowCall.ts";
import type { ClaimsParameters, OrderReference } from "./escrowCall.ts";

export interface ResolveLotParameters extends OrderReference, ClaimsParameters {
  /** Any account. */
  client: AccountClient;
  conditions: OrderConditions;
  /** Number of the lot; 4294967295: the call on the retention. */
  lot: number;
}

/**
 * Decides a lot whose time is over: the buyer's silence accepts, the payees' agrees to a rejection, the arbiter's leaves
 * the agreed split. Anyone may call.
 *
 * @throws ChainError what the escrow says: there is still time, the lot is decided
 * @example
 * await resolveLot({ client: anybody, currency: "KRW", terms, conditions, lot: 0 });
 */
export async function resolveLot(p: ResolveLotParameters): Promise<SentTransaction> {
  const { client, currency, terms, conditions, lot } = p;
  const args = [terms, conditions, lot, await claimWords(p)];
  return await callEscrow({ client, currency, name: "resolve", args });
}
