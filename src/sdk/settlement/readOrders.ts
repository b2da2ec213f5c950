import type { Client } from "../client.ts";
import { readCreations } from "./orderEvents.ts";
import { readCreatedOrder } from "./readOrder.ts";
import type { Order } from "./readOrder.ts";

export interface ReadOrdersParameters {
  client: Client;
  /** ISO 4217; default: all currencies of the deployment. */
  currency?: string;
}

/**
 * Reads all orders, by currency and in the order in which they were created.
 *
 * @throws ChainError `currency-not-deployed`
 * @example
 * const open = (await readOrders({ client })).filter(({ status }) => status === "open");
 */
export async function readOrders({ client, currency }: ReadOrdersParameters): Promise<Order[]> {
  const currencies = currency === undefined ? Object.keys(client.deployment.currencies) : [currency];
  const orders: Order[] = [];
  for (const code of currencies) {
    for (const creation of await readCreations({ client, currency: code })) {
      const found = await readCreatedOrder({ client, currency: code, order: creation.order, creation });
      if (found !== null) orders.push(found);
    }
  }
  return orders;
}
