import type { OrderSheet } from "../../formats/orderSheet.ts";
import type { Client } from "../../sdk/client.ts";
import type { Delivery } from "../../sdk/settlement/readDeliveries.ts";
import type { Order } from "../../sdk/settlement/readOrder.ts";
import { formatMoney, formatQuantity, formatTable } from "../table.ts";

interface Shown {
  order: Order;
  sheet: OrderSheet | null;
  deliveries: readonly Delivery[];
}

const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
const minorUnitOf = (client: Client, currency: string): number =>
  client.deployment.currencies[currency]?.minorUnit ?? 0;

/** An order as JSON: quantities in the line's scale, money in minor units. */
export function orderDocument({ order, sheet, deliveries }: Shown): object {
  const { terms, clauses, lines, paid, currency, status } = order;
  return {
    id: order.order,
    number: sheet?.number ?? null,
    status,
    currency,
    buyer: terms.buyer,
    supplier: terms.supplier,
    due: iso(clauses.due),
    expiry: iso(clauses.expiry),
    total: lines.reduce((sum, { total }) => sum + total, 0n),
    paid,
    lines: lines.map((line, index) => ({ line: sheet?.lines[index]?.id ?? String(index), ...line })),
    payments: deliveries.map(({ gas, ...delivery }) => ({ ...delivery, gas: Number(gas) })),
  };
}

/** An order for a person. */
export function orderText({ order, sheet, deliveries, client }: Shown & { client: Client }): string {
  const { currency, clauses } = order;
  const money = (amount: bigint) => formatMoney({ amount, currency, minorUnit: minorUnitOf(client, currency) });
  const rows = order.lines.map((line, index) => {
    const { decimals = 0, unit = null, id = String(index) } = sheet?.lines[index] ?? {};
    const show = (quantity: bigint) => formatQuantity({ quantity, decimals, unit });
    const paid = deliveries.filter((one) => one.line === index).reduce((sum, { amount }) => sum + amount, 0n);
    return [id, show(line.quantity), show(line.delivered), money(line.total), money(paid)];
  });
  const total = order.lines.reduce((sum, line) => sum + line.total, 0n);
  return [
    `Order ${sheet?.number ?? order.order}: ${order.status}, ${money(order.paid)} of ${money(total)} paid`,
    `  id ${order.order}`,
    `  due ${iso(clauses.due)}, deliveries count until ${iso(clauses.expiry)}`,
    formatTable({ head: ["line", "ordered", "delivered", "worth", "paid"], rows, right: [1, 2, 3, 4] }),
  ].join("\n");
}

/** Orders for a person. */
export function ordersTable(p: {
  orders: readonly Order[];
  numbers: ReadonlyMap<string, string>;
  client: Client;
}): string {
  const rows = p.orders.map((order) => {
    const { currency } = order;
    const money = (amount: bigint) => formatMoney({ amount, currency, minorUnit: minorUnitOf(p.client, currency) });
    const total = order.lines.reduce((sum, line) => sum + line.total, 0n);
    return [p.numbers.get(order.order) ?? "-", order.status, money(total), money(order.paid), order.order];
  });
  return formatTable({ head: ["number", "status", "total", "paid", "id"], rows, right: [2, 3] });
}
