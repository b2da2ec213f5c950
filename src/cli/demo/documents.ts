import { fileURLToPath } from "node:url";
import { rebaseDates, termsDates } from "../../formats/orderDates.ts";
import type { TermsDates } from "../../formats/orderDates.ts";
import { parseJwkSet } from "../../formats/jwk.ts";
import type { KnownDevice } from "../../formats/jwk.ts";
import { toOrderSheet } from "../../formats/orderSheet.ts";
import type { PurchaseOrder } from "../../formats/purchaseOrder.ts";
import { parseRecordedStream } from "../../formats/recordedStream.ts";
import type { RecordedMessage } from "../../formats/recordedStream.ts";
import { parseUblOrder } from "../../formats/ublOrder.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { readInput } from "../files.ts";

const DAY = 86_400;
const TOPIC = /^factorychain\/devices\/[^/]+\/events$/;

/** Files and rules as the user gave them. */
export interface DocumentOptions {
  order?: string;
  events?: string;
  devices?: string;
  rebaseDates: boolean;
  /** Days. */
  termDays: number;
  expiryDays: number;
  graceDays: number;
}

/** An order with the dates of its terms, in seconds since 1970. */
export interface DatedOrder {
  order: PurchaseOrder;
  due: TermsDates;
  expiry: number;
  /** Seconds. */
  grace: number;
}

/** What the demo runs on. Without recorded messages, simulated devices deliver the order. */
export interface Documents extends DatedOrder {
  recorded: { messages: RecordedMessage[]; devices: KnownDevice[] } | null;
}

const example = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

/**
 * Reads everything before anything is started.
 *
 * @param now seconds since 1970
 * @throws FactoryChainError whatever is wrong with the user's files or options
 */
export function readDocuments(p: { options: DocumentOptions; now: number }): Documents {
  const { options } = p;
  requireBoth(options);
  const own = options.order !== undefined || options.events !== undefined;
  const dated = readOrderFile({ ...options, file: options.order ?? example("order.xml"), now: p.now });
  if (own && options.events === undefined) return { ...dated, recorded: null };
  const stream = options.events ?? example("events.jsonl");
  const devices = parseJwkSet(
    readInput({ file: options.devices ?? example("devices.json"), what: "the devices" }).toString(),
  );
  const messages = parseRecordedStream(readInput({ file: stream, what: "the recorded stream" }).toString());
  requireTopics(messages);
  return { ...dated, recorded: { messages, devices } };
}

/**
 * Reads an order and dates its terms.
 *
 * @throws FactoryChainError see `parseUblOrder`; `order-past-delivery`, `order-date`
 */
export function readOrderFile(
  p: Omit<DocumentOptions, "order" | "events" | "devices"> & { file: string; now: number },
): DatedOrder {
  const read = parseUblOrder(readInput({ file: p.file, what: "the order" }));
  const order = p.rebaseDates ? rebaseDates({ order: read, now: p.now }) : read;
  const due = termsDates({ order, now: p.now, termDays: p.termDays });
  toOrderSheet({ order, salt: `0x${"0".repeat(64)}` }); // refuses now what it would refuse later
  return { order, due, expiry: due.due + p.expiryDays * DAY, grace: p.graceDays * DAY };
}

function requireBoth({ events, devices }: DocumentOptions): void {
  if ((events === undefined) === (devices === undefined)) return;
  const [given, missing] =
    events === undefined ? ["--devices", "--events FILE.jsonl"] : ["--events", "--devices JWKS.json"];
  throw new FactoryChainError("options-incomplete", `${given} was given without ${missing}.`, {
    expected: "both: the signed events, and the public keys of the devices that signed them",
    advice: `Add ${missing}, or leave ${given} away: simulated devices then deliver the order.`,
  });
}

/** The number of the line is that among the messages: the broker would take no other topic. */
export function requireTopics(messages: readonly RecordedMessage[]): void {
  const wrong = messages.findIndex(({ topic }) => !TOPIC.test(topic));
  if (wrong < 0) return;
  throw new FactoryChainError(
    "stream-invalid",
    `Message ${wrong + 1} of the recorded stream has a topic of another kind.`,
    {
      expected: "factorychain/devices/<device id>/events",
    },
  );
}
