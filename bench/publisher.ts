// A process of its own that signs delivery events before they are needed and publishes them over MQTT as it is told to.
import mqtt from "mqtt";
import { describeError } from "../src/lib/errors.ts";
import { createEventSigner } from "../testbed/events.ts";
import type { SignedEvent } from "../testbed/events.ts";
import type { FromPublisher, Setup, ToPublisher } from "./publishing.ts";

/** Milliseconds between two looks at what is due. */
const TICK = 10;
/** Milliseconds between two notes of what was sent. */
const NOTE = 50;

function tell(message: FromPublisher): void {
  if (process.connected) process.send?.(message);
}

function createPublisher(setup: Setup) {
  const signer = createEventSigner(setup.trade);
  const client = mqtt.connect(setup.mqtt, { clean: true, reconnectPeriod: 500 });
  client.on("error", (error) => tell({ type: "failed", message: describeError(error) }));
  const events: SignedEvent[] = [];
  const times: number[] = [];
  let noted = 0;
  /** So many events may be out by now. */
  let allowed = 0;
  let pace: { rate: number; since: number; from: number } | null = null;

  setInterval(() => {
    if (pace !== null) allowed = Math.floor(pace.from + ((Date.now() - pace.since) / 1000) * pace.rate);
    while (times.length < Math.min(allowed, events.length)) publish(times.length);
  }, TICK);
  setInterval(() => {
    if (noted === times.length) return;
    tell({ type: "sent", from: noted, times: times.slice(noted) });
    noted = times.length;
  }, NOTE);

  function publish(index: number): void {
    const event = events[index];
    if (event === undefined) return;
    times.push(Date.now());
    const { topic, payload } = event.message;
    client.publish(topic, Buffer.from(payload), { qos: 1 }, (error) => {
      if (error) tell({ type: "failed", message: describeError(error) });
    });
  }

  return {
    async sign(count: number): Promise<void> {
      const from = events.length;
      const time = Math.floor(Date.now() / 1000);
      for (let index = from; index < from + count; index++) {
        const place = setup.lines[index % setup.lines.length];
        if (place !== undefined) events.push(await signer.sign({ ...place, time }));
      }
      tell({ type: "signed", events: events.slice(from).map(({ order, line, upTo }) => ({ order, line, upTo })) });
    },
    allow(count: number): void {
      pace = null;
      allowed = count;
    },
    pace(rate: number): void {
      pace = rate === 0 ? null : { rate, since: Date.now(), from: times.length };
      allowed = times.length;
    },
  };
}

let publisher: ReturnType<typeof createPublisher> | null = null;
process.on("message", (message: ToPublisher) => {
  if (message.type === "setup") publisher = createPublisher(message);
  if (message.type === "sign")
    publisher?.sign(message.count).catch((error: unknown) => tell({ type: "failed", message: describeError(error) }));
  if (message.type === "allow") publisher?.allow(message.count);
  if (message.type === "pace") publisher?.pace(message.rate);
});
process.once("disconnect", () => process.exit());
