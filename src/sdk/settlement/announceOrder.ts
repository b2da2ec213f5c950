import { askRelayer } from "../relayers/http.ts";
import type { OrderDocument } from "./orderDocument.ts";

export interface AnnounceOrderParameters {
  order: OrderDocument;
  /** APIs of the group's relayers. */
  relayers: readonly string[];
}

/**
 * Gives an order's sheet to the relayers, before the order is funded: an order number that the buyer used before is
 * refused while no money has moved.
 *
 * @throws FactoryChainError `order-number-taken`, `order-document`; RetryableError `relayer-unreachable`
 * @example
 * await announceOrder({ order, relayers: ["http://127.0.0.1:18701"] });
 */
export async function announceOrder({ order, relayers }: AnnounceOrderParameters): Promise<void> {
  const { escrow, terms, conditions, sheet } = order;
  const body = { escrow, terms: { ...terms, clauses: terms.clauses.toString() }, conditions, sheet };
  await Promise.all(relayers.map((url) => askRelayer({ url, path: "/v1/orders", body })));
}
