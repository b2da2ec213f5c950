import { orderError, descendants, isBasic, textOf } from "./ublText.ts";
import type { XmlElement } from "./xml.ts";

const DATE = /^(\d{4})-(\d\d)-(\d\d)(Z|[+-]\d\d:\d\d)?$/;
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)?$/;
const DELIVERY_DATES = new Set([
  "ActualDeliveryDate",
  "LatestDeliveryDate",
  "RequiredDeliveryDate",
  "RequestedDeliveryDate",
  "PromisedDeliveryDate",
]);

/**
 * IssueDate with IssueTime (00:00 without one) as an instant. The time's offset counts, else the date's, else UTC.
 * @throws FactoryChainError `order-date`
 */
export function issuedAt(order: XmlElement): string | null {
  const date = textOf(order, "IssueDate");
  if (date === null) return null;
  const day = dayOf(date, "IssueDate");
  const time = textOf(order, "IssueTime");
  const match = time === null ? null : TIME.exec(time);
  if (time !== null && match === null) throw badDate("IssueTime", time, "hh:mm:ss, with Z or an offset");
  const [, hours = "00", minutes = "00", seconds = "00"] = match ?? [];
  const clock = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  if (Number(hours) > 24 || Number(minutes) > 59 || Number(seconds) > 59 || clock > 86_400)
    throw badDate("IssueTime", time ?? "", "a time of day");
  const offset = match?.[4] ?? DATE.exec(date)?.[4] ?? "Z";
  return new Date(Date.parse(`${day}T00:00:00Z`) + (clock - secondsOf(offset)) * 1000)
    .toISOString()
    .replace(".000Z", "Z");
}

/**
 * The latest delivery date that the order names anywhere, for itself or for a line: Delivery's dates, and the end of any
 * delivery period, or its start where it has no end. The day counts as it is written, whatever its offset.
 */
export function latestDelivery(order: XmlElement): string | null {
  let latest: string | null = null;
  for (const element of descendants(order)) {
    for (const [name, date] of deliveryDates(element)) {
      const day = dayOf(date, name);
      if (latest === null || day > latest) latest = day;
    }
  }
  return latest;
}

function* deliveryDates(element: XmlElement): Generator<[string, string]> {
  if (isBasic(element) && DELIVERY_DATES.has(element.name) && element.text.trim() !== "")
    yield [element.name, element.text.trim()];
  if (!element.name.endsWith("DeliveryPeriod")) return;
  for (const name of ["StartDate", "EndDate"]) {
    const date = textOf(element, name);
    if (date !== null) yield [`${element.name}/${name}`, date];
  }
}

function dayOf(text: string, name: string): string {
  const match = DATE.exec(text);
  const day = text.slice(0, 10);
  const time = match === null ? NaN : Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes the 31st of a short month for the next one's first.
  if (Number.isNaN(time) || new Date(time).toISOString().slice(0, 10) !== day)
    throw badDate(name, text, "a date such as 2027-03-31");
  return day;
}

function secondsOf(offset: string): number {
  if (offset === "Z") return 0;
  const seconds = Number(offset.slice(1, 3)) * 3600 + Number(offset.slice(4, 6)) * 60;
  return offset.startsWith("-") ? -seconds : seconds;
}

function badDate(name: string, text: string, expected: string): Error {
  return orderError("order-date", `${name} "${text.slice(0, 40)}" is not a date of the calendar.`, { expected });
}
