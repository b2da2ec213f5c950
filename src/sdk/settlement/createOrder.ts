import { currencyContracts } from "../../chain/deployment.ts";
import { interfaces } from "../../chain/contracts.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
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
 * Funds an order: gives the escrow the allowance that it needs and creates the order. Announce it to the relayers first.
 *
 * @throws ChainError what token or escrow say: too little money, an order with these terms exists, dates that are past
 * @example
 * await announceOrder({ order, relayers });
 * const { creation } = await createOrder({ client: buyer, order });
 */
export async function createOrder({ client, order }: CreateOrderParameters): Promise<CreateOrderReturnType> {
  const { token: address, escrow } = currencyContracts({
    deployment: client.deployment,
    currency: order.sheet.currency,
  });
  const { token } = client.contracts.currency(order.sheet.currency);
  const total = totalOf(order.sheet);
  const enough = (await token.allowance(client.address, escrow)) >= total;
  const allow = token.interface.encodeFunctionData("approve", [escrow, total]);
  const allowance = enough ? null : await client.write({ to: address, data: allow });
  const create = interfaces.supplierEscrow.encodeFunctionData("createOrder", [order.terms]);
  const creation = await client.write({ to: escrow, data: create });
  return { allowance, creation };
}
