import type { Claim } from "../../chain/claims.ts";
import { FLAG_ASSIGNED } from "../../chain/orderState.ts";
import type { Client } from "../client.ts";
import { readOrderHistory } from "./orderEvents.ts";

export interface ReadClaimsParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
  /** The order's id, 0x-hex. */
  order: string;
}

/**
 * Reads the claims on an order that are not paid, from below; the last one is the supplier's remainder. Empty as long as
 * nothing was assigned. Amounts in minor units.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const owners = (await readClaims({ client, currency: "KRW", order })).map(({ owner }) => owner);
 */
export async function readClaims({ client, currency, order }: ReadClaimsParameters): Promise<readonly Claim[]> {
  const { flags } = await client.contracts.currency(currency).escrow.orderOf(order);
  if ((Number(flags) & FLAG_ASSIGNED) === 0) return [];
  return (await readOrderHistory({ client, currency, order }))?.book.claims ?? [];
}
