import { packOrders } from "../../chain/creations.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow } from "./escrowCall.ts";
import type { OrderDocument } from "./orderDocument.ts";

export interface CreateOrdersFromBalanceParameters {
  /** The buyer's account; its balance in the escrow pays. */
  client: AccountClient;
  /** Plain orders of this buyer, in one currency. */
  orders: readonly OrderDocument[];
}

/**
 * Opens plain orders from the buyer's balance in the escrow, all or none. Announce them to the relayers first.
 *
 * @throws ChainError what the escrow says: the balance is too small, an order with these terms exists
 * @throws FactoryChainError `order-not-plain`; RangeError without an order
 * @example
 * await deposit({ client: buyer, currency: "KRW", amount: 50_000_000n });
 * await createOrdersFromBalance({ client: buyer, orders: [first, second] });
 */
export async function createOrdersFromBalance(p: CreateOrdersFromBalanceParameters): Promise<SentTransaction> {
  const { client, orders } = p;
  const currency = orders[0]?.sheet.currency;
  if (currency === undefined) throw new RangeError("There is no order to open.");
  const args = [packOrders(orders.map(({ terms }) => terms))];
  return await callEscrow({ client, currency, name: "createOrdersFromBalance", args });
}
