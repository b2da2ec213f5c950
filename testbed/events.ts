import { randomUUID } from "node:crypto";
import { deviceId, deviceTopic } from "../src/formats/jwk.ts";
import { publicKeyOf, signEvent } from "../src/formats/signEvent.ts";
import type { MessageForm, PrivateJwk } from "../src/formats/signEvent.ts";
import type { RecordedMessage } from "../src/formats/recordedStream.ts";
import { writeDeliveryEvent } from "../src/formats/writeEvent.ts";
import type { OrderDocument } from "../src/sdk/settlement/orderDocument.ts";

/** A line of an order as events name it. */
export interface LinePlace {
  order: OrderDocument;
  /** Index of the line. */
  line: number;
}

/** A signed delivery event, and what a judge must know to tell what became of it. */
export interface SignedEvent {
  /** Device id, 0x-hex. */
  device: string;
  eventId: string;
  /** The device's own count, from 1 on. */
  sequence: number;
  /** Order id, 0x-hex. */
  order: string;
  line: number;
  /** In the line's scale. */
  quantity: bigint;
  /** What of the line was delivered with this event, if all that were signed before it count: cumulative. */
  upTo: bigint;
  message: RecordedMessage;
}

export type EventSigner = ReturnType<typeof createEventSigner>;

/**
 * Signs valid delivery events as devices do: unique event ids, sequence numbers by device, and the order by its number.
 * The devices take turns. Give lines no more than they have room for.
 *
 * @param gln of the buyer, as the orders' sheets have it
 * @param newEventId default: random; a run by a seed passes its own
 */
export function createEventSigner(p: { devices: readonly PrivateJwk[]; gln: string; newEventId?: () => string }) {
  const { gln, newEventId = () => `urn:uuid:${randomUUID()}` } = p;
  const devices = p.devices.map((jwk) => {
    const id = deviceId(publicKeyOf(jwk));
    return { jwk, id, topic: deviceTopic(id), sequence: 0 };
  });
  const delivered = new Map<string, bigint>();
  let turn = 0;

  /**
   * The next event of a line.
   *
   * @param time of the delivery, seconds since 1970
   * @param quantity in the line's scale, a whole number of units; default: one unit
   * @param device index of the device; default: the next one's turn
   * @param form default: a JWS
   */
  async function sign(
    q: LinePlace & { time: number; quantity?: bigint; device?: number; form?: MessageForm },
  ): Promise<SignedEvent> {
    const { order, line } = q;
    const place = order.sheet.lines[line];
    const device = devices[(q.device ?? turn++) % devices.length];
    if (place === undefined || device === undefined) throw new RangeError("There is no such line or device.");
    const unit = 10n ** BigInt(place.decimals);
    const quantity = q.quantity ?? unit;
    const key = `${order.id}-${line}`;
    const upTo = (delivered.get(key) ?? 0n) + quantity;
    delivered.set(key, upTo);
    const [eventId, sequence] = [newEventId(), ++device.sequence];
    const event = writeDeliveryEvent({
      eventId,
      time: q.time,
      order: { kind: "number", number: order.sheet.number, buyer: gln },
      item: {
        line: place.gtin === null ? place.id : null,
        gtin: place.gtin,
        quantity: String(quantity / unit),
        unit: place.unit,
      },
      sequence,
    });
    const payload = await signEvent({ event, privateJwk: device.jwk, form: q.form ?? "jws" });
    const message: RecordedMessage = { topic: device.topic, payload };
    return { device: device.id, eventId, sequence, order: order.id, line, quantity, upTo, message };
  }

  return { sign };
}

/** All lines of the orders: the first ones of all orders, then the second ones, and so on. */
export function linesOf(orders: readonly OrderDocument[]): LinePlace[] {
  const most = Math.max(0, ...orders.map(({ sheet }) => sheet.lines.length));
  return Array.from({ length: most }, (_, line) => line).flatMap((line) =>
    orders.filter(({ sheet }) => line < sheet.lines.length).map((order) => ({ order, line })),
  );
}
