import { FactoryChainError } from "../lib/errors.ts";

/** Why an event is refused: for ever (`after-expiry` unless an amendment moves the expiry), and the same by every relayer but for `quota`. Stable codes; docs/formats/delivery-event.md lists them. */
export const REFUSAL_REASONS = {
  malformed: "The message, its JSON or CBOR, or a field that is read cannot be understood.",
  "too-large": "The message is larger than 64 KiB.",
  quota:
    "So many messages of the device, or of devices that are not registered, wait that it was not looked at: send it again.",
  retained: "The broker delivered it as a retained message: it may be old, and nobody can tell.",
  unsupported: "An envelope, an algorithm, a content type or an EPCIS version that this version does not know.",
  header:
    "The header lacks algorithm or device, holds something that is not allowed, or has it in a wrong form or place.",
  signature: "The signature is not that of the device's key over these bytes, or it is the high-s twin of one.",
  topic: "The topic names another device than the one that signed.",
  "not-a-delivery": "The event is understood, but says something else than that goods were received.",
  "order-reference": "The event names no order, several orders, or one in a form that is not understood.",
  "unknown-item": "No line of the order has this GTIN or this line id, or several lines have the GTIN.",
  unit: "The unit of measure is not the line's.",
  scale: "The quantity is finer than the line's scale.",
  quantity: "The quantity is zero, negative, missing or too large.",
  "line-mismatch": "GTIN and line id name different lines of the order.",
  "after-expiry": "The event is later than the order's expiry; it is judged again when an amendment changes that.",
  "order-closed": "The order was closed, paid in full, cancelled or refunded, before the event could count.",
  "device-revoked": "The device's key was revoked.",
  "device-validity": "The event is outside the time for which the device is registered.",
  conflict: "The device signed two contents under one event id: both are void, but what was confirmed stands.",
  corrected: "The device withdrew the event by an error declaration before it was confirmed.",
  "corrects-confirmed": "The error declaration came after confirmation: what was paid is put right by a credit note.",
} as const satisfies Record<string, string>;

/** Why an event waits: it counts as soon as the reason is gone. */
export const WAITING_REASONS = {
  "order-unknown": "No order of the device's owner has this number yet, or its order sheet has not arrived.",
  "maybe-counted":
    "It may be counted already: a report about this line was confirmed whose events no relayer hands out.",
  "order-ambiguous": "Several orders of the device's owner have this number.",
  "device-unknown": "The device is not registered yet.",
  "in-future": "The event's time is later than the chain's, beyond the allowed skew.",
  "no-room": "Everything that was ordered on this line has been delivered, and what was rejected has been replaced.",
  "device-signature-missing": "The order demands a device's signature under each report, and the event has none.",
  "device-signature-other":
    "The device signed from another delivered quantity, or to another one, than this event makes now.",
  "device-signature-invalid": "The device's signature is not good, or its key is not among those of the order.",
  "correction-pending": "The withdrawal is final some minutes after every relayer has it.",
} as const satisfies Record<string, string>;

export type RefusalReason = keyof typeof REFUSAL_REASONS;
export type WaitingReason = keyof typeof WAITING_REASONS;

/** An event that can never count. The message is the detail that is kept with the event. */
export class EventRefusedError extends FactoryChainError {
  readonly reason: RefusalReason;
  /** The event's id as the message claims it; null when it could not be read. */
  readonly eventId: string | null;

  constructor(p: {
    reason: RefusalReason;
    message: string;
    eventId?: string | null;
    expected?: string;
    cause?: unknown;
  }) {
    super("event-refused", p.message, {
      expected: p.expected ?? REFUSAL_REASONS[p.reason],
      advice: "The event is kept with its reason. Correct what the device sends and send it under a new event id.",
      ...(p.cause === undefined ? {} : { cause: p.cause }),
    });
    this.reason = p.reason;
    this.eventId = p.eventId ?? null;
  }
}
