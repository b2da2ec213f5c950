import { currencyContracts } from "../../chain/deployment.ts";
import { encodeCall } from "../../chain/encode.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";

export interface AllowEscrowParameters {
  /** Whose money it is. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  /** In minor units. */
  amount: bigint;
}

/**
 * Lets the escrow take an amount, where it may not yet. It takes what an order, a deposit, an amendment, a claim or a
 * credit note costs, and nothing without the account's consent.
 *
 * @returns null where the allowance is enough
 * @throws ChainError `currency-not-deployed`
 * @example
 * await allowEscrow({ client: bank, currency: "KRW", amount: 9_700_000n });
 */
export async function allowEscrow({
  client,
  currency,
  amount,
}: AllowEscrowParameters): Promise<SentTransaction | null> {
  const { token: address, escrow } = currencyContracts({ deployment: client.deployment, currency });
  const { token } = client.contracts.currency(currency);
  if ((await token.allowance(client.address, escrow)) >= amount) return null;
  const data = encodeCall({ abi: token.interface, name: "approve", args: [escrow, amount] });
  return await client.write({ to: address, data });
}
