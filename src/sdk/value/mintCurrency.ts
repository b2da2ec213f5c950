import { encodeCall } from "../../chain/encode.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";

export interface MintCurrencyParameters {
  /** An account with the role ISSUER. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  /** Who gets it, 0x-hex. */
  to: string;
  /** In minor units. */
  amount: bigint;
}

/**
 * Issues currency.
 *
 * @throws ChainError `currency-not-deployed`, or what the token says: the caller is no issuer
 * @example
 * await mintCurrency({ client: issuer, currency: "KRW", to: buyer.address, amount: 1_000_000n });
 */
export async function mintCurrency({ client, currency, to, amount }: MintCurrencyParameters): Promise<SentTransaction> {
  const { token } = client.contracts.currency(currency);
  const data = encodeCall({ abi: token.interface, name: "mint", args: [to, amount] });
  return await client.write({ to: client.deployment.currencies[currency]?.token ?? "", data });
}
