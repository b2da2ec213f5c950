import { randomUUID } from "node:crypto";
import type { EventDeviceSignature } from "../formats/deviceSignatures.ts";
import { deviceId, deviceTopic } from "../formats/jwk.ts";
import type { OrderSheet, SheetLine } from "../formats/orderSheet.ts";
import type { RecordedMessage } from "../formats/recordedStream.ts";
import { publicKeyOf, signEvent } from "../formats/signEvent.ts";
import type { MessageForm, PrivateJwk } from "../formats/signEvent.ts";
import { writeDeliveryEvent } from "../formats/writeEvent.ts";
import { formatDecimal, fromScaled } from "../lib/decimal.ts";

/** In how many parts a line is delivered, as far as its quantity can be split. */
const PARTS = 3;
/** Orders with many lines come in one part each: a demonstration must end. */
const MANY_LINES = 20;

/** What a simulated device says was received. */
export interface SimulatedDelivery {
  line: SheetLine;
  /** In the line's scale. */
  quantity: bigint;
}

/**
 * Splits an order into partial deliveries: first parts of all lines, then second parts, then the rest.
 *
 * @param most parts of a line
 */
export function planDeliveries(sheet: OrderSheet, most = PARTS): SimulatedDelivery[] {
  const parts = sheet.lines.length > MANY_LINES ? 1 : most;
  const plans = sheet.lines.map((line) => split(line, parts));
  const rounds = Math.max(...plans.map((plan) => plan.length));
  return Array.from({ length: rounds }, (_, round) => plans.flatMap((plan) => plan[round] ?? [])).flat();
}

function split(line: SheetLine, parts: number): SimulatedDelivery[] {
  const total = BigInt(line.quantity);
  // Whole units where the order has them: nobody delivers a third of a piece.
  const unit = 10n ** BigInt(line.decimals);
  const grain = total % unit === 0n ? unit : 1n;
  const each = (total / grain / BigInt(parts)) * grain;
  if (each === 0n) return [{ line, quantity: total }];
  const last = total - each * BigInt(parts - 1);
  return Array.from({ length: parts }, (_, index) => ({ line, quantity: index < parts - 1 ? each : last }));
}

/**
 * What a device sends when it saw a delivery.
 *
 * @param time of the delivery, seconds since 1970
 */
export async function simulateMessage(p: {
  device: PrivateJwk;
  order: string;
  delivery: SimulatedDelivery;
  time: number;
  /** Default: a JWS. */
  form?: MessageForm;
  /** Where the order demands them. */
  deviceSignatures?: readonly EventDeviceSignature[];
}): Promise<RecordedMessage> {
  const { line, quantity } = p.delivery;
  const event = writeDeliveryEvent({
    eventId: `urn:uuid:${randomUUID()}`,
    time: p.time,
    order: { kind: "id", id: p.order },
    item: {
      line: line.id,
      gtin: line.gtin,
      quantity: formatDecimal(fromScaled(quantity, line.decimals)),
      unit: line.unit,
    },
    ...(p.deviceSignatures === undefined ? {} : { deviceSignatures: p.deviceSignatures }),
  });
  const payload = await signEvent({ event, privateJwk: p.device, form: p.form ?? "jws" });
  return { topic: deviceTopic(deviceId(publicKeyOf(p.device))), payload };
}
