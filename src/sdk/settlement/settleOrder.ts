import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";

export interface SettleOrderParameters {
  /** Any account. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  terms: OrderTerms;
}

/**
 * Pays what is payable by now, and closes the order when nothing can change any more. Anyone may call.
 *
 * @throws ChainError `currency-not-deployed`, or what the escrow says: nothing is payable, the order is not open
 * @example
 * const { terms } = (await readOrder({ client, currency: "KRW", order: id }))!;
 * await settleOrder({ client, currency: "KRW", terms });
 */
export async function settleOrder({ client, currency, terms }: SettleOrderParameters): Promise<SentTransaction> {
  const { escrow } = currencyContracts({ deployment: client.deployment, currency });
  return await client.write({ to: escrow, data: interfaces.supplierEscrow.encodeFunctionData("settle", [terms, []]) });
}
