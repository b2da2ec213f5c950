import mqtt from "mqtt";
import { describeError } from "../lib/errors.ts";
import type { Message } from "./inbox.ts";
import type { Log } from "./log.ts";

const TOPIC = "factorychain/devices/+/events";

/**
 * Takes events from a broker: QoS 1, a persistent session, and an acknowledgement only once `receive` has made the
 * message durable. What it rejects stays with the broker.
 */
export function connectMqtt({
  url,
  clientId,
  receive,
  log,
}: {
  url: string;
  clientId: string;
  receive: (message: Message) => Promise<void>;
  log: Log;
}) {
  const client = mqtt.connect(url, { clientId, clean: false, reconnectPeriod: 1_000, manualConnect: true });
  // Set before the connection, so that nothing of an old session is acknowledged unseen.
  client.handleMessage = (packet, done) => {
    receive({ topic: packet.topic, payload: Buffer.from(packet.payload), retained: packet.retain }).then(
      () => {
        done();
      },
      (error: unknown) => {
        log.warn({ topic: packet.topic, error: describeError(error) }, "a message was not taken");
        done(error instanceof Error ? error : new Error(String(error)));
      },
    );
  };
  client.on("connect", () => {
    client.subscribe(TOPIC, { qos: 1 }, (error) => {
      if (error) log.error({ error: error.message }, "the subscription failed");
    });
  });
  client.on("error", (error) => {
    log.warn({ error: describeError(error) }, "the broker does not answer");
  });
  client.connect();

  return {
    connected: () => client.connected,
    /** Without a connection there is nothing to wait for, and a farewell would wait for one. */
    close: () => client.endAsync(!client.connected),
  };
}
