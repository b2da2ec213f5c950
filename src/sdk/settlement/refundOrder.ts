import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow } from "./escrowCall.ts";
import type { OrderReference } from "./escrowCall.ts";

export interface RefundOrderParameters extends OrderReference {
  /** Any account. */
  client: AccountClient;
}

/**
 * Sends back to the buyer what is neither earned nor pending, after expiry and grace. Anyone may call.
 *
 * @throws ChainError `currency-not-deployed`, or what the escrow says: too early, the order is not open
 * @example
 * const { terms } = (await readOrder({ client, currency: "KRW", order: id }))!;
 * await refundOrder({ client, currency: "KRW", terms });
 */
export async function refundOrder({ client, currency, terms }: RefundOrderParameters): Promise<SentTransaction> {
  return await callEscrow({ client, currency, name: "refund", args: [terms] });
}
