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
  items: EventItem[];
  sequence: number | null;
  /** Keccak-256 of the ObjectEvent's canonical JSON. */
  contentHash: string;
}

export function parseDeliveryEvent(_payload: Uint8Array): DeliveryEvent {
  throw new Error("not implemented");
}
