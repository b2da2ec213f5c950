import type { OrderConditions } from "../chain/terms.ts";
import type { DeviceKey } from "../formats/envelope.ts";
import { parseOrderSheet } from "../formats/orderSheet.ts";
import type { OrderSheet } from "../formats/orderSheet.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { readOrder } from "../sdk/settlement/readOrder.ts";
import type { Order } from "../sdk/settlement/readOrder.ts";
import type { Session } from "./session.ts";

/** An order of the chain with its sheet, where this book has it. */
export interface KnownOrder {
  order: Order;
  sheet: OrderSheet | null;
  conditions: OrderConditions | null;
  /** Keys of the devices that sign its reports, where this book has them. */
  deviceKeys: readonly DeviceKey[] | null;
}

/**
 * The order that a person means: by number or id.
 *
 * @throws FactoryChainError `order-unknown`
 */
export async function findOrder(p: { session: Session; meant: string }): Promise<KnownOrder> {
  const { session, meant } = p;
  const noted = session.book.read().orders.map(({ sheet, ...one }) => ({ ...one, sheet: parseOrderSheet(sheet) }));
  const known = noted.findLast(({ id, sheet }) => id === meant.toLowerCase() || sheet.number === meant);
  const currencies = known === undefined ? Object.keys(session.client.deployment.currencies) : [known.currency];
  const id = known?.id ?? meant;
  if (/^0x[0-9a-fA-F]{64}$/.test(id)) {
    for (const currency of currencies) {
      const conditions = known?.conditions;
      const asked = { client: session.client, currency, order: id };
      const order = await readOrder(conditions === undefined ? asked : { ...asked, conditions });
      if (order !== null)
        return {
          order,
          sheet: known?.sheet ?? null,
          conditions: conditions ?? null,
          deviceKeys: known?.deviceKeys ?? null,
        };
    }
  }
  throw new FactoryChainError("order-unknown", `No order "${meant}" is known here.`, {
    expected: "an order's number or id",
    advice: "factorychain order list shows the orders that there are.",
  });
}

/**
 * The sheet of an order, which devices need to deliver it.
 *
 * @throws FactoryChainError `order-sheet-missing`
 */
export function requireSheet({ order, sheet }: KnownOrder): OrderSheet {
  if (sheet !== null) return sheet;
  throw new FactoryChainError("order-sheet-missing", `The sheet of order ${order.order} is not here.`, {
    expected: "an order that was created from this data folder",
    advice: "Publish the events of a file instead: factorychain deliver --events FILE.jsonl",
  });
}

/**
 * The conditions of an order, which disputes and assignments need.
 *
 * @throws FactoryChainError `order-conditions-missing`
 */
export function requireConditions({ order, conditions }: KnownOrder): OrderConditions {
  if (conditions !== null) return conditions;
  throw new FactoryChainError("order-conditions-missing", `The conditions of order ${order.order} are not here.`, {
    expected: "an order that was created from this data folder: the chain keeps only the conditions' hash",
    advice: "Run the command where the order was created, or use the SDK with the order's document.",
  });
}
