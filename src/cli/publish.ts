import mqtt from "mqtt";
import type { RecordedMessage } from "../formats/recordedStream.ts";
import { RetryableError, withoutCredentials } from "../lib/errors.ts";
import { pause } from "./interrupt.ts";

/** Longest wait for the broker, in milliseconds. */
const PATIENCE = 20_000;

/**
 * Publishes messages in their order, as devices do: QoS 1, each acknowledged before the next is sent.
 *
 * @param pace milliseconds between two messages
 * @throws RetryableError `broker-unreachable`
 */
export async function publishMessages(p: {
  url: string;
  messages: readonly RecordedMessage[];
  pace: number;
  signal: AbortSignal;
}): Promise<void> {
  const client = mqtt.connect(p.url, { reconnectPeriod: 500, connectTimeout: PATIENCE, clean: true });
  client.on("error", () => {}); // it goes on trying; what counts is whether a message gets through
  try {
    for (const [index, { topic, payload }] of p.messages.entries()) {
      if (index > 0) await pause(p.pace, p.signal);
      const inTime = new AbortController();
      const taken = client.publishAsync(topic, Buffer.from(payload), { qos: 1 });
      taken.catch(() => {}); // it fails when the connection is closed below
      const signal = AbortSignal.any([p.signal, inTime.signal]);
      await Promise.race([taken, expired({ url: p.url, signal })]).finally(() => inTime.abort());
    }
  } finally {
    await client.endAsync(true);
  }
}

async function expired(p: { url: string; signal: AbortSignal }): Promise<never> {
  await pause(PATIENCE, p.signal);
  throw new RetryableError("broker-unreachable", `The broker at ${withoutCredentials(p.url)} takes no message.`, {
    expected: "an MQTT 3.1.1 broker that acknowledges what is published",
    advice: "See whether the stack runs (factorychain node status), then try again.",
  });
}
