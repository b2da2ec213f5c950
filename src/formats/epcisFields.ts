import { formatDecimal, parseJsonNumber } from "../lib/decimal.ts";
import type { EventItem, OrderReference } from "./deliveryEvent.ts";
import { parseItemIdentifier, type ItemIdentifier } from "./gs1.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "./json.ts";
import { EventRefusedError, type RefusalReason } from "./reasons.ts";
import { shown } from "./shown.ts";

const CBV_WEB = "(?:(?:cbv|gs1):|https?://(?:ref|ns|www)\\.gs1\\.org/(?:cbv|voc)/)";
const DELIVERY_STEP = new RegExp(`^(?:urn:epcglobal:cbv:bizstep:|${CBV_WEB}[Bb]iz[Ss]tep-)?(?:receiving|accepting)$`);
const PURCHASE_ORDER = new RegExp(`^(?:urn:epcglobal:cbv:btt:|${CBV_WEB}(?:BTT|btt)-)?po$`);
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
const OFFSET = /^[+-](?:0\d|1[0-4]):[0-5]\d$/;
const MAX_ITEMS = 2000;

/** Whether an event says that goods were received. */
export function isDelivery(event: JsonObject): boolean {
  const [action, step] = [event.get("action"), event.get("bizStep")];
  return (action === "OBSERVE" || action === "ADD") && typeof step === "string" && DELIVERY_STEP.test(step);
}

/** `eventTime` in whole seconds since 1970. */
export function readTime(event: JsonObject): number {
  const time = event.get("eventTime");
  const match = typeof time === "string" ? INSTANT.exec(time) : null;
  const [, year = "", month = "", day = "", hour = "", minute = "", second = ""] = match ?? [];
  const written = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // A day or hour that does not exist comes back as another one.
  const exists = match !== null && new Date(written).toISOString().slice(0, 19) === (time as string).slice(0, 19);
  const instant = exists ? Math.floor(Date.parse(time as string) / 1000) : -1;
  if (instant < 0) throw refuse("malformed", "eventTime is no instant with Z or an offset.");
  const offset = event.get("eventTimeZoneOffset");
  if (offset !== undefined && (typeof offset !== "string" || !OFFSET.test(offset)))
    throw refuse("malformed", "eventTimeZoneOffset is no offset such as +09:00.");
  return instant;
}

/** The purchase order that the event names; null when it names none. */
export function readOrder(event: JsonObject): OrderReference | null {
  const list = event.get("bizTransactionList") ?? [];
  if (!Array.isArray(list)) throw refuse("malformed", "bizTransactionList is no list.");
  const named = new Set<string>();
  for (const entry of list) {
    const [type, transaction] = entry instanceof Map ? [entry.get("type"), entry.get("bizTransaction")] : [];
    if (typeof type !== "string" || !PURCHASE_ORDER.test(type)) continue;
    if (typeof transaction !== "string") throw refuse("malformed", "A business transaction has no identifier.");
    named.add(transaction);
  }
  const [reference, other] = named;
  if (other !== undefined) throw refuse("order-reference", "The event names several purchase orders.");
  return reference === undefined ? null : parseOrderReference(reference);
}

