import { keccak256, toUtf8Bytes } from "ethers";
import { canonicalJson } from "../lib/canonical.ts";
import { claimedEventId, isEventId, soleEvent } from "./claimedEventId.ts";
import { DEVICE_SIGNATURES, readDeviceSignatures, type EventDeviceSignature } from "./deviceSignatures.ts";
import { isDelivery, readItems, readOrder, readSequence, readTime } from "./epcisFields.ts";
import { readPayload, type EventPayload } from "./eventPayload.ts";
import { JsonNumber, type JsonObject, type JsonValue } from "./json.ts";
import { EventRefusedError, type RefusalReason } from "./reasons.ts";
import { shown } from "./shown.ts";

/** How an event names its order. `buyer` is a GLN, or null where the reference does not say. */
export type OrderReference = { kind: "number"; buyer: string | null; number: string } | { kind: "id"; id: string };

export interface EventItem {
  /** GTIN of 14 digits. */
  gtin: string | null;
  /** The order line's id. */
  line: string | null;
  /** An exact decimal, as the order line counts. */
  quantity: string;
  /** The unit of measure that the event states. */
  unit: string | null;
}

export interface DeliveryEvent {
  eventId: string;
  /** When it was delivered, seconds since 1970. */
  time: number;
  kind: "delivery" | "correction";
  /** Null only in a correction. */
  order: OrderReference | null;
  /** Empty in a correction. */
  items: EventItem[];
  sequence: number | null;
  /** Keccak-256 of the ObjectEvent's canonical JSON, without its device signatures: these may be made anew. */
  contentHash: string;
  /** Signatures for the contract, where the event has any; not yet believed. */
  deviceSignatures?: EventDeviceSignature[];
}

const OTHER_EVENTS = new Set(["AggregationEvent", "AssociationEvent", "TransactionEvent", "TransformationEvent"]);

/**
 * Reads an EPCIS 2.0 ObjectEvent, bare or as the only event of an EPCISDocument; docs/formats/delivery-event.md says what
 * is read. In JSON or in CBOR: the same structure is the same event. It says nothing about who signed it.
 * @throws EventRefusedError with the event's id as the message claims it
 */
export function parseDeliveryEvent(payload: EventPayload): DeliveryEvent {
  try {
    return read(payload);
  } catch (error) {
    if (!(error instanceof EventRefusedError))
      throw malformed(`The payload is not ${nameOf(payload)} that can be read in one way only.`, payload, error);
    throw new EventRefusedError({
      reason: error.reason,
      message: error.message,
      eventId: claimedEventId(payload),
      cause: error.cause,
      ...(error.expected === undefined ? {} : { expected: error.expected }),
    });
  }
}

function read(payload: EventPayload): DeliveryEvent {
  const event = eventOf(readPayload(payload));
  const type = event.get("type");
  if (type !== "ObjectEvent") {
    if (typeof type === "string" && OTHER_EVENTS.has(type))
      throw refuse("not-a-delivery", `The event is of type ${type}, not ObjectEvent.`);
    throw refuse(
      "malformed",
      `The event is ${typeof type === "string" ? `of the unknown type ${shown(type)}` : "of no type"}.`,
    );
  }
  const eventId = event.get("eventID");
  if (!isEventId(eventId))
    throw refuse("malformed", "The event has no eventID, or one with spaces or control characters.");
  const content = new Map([...event].filter(([name]) => name !== DEVICE_SIGNATURES));
  const contentHash = keccak256(toUtf8Bytes(canonicalJson(toPlain(content))));
  const common = { eventId, time: readTime(event), sequence: readSequence(event), contentHash };
  if (event.has("errorDeclaration"))
    return { ...common, kind: "correction", order: orderOfCorrection(event), items: [] };
  if (!isDelivery(event)) throw refuse("not-a-delivery", "The event does not say that goods were received.");
  const order = readOrder(event);
  if (order === null) throw refuse("order-reference", "The event names no purchase order.");
  const delivery: DeliveryEvent = { ...common, kind: "delivery", order, items: readItems(event) };
  const deviceSignatures = readDeviceSignatures(event);
  return deviceSignatures === null ? delivery : { ...delivery, deviceSignatures };
}

function eventOf(value: JsonValue): JsonObject {
  if (!(value instanceof Map)) throw refuse("malformed", "The payload is no object of names and values.");
  if (value.get("type") !== "EPCISDocument") return value;
  const version = value.get("schemaVersion");
  if (typeof version === "string" && !/^2(?:\.0)*$/.test(version))
    throw refuse("unsupported", `EPCIS ${shown(version)} is not EPCIS 2.0.`);
  const event = soleEvent(value);
  if (event === null) throw refuse("malformed", "The EPCISDocument does not hold exactly one event.");
  return event;
}

/** A correction is told by its event id alone; what else it repeats need not be right. */
function orderOfCorrection(event: JsonObject): OrderReference | null {
  try {
    return readOrder(event);
  } catch (error) {
    if (error instanceof EventRefusedError) return null;
    throw error;
  }
}

/** As JSON.parse would give it, with names that mean something to objects as plain members. */
function toPlain(value: JsonValue): unknown {
  if (value instanceof JsonNumber) return Number(value.literal);
  if (Array.isArray(value)) return value.map(toPlain);
  return value instanceof Map ? Object.fromEntries([...value].map(([name, member]) => [name, toPlain(member)])) : value;
}

function nameOf({ contentType }: EventPayload): string {
  return contentType === "application/json" ? "JSON" : "CBOR";
}

function refuse(reason: RefusalReason, message: string): EventRefusedError {
  return new EventRefusedError({ reason, message });
}

function malformed(message: string, payload: EventPayload, cause: unknown): EventRefusedError {
  const what = cause instanceof Error && cause.message !== "" ? `${message} ${cause.message}` : message;
  return new EventRefusedError({ reason: "malformed", message: what, eventId: claimedEventId(payload), cause });
}
