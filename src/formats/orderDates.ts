import { FactoryChainError } from "../lib/errors.ts";
import type { PurchaseOrder } from "./purchaseOrder.ts";

const DAY = 86_400;
/** Orders without an end name it, and no date can be written after it. */
const LAST_DAY = Date.parse("9999-12-31") / 1000;

/**
 * Moves an old order to today: all dates by the same number of days, so that it is issued today at 00:00 UTC; without an
 * issue date it is issued today and its other dates stay. A delivery date that would still be past becomes tomorrow.
 * @param p.now seconds since 1970
 */
export function rebaseDates(p: { order: PurchaseOrder; now: number }): PurchaseOrder {
  const today = startOfDay(p.now);
  const { issued, latestDelivery } = p.order;
  const shift = issued === null ? 0 : today - startOfDay(secondsOf(issued));
  const moved = latestDelivery === null ? null : dayOf(Math.min(secondsOf(latestDelivery) + shift, LAST_DAY));
  const past = moved !== null && moved < dayOf(today);
  return { ...p.order, issued: `${dayOf(today)}T00:00:00Z`, latestDelivery: past ? dayOf(today + DAY) : moved };
}

export interface TermsDates {
  /** The last second of the day on which the delivery is due, UTC, seconds since 1970. */
  due: number;
  source: "order" | "term";
}

/**
 * When an order is due: at the end (UTC) of the latest delivery date that it names; without one, `termDays` after today.
 * @param p.now seconds since 1970
 * @throws FactoryChainError `order-past-delivery` when that day is over
 */
export function termsDates(p: { order: PurchaseOrder; now: number; termDays: number }): TermsDates {
  const { latestDelivery, number } = p.order;
  if (latestDelivery === null) return { due: endOfDay(startOfDay(p.now) + p.termDays * DAY), source: "term" };
  const due = endOfDay(secondsOf(latestDelivery));
  if (due <= p.now) {
    throw new FactoryChainError("order-past-delivery", `Order ${number} was to be delivered by ${latestDelivery}.`, {
      expected: "a delivery date that is not past",
      advice: "Use --rebase-dates to try a past order as if it were issued today.",
    });
  }
  return { due, source: "order" };
}

function startOfDay(seconds: number): number {
  return Math.floor(seconds / DAY) * DAY;
}

function endOfDay(seconds: number): number {
  return startOfDay(seconds) + DAY - 1;
}

function secondsOf(date: string): number {
  return Date.parse(date) / 1000;
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