/** @throws EventRefusedError `order-reference` */
export function parseOrderReference(uri: string): OrderReference {
  const id = /^urn:factorychain:order:0x([0-9a-f]{64})$/i.exec(uri);
  if (id !== null) return { kind: "id", id: `0x${id[1]?.toLowerCase()}` };
  const transaction = /^urn:epcglobal:cbv:bt:(\d{13}):(\S+)$/i.exec(uri);
  if (transaction !== null)
    return { kind: "number", buyer: transaction[1] ?? null, number: decode(transaction[2] ?? "") };
  const segments = /^https?:\/\/[^/?#\s]+\/\S/i.test(uri) ? (uri.split(/[?#]/, 1)[0] ?? "").split("/").slice(3) : [];
  const last = segments.findLast((segment) => segment !== "");
  if (last !== undefined) return { kind: "number", buyer: null, number: decode(last) };
  throw refuse("order-reference", `The order reference ${shown(uri)} has none of the known forms.`);
}

/** Items of `epcList` and `quantityList`. `factorychain:line` is meant for all of them. */
export function readItems(event: JsonObject): EventItem[] {
  const line = event.get("factorychain:line") ?? null;
  if (line !== null && (typeof line !== "string" || line.trim() === ""))
    throw refuse("malformed", "factorychain:line is no text.");
  const [epcs, quantities] = ["epcList", "quantityList"].map((name) => {
    const list = event.get(name) ?? [];
    if (!Array.isArray(list) || list.length > MAX_ITEMS)
      throw refuse("malformed", `${name} is no list of at most ${MAX_ITEMS}.`);
    return list;
  }) as [JsonValue[], JsonValue[]];
  if (new Set(epcs).size !== epcs.length) throw refuse("malformed", "An item stands twice in epcList.");
  const items = [...epcs.map((epc) => readEpc(epc, line)), ...quantities.map((element) => readQuantity(element, line))];
  if (items.length === 0) throw refuse("quantity", "The event names no items.");
  return items;
}

/** `factorychain:sequence`; null when the device does not count. */
export function readSequence(event: JsonObject): number | null {
  const value = event.get("factorychain:sequence");
  if (value === undefined) return null;
  const sequence =
    value instanceof JsonNumber && /^(?:0|[1-9]\d{0,15})$/.test(value.literal) ? Number(value.literal) : NaN;
  if (!Number.isSafeInteger(sequence)) throw refuse("malformed", "factorychain:sequence is no whole number.");
  return sequence;
}

function readEpc(epc: JsonValue, line: string | null): EventItem {
  const { gtin, scope } = identify(epc);
  if (scope !== "item")
    throw refuse("malformed", `${shown(String(epc))} in epcList is a class of items, not one item.`);
  return { gtin, line, quantity: "1", unit: null };
}

function readQuantity(element: JsonValue, line: string | null): EventItem {
  if (!(element instanceof Map)) throw refuse("malformed", "An element of quantityList is no object.");
  const epcClass = element.get("epcClass");
  const { gtin, scope } =
    epcClass === undefined && line !== null ? { gtin: null, scope: "class" } : identify(epcClass ?? null);
  if (gtin !== null && scope !== "class")
    throw refuse("malformed", `${shown(String(epcClass))} is one item, not a class of items.`);
  const unit = element.get("uom") ?? null;
  if (unit !== null && (typeof unit !== "string" || unit.trim() === "")) throw refuse("malformed", "uom is no text.");
  return { gtin, line, quantity: exactQuantity(element.get("quantity")), unit };
}

function identify(uri: JsonValue): ItemIdentifier {
  const identifier = typeof uri === "string" ? parseItemIdentifier(uri) : null;
  if (identifier === null)
    throw refuse("malformed", `${typeof uri === "string" ? shown(uri) : "An item"} is no identifier of an item.`);
  return identifier;
}

/**
 * A quantity as it was written. The content hash sees numbers as ECMAScript does (RFC 8785), so a number with more
 * digits than it can tell apart is refused: two quantities would have one hash.
 */
function exactQuantity(value: JsonValue | undefined): string {
  if (!(value instanceof JsonNumber)) throw refuse("quantity", "A quantity is missing, or no number.");
  let written: string;
  let hashed: string;
  try {
    written = formatDecimal(parseJsonNumber(value.literal));
    hashed = formatDecimal(parseJsonNumber(String(Number(value.literal)).replace("e+", "e")));
  } catch (cause) {
    throw refuse("quantity", `The quantity ${shown(value.literal)} is out of range.`, cause);
  }
  if (written !== hashed)
    throw refuse("quantity", `The quantity ${shown(value.literal)} has more digits than JSON numbers hold.`);
  if (written.startsWith("-") || written === "0")
    throw refuse("quantity", `The quantity is ${written}; increments are above zero.`);
  return written;
}

function decode(text: string): string {
  try {
    const decoded = decodeURIComponent(text);
    if (decoded.length <= 1000 && decoded.trim() !== "" && !/[\p{Cc}\p{Cs}]/u.test(decoded)) return decoded;
  } catch {
    // falls through: a broken percent-encoding
  }
  throw refuse("order-reference", `The order number ${shown(text)} cannot be read.`);
}

function refuse(reason: RefusalReason, message: string, cause?: unknown): EventRefusedError {
  return new EventRefusedError({ reason, message, ...(cause === undefined ? {} : { cause }) });
}
