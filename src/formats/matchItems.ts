import { parseDecimal, toScaled } from "../lib/decimal.ts";
import type { DeliveryEvent, EventItem } from "./deliveryEvent.ts";
import { sameGtin } from "./gs1.ts";
import type { OrderSheet, SheetLine } from "./orderSheet.ts";
import { EventRefusedError, type RefusalReason } from "./reasons.ts";
import { shown } from "./shown.ts";

export interface MatchedItem {
  /** Index of the line in the sheet, and on the chain. */
  line: number;
  /** In the line's scale. */
  quantity: bigint;
}

/** More than an order can hold is nonsense, not an over-delivery. */
const QUANTITY_LIMIT = 2n ** 40n;

/**
 * Finds the order line of each item and sums what is delivered of each line: one entry per line, sorted by line.
 * @throws EventRefusedError `unknown-item`, `line-mismatch`, `unit`, `scale`, `quantity`
 */
export function matchItems(p: { event: DeliveryEvent; sheet: OrderSheet }): MatchedItem[] {
  const refuse = (reason: RefusalReason, message: string) =>
    new EventRefusedError({ reason, message, eventId: p.event.eventId });
  const sums = new Map<number, bigint>();
  for (const item of p.event.items) {
    const index = findLine(item, p.sheet.lines, refuse);
    const line = p.sheet.lines[index] as SheetLine;
    const sum = (sums.get(index) ?? 0n) + quantityOf(item, line, refuse);
    if (sum > QUANTITY_LIMIT)
      throw refuse("quantity", `The event delivers more of line ${shown(line.id)} than any order can hold.`);
    sums.set(index, sum);
  }
  return [...sums].map(([line, quantity]) => ({ line, quantity })).sort((a, b) => a.line - b.line);
}

type Refuse = (reason: RefusalReason, message: string) => EventRefusedError;

function findLine(item: EventItem, lines: readonly SheetLine[], refuse: Refuse): number {
  const { gtin, line } = item;
  const withGtin =
    gtin === null
      ? []
      : lines.flatMap(({ gtin: own }, i) => (own !== null && sameGtin({ ofLine: own, ofEvent: gtin }) ? [i] : []));
  if (line !== null) return findById(line, { gtin, withGtin }, lines, refuse);
  const [found, second] = withGtin;
  if (found === undefined)
    throw refuse(
      "unknown-item",
      gtin === null ? "An item has neither a GTIN nor a line." : `No line of the order has GTIN ${gtin}.`,
    );
  if (second !== undefined)
    throw refuse("unknown-item", `Several lines of the order have GTIN ${gtin}, and the event names none of them.`);
  return found;
}

/** A line without a GTIN cannot disagree with one, unless another line has it. */
function findById(
  id: string,
  p: { gtin: string | null; withGtin: number[] },
  lines: readonly SheetLine[],
  refuse: Refuse,
): number {
  const index = lines.findIndex((line) => line.id === id);
  const line = lines[index];
  if (line === undefined) throw refuse("unknown-item", `The order has no line ${shown(id)}.`);
  const agrees = p.gtin === null || p.withGtin.includes(index) || (p.withGtin.length === 0 && line.gtin === null);
  if (!agrees) throw refuse("line-mismatch", `GTIN ${p.gtin} is not that of line ${shown(id)}.`);
  return index;
}

function quantityOf(item: EventItem, line: SheetLine, refuse: Refuse): bigint {
  if (item.unit !== null && item.unit !== line.unit) {
    throw refuse(
      "unit",
      `The event counts in ${shown(item.unit)}, line ${shown(line.id)} in ${line.unit === null ? "no unit" : shown(line.unit)}.`,
    );
  }
  const quantity = toScaled(parseDecimal(item.quantity), line.decimals);
  if (quantity === null)
    throw refuse(
      "scale",
      `The quantity ${item.quantity} has more than the ${line.decimals} decimal places of line ${shown(line.id)}.`,
    );
  if (quantity <= 0n) throw refuse("quantity", `The quantity is ${item.quantity}; increments are above zero.`);
  return quantity;
}
