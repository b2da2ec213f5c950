import { valueAt } from "../../chain/schedules.ts";
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
  const { terms, clauses, lines, paid, currency, status, seq, earned, payable, refunded, forfeited } = order;
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
    seq,
    earned,
    paid,
    payable,
    refunded,
    forfeited,
    lines: lines.map((line, index) => ({ line: sheet?.lines[index]?.id ?? String(index), ...line })),
    lots: order.lots,
    claims: order.claims,
    statutory: order.statutory,
    payments: deliveries.map(({ gas, ...delivery }) => ({ ...delivery, gas: Number(gas) })),
  };
}

/** An order for a person. */
export function orderText({ order, sheet, client }: Omit<Shown, "deliveries"> & { client: Client }): string {
  const { currency, clauses } = order;
  const money = (amount: bigint) => formatMoney({ amount, currency, minorUnit: minorUnitOf(client, currency) });
  const rows = order.lines.map((line, index) => {
    const { decimals = 0, unit = null, id = String(index) } = sheet?.lines[index] ?? {};
    const show = (quantity: bigint) => formatQuantity({ quantity, decimals, unit });
    const earned = valueAt(line.schedule, line.good);
    return [id, show(line.quantity), show(line.delivered), money(line.total), money(earned)];
  });
  const total = order.lines.reduce((sum, line) => sum + line.total, 0n);
  return [
    `Order ${sheet?.number ?? order.order}: ${order.status}, ${money(order.paid)} of ${money(total)} paid`,
    `  id ${order.order}`,
    `  due ${iso(clauses.due)}, deliveries count until ${iso(clauses.expiry)}`,
    formatTable({ head: ["line", "ordered", "delivered", "worth", "earned"], rows, right: [1, 2, 3, 4] }),
    ...statesOf({ order, money }),
  ].join("\n");
}

/** What only some orders have. */
function statesOf({ order, money }: { order: Order; money: (amount: bigint) => string }): string[] {
  const held = order.earned - order.paid - order.payable;
  const { statutory } = order;
  return [
    ...(order.payable > 0n ? [`  payable now: ${money(order.payable)} (order settle pays it)`] : []),
    ...(order.status !== "closed" && held > 0n ? [`  held back: ${money(held)}`] : []),
    ...(order.refunded > 0n ? [`  refunded: ${money(order.refunded)}`] : []),
    ...(order.forfeited > 0n ? [`  forfeited: ${money(order.forfeited)}`] : []),
    ...(order.lots.length > 0 ? [`  ${order.lots.length} undecided: order lots`] : []),
    ...(order.claims.length > 0 ? [`  ${order.claims.length} claims: order claims`] : []),
    ...((statutory?.overdue ?? 0n) > 0n ? [`  past the statutory due date: ${money(statutory?.overdue ?? 0n)}`] : []),
    ...((statutory?.interest ?? 0n) > 0n ? [`  statutory late interest: ${money(statutory?.interest ?? 0n)}`] : []),
  ];
}

interface Named {
  order: Order;
  sheet: OrderSheet | null;
  /** Names of organisations by account. */
  names: ReadonlyMap<string, string>;
  client: Client;
}

/** Claims for a person. */
export function claimsTable({ order, names, client }: Named): string {
  if (order.claims.length === 0) return "Nothing of the order was assigned: all of it is the supplier's.";
  const { currency } = order;
  const money = (amount: bigint) => formatMoney({ amount, currency, minorUnit: minorUnitOf(client, currency) });
  const rows = order.claims.map(({ id, owner, end, slots }, index) => {
    const from = order.claims[index - 1]?.end ?? order.paid;
    const until = index === order.claims.length - 1 ? "the rest" : money(end - from);
    return [String(id), names.get(owner) ?? owner, money(from), until, String(slots)];
  });
  return formatTable({ head: ["claim", "owner", "from", "amount", "slots"], rows, right: [0, 2, 3, 4] });
}

/** Lots for a person. */
export function lotsTable({ order, sheet, client }: Named): string {
  if (order.lots.length === 0) return "Nothing waits for a decision.";
  const { currency } = order;
  const rows = order.lots.map(({ lot, kind, line, quantity, status, ends }) => {
    const { decimals = 0, unit = null, id = String(line) } = sheet?.lines[line ?? 0] ?? {};
    const goods = kind === "goods";
    const what = goods
      ? formatQuantity({ quantity, decimals, unit })
      : formatMoney({ amount: quantity, currency, minorUnit: minorUnitOf(client, currency) });
    return [goods ? String(lot) : "retention", goods ? id : "-", what, status, ends === null ? "-" : iso(ends)];
  });
  return formatTable({ head: ["lot", "line", "what", "status", "until"], rows, right: [2] });
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
