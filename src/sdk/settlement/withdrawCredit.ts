import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";

export interface WithdrawCreditParameters {
  /** The account that has the credit. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  /** In minor units. */
  amount: bigint;
  /** Who gets the money; default: the account itself. */
  to?: string;
}

/**
 * Withdraws what could not be paid out when it fell due.
 *
 * @throws ChainError `currency-not-deployed`, or what the escrow says: the credit is smaller
 * @example
 * await withdrawCredit({ client: supplier, currency: "KRW", amount: 1_000n });
 */
export async function withdrawCredit({
  client,
  currency,
  amount,
  to,
}: WithdrawCreditParameters): Promise<SentTransaction> {
  const { escrow } = currencyContracts({ deployment: client.deployment, currency });
  const data = interfaces.supplierEscrow.encodeFunctionData("withdraw", [amount, to ?? client.address]);
  return await client.write({ to: escrow, data });
}
