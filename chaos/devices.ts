import { createPrivateKey, sign } from "node:crypto";
import { deviceId, deviceTopic } from "../src/formats/jwk.ts";
import { MESSAGE_FORMS, publicKeyOf, signEvent } from "../src/formats/signEvent.ts";
import type { MessageForm, PrivateJwk } from "../src/formats/signEvent.ts";
import { writeDeliveryEvent } from "../src/formats/writeEvent.ts";
import type { Rng } from "../testbed/seeded.ts";
import { contentOf } from "./audit/evidence.ts";
import type { SentEvent } from "./audit/history.ts";
import type { Parcel } from "./scene.ts";

/** A message as it goes to the broker. */
export interface Message {
  topic: string;
  payload: Uint8Array;
}

/** An event, what the auditor must know of it, and the messages that say it. */
export interface Made {
  sent: SentEvent;
  event: object;
  message: Message;
  jwk: PrivateJwk;
}

/** Makes the events of an act, each under an id of its own. */
export function createEvents(p: { gln: string; name: string; rng: Rng }) {
  let count = 0;

  /** @param time of the delivery, seconds since 1970 */
  async function make(q: {
    parcel: Parcel;
    jwk: PrivateJwk;
    time: number;
    kind: SentEvent["kind"];
    eventId?: string;
    form?: MessageForm;
    more?: object;
  }): Promise<Made> {
    const { parcel, jwk, kind } = q;
    const { order, line, quantity } = parcel;
    const eventId = q.eventId ?? `urn:chaos:${p.name}:${++count}`;
    const place = order.sheet.lines[line];
    const event = {
      ...writeDeliveryEvent({
        ...{ eventId, time: q.time },
        order: { kind: "number", number: order.sheet.number, buyer: p.gln },
        item: { line: null, gtin: place?.gtin ?? null, quantity: String(quantity), unit: "C62" },
      }),
      ...q.more,
    };
    const device = deviceId(publicKeyOf(jwk));
    const payload = await signEvent({ event, privateJwk: jwk, form: q.form ?? p.rng.pick(MESSAGE_FORMS) });
    const content = contentOf(event);
    const sent = { device, eventId, content, order: order.id, line, quantity, kind, acknowledged: false };
    return { sent, event, jwk, message: { topic: deviceTopic(device), payload } };
  }

  return { make };
}

/** The same event in another envelope: it says nothing new. */
export async function inOtherEnvelope({ event, jwk, message }: Made, form: MessageForm): Promise<Message> {
  return { topic: message.topic, payload: await signEvent({ event, privateJwk: jwk, form }) };
}

/**
 * A JWS as anybody may write one, right or wrong; signed by node's own code.
 *
 * @param text the payload, as it stands
 */
export function signText(p: { text: string; jwk: PrivateJwk; header?: object; highS?: boolean }): Uint8Array {
  const { jwk } = p;
  const kid = topicOf(jwk).split("/")[2];
  const header = JSON.stringify({ alg: "ES256", kid, ...p.header });
  const input = [header, p.text].map((part) => Buffer.from(part).toString("base64url")).join(".");
  const key = createPrivateKey({ key: { ...jwk }, format: "jwk" });
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  const s = BigInt(`0x${signature.subarray(32).toString("hex")}`);
  const isHigh = s > P256 / 2n;
  if (isHigh !== (p.highS ?? false)) signature.set(Buffer.from((P256 - s).toString(16).padStart(64, "0"), "hex"), 32);
  return Buffer.from(`${input}.${signature.toString("base64url")}`);
}

export function topicOf(jwk: PrivateJwk): string {
  return deviceTopic(deviceId(publicKeyOf(jwk)));
}

/** Order of the curve P-256. */
const P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
