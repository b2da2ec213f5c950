import type { Client } from "../client.ts";

export interface ReadBalancesParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** 0x-hex. */
  account: string;
}

/** What an account has, in minor units. */
export interface Balances {
  /** In its wallet. */
  token: bigint;
  /** In the escrow: it pays for orders or is withdrawn. */
  escrow: bigint;
  /** The next nonce of its signatures under withdrawals and credit notes. */
  nonce: bigint;
}

/**
 * Reads what an account has in its wallet and in the escrow.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const { escrow } = await readBalances({ client, currency: "KRW", account: buyer.address });
 */
export async function readBalances({ client, currency, account }: ReadBalancesParameters): Promise<Balances> {
  const contracts = client.contracts.currency(currency);
  const [token, escrow, nonce] = await Promise.all([
    contracts.token.balanceOf(account),
    contracts.escrow.creditOf(account),
    contracts.escrow.nonces(account),
  ]);
  return { token, escrow, nonce };
}

/**
 * Reads what an account needs to sign a permit or an authorization of the currency's token offline.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const { tokenName, nonce } = await readTokenSigning({ client, currency: "KRW", account });
 */
export async function readTokenSigning(p: ReadBalancesParameters): Promise<{ tokenName: string; nonce: bigint }> {
  const { token } = p.client.contracts.currency(p.currency);
  const [tokenName, nonce] = await Promise.all([token.name(), token.nonces(p.account)]);
  return { tokenName, nonce };
}
