import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { allowEscrow } from "./allowEscrow.ts";
import { callEscrow } from "./escrowCall.ts";
import { totalOf } from "./orderDocument.ts";
import type { OrderDocument } from "./orderDocument.ts";

export interface CreateOrderParameters {
  /** The buyer's account; it holds the order's total. */
  client: AccountClient;
  order: OrderDocument;
}

export interface CreateOrderReturnType {
  /** The allowance; null where there was one already. */
  allowance: SentTransaction | null;
  creation: SentTransaction;
}

/**
 * Funds a plain order: gives the escrow the allowance that it needs and creates the order. Announce it to the relayers first.
 *
 * @throws ChainError what token or escrow say: too little money, an order with these terms exists, dates that are past,
 *   clauses that only `openOrder` takes
 * @example
 * await announceOrder({ order, relayers });
 * const { creation } = await createOrder({ client: buyer, order });
 */
export async function createOrder({ client, order }: CreateOrderParameters): Promise<CreateOrderReturnType> {
  const { currency } = order.sheet;
  const allowance = await allowEscrow({ client, currency, amount: totalOf(order.sheet) });
  const creation = await callEscrow({ client, currency, name: "createOrder", args: [order.terms] });
  return { allowance, creation };
}
