import type { Client } from "../client.ts";

export interface ReadBalanceParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** 0x-hex. */
  account: string;
}

/**
 * Reads how much of a currency an account holds, in minor units.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const balance = await readBalance({ client, currency: "KRW", account: supplier.address });
 */
export async function readBalance({ client, currency, account }: ReadBalanceParameters): Promise<bigint> {
  return await client.contracts.currency(currency).token.balanceOf(account);
}
