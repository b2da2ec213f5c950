import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";

export interface RefundOrderParameters {
  /** Any account. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  terms: OrderTerms;
}

/**
 * Sends back to the buyer what was not delivered, after expiry and grace. Anyone may call.
 *
 * @throws ChainError `currency-not-deployed`, or what the escrow says: too early, the order is not open
 * @example
 * const { terms } = (await readOrder({ client, currency: "KRW", order: id }))!;
 * await refundOrder({ client, currency: "KRW", terms });
 */
export async function refundOrder({ client, currency, terms }: RefundOrderParameters): Promise<SentTransaction> {
  const { escrow } = currencyContracts({ deployment: client.deployment, currency });
  return await client.write({ to: escrow, data: interfaces.supplierEscrow.encodeFunctionData("refund", [terms]) });
}
