import { formatDecimal, parseDecimal, parseJsonNumber } from "../lib/decimal.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { OrderReference } from "./deliveryEvent.ts";
import { DEVICE_SIGNATURES, type EventDeviceSignature } from "./deviceSignatures.ts";

/** What was delivered of one order line. */
export interface DeliveredItem {
  /** The line's id; needed where the line has no GTIN. */
  line: string | null;
  /** GTIN of 14 digits. */
  gtin: string | null;
  /** An exact decimal above zero. */
  quantity: string;
  /** UN/ECE Recommendation 20 code, as the order line has it. */
  unit: string | null;
}

const EPCIS_CONTEXT = [
  "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
  { factorychain: "urn:factorychain:epcis:" },
];

/**
 * The EPCIS 2.0 ObjectEvent for goods of one order line that a buyer received, ready to be signed.
 * @param p.time seconds since 1970
 * @throws FactoryChainError `event-quantity` when the quantity has more digits than a JSON number holds
 */
export function writeDeliveryEvent(p: {
  eventId: string;
  time: number;
  order: OrderReference;
  item: DeliveredItem;
  sequence?: number;
  /** Where the order demands them: see `signDeviceReport`. */
  deviceSignatures?: readonly EventDeviceSignature[];
}): object {
  const { line, gtin, unit } = p.item;
  return {
    "@context": EPCIS_CONTEXT,
    type: "ObjectEvent",
    eventID: p.eventId,
    eventTime: new Date(p.time * 1000).toISOString(),
    eventTimeZoneOffset: "+00:00",
    action: "OBSERVE",
    bizStep: "receiving",
    bizTransactionList: [{ type: "po", bizTransaction: toOrderUri(p.order) }],
    quantityList: [
      {
        epcClass:
          gtin === null ? `urn:factorychain:line:${encodeURIComponent(line ?? "")}` : `https://id.gs1.org/01/${gtin}`,
        quantity: toJsonNumber(p.item.quantity),
        ...(unit === null ? {} : { uom: unit }),
      },
    ],
    ...(line === null ? {} : { "factorychain:line": line }),
    ...(p.sequence === undefined ? {} : { "factorychain:sequence": p.sequence }),
    ...(p.deviceSignatures === undefined ? {} : { [DEVICE_SIGNATURES]: p.deviceSignatures }),
  };
}

/** An order's reference as events write it. */
export function toOrderUri(order: OrderReference): string {
  if (order.kind === "id") return `urn:factorychain:order:${order.id}`;
  const number = encodeURIComponent(order.number);
  return order.buyer === null
    ? `https://factorychain.invalid/orders/${number}`
    : `urn:epcglobal:cbv:bt:${order.buyer}:${number}`;
}

function toJsonNumber(quantity: string): number {
  const number = Number(quantity);
  const exact =
    Number.isFinite(number) &&
    formatDecimal(parseJsonNumber(String(number).replace("e+", "e"))) === formatDecimal(parseDecimal(quantity));
  if (exact) return number;
  throw new FactoryChainError(
    "event-quantity",
    `The quantity ${quantity.slice(0, 60)} has more digits than a JSON number holds.`,
    {
      expected: "at most about 15 digits",
    },
  );
}
