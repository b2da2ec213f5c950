import { parseJson, type JsonObject, type JsonValue } from "./json.ts";

/** A payload's text. @throws TypeError when it is not UTF-8 */
export function decodePayload(payload: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
}

/** The event id that a payload claims, believed or not; null when none can be read. For what is refused early. */
export function claimedEventId(payload: Uint8Array): string | null {
  try {
    const value = parseJson(decodePayload(payload));
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
