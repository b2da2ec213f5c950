import { readPayload, type ContentType } from "./eventPayload.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * The event id that a payload claims, believed or not; null when none can be read. For what is refused early.
 * @param p.contentType null where the message does not say it: what reads as JSON is JSON, and nothing reads as both
 */
export function claimedEventId(p: { payload: Uint8Array; contentType: ContentType | null }): string | null {
  const { payload, contentType } = p;
  if (contentType === null) {
    const types = ["application/json", "application/cbor"] as const;
    return types.map((type) => claimedEventId({ payload, contentType: type })).find((id) => id !== null) ?? null;
  }
  try {
    const value = readPayload({ payload, contentType });
    const event = value instanceof Map ? (soleEvent(value) ?? value) : undefined;
    const id = event?.get("eventID");
    return isEventId(id) ? id : null;
  } catch {
    return null;
  }
}

/** The only event of an EPCISDocument; null when it has none, or several. */
export function soleEvent(document: JsonObject): JsonObject | null {
  const body = document.get("epcisBody");
  const list = body instanceof Map ? body.get("eventList") : undefined;
  const [event, second] = Array.isArray(list) ? list : [];
  return event instanceof Map && second === undefined ? event : null;
}

/** An event id is a short text without control characters: it is stored, compared and shown. */
export function isEventId(value: JsonValue | undefined): value is string {
  return typeof value === "string" && value.length <= 1000 && /^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\s]+$/u.test(value);
}
