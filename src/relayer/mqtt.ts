import mqtt from "mqtt";
import type { IClientOptions, IPublishPacket } from "mqtt";
import { noCrashpoint } from "../lib/crashpoint.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { describeError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import { createAcknowledgements } from "./acknowledgements.ts";
import type { Inbox } from "./inbox.ts";
import type { Log } from "./log.ts";
import type { Message } from "./openMessage.ts";
import { isQuotaFull } from "./quotas.ts";

const TOPIC = "factorychain/devices/+/events";
/** Messages that are on their way into the store; the broker, or the connection itself, holds back the rest. */
const WINDOW = 256;
/** For so long a broker keeps the session of a relayer that is away, in seconds; MQTT 3.1.1 leaves it to the broker. */
const SESSION = 14 * 86_400;
/** Larger ones stay with an MQTT 5 broker; those between 64 KiB and this are refused with a reason. */
const LARGEST_PACKET = 1024 * 1024 + 1024;
/** Messages without room that stay with the broker; more would close the window, and one device could stop all others. */
const MOST_HELD = 8;
/** Milliseconds after which messages that stayed with the broker are asked for again. */
const AGAIN = 5 * 60_000;
/** Milliseconds after which it is said again that the broker does not answer. */
const SAID_AGAIN = 60_000;

export interface MqttSettings {
  url: string;
  /** Of the protocol: 4 is MQTT 3.1.1. */
  version: 4 | 5;
  /** The session's name: the same after each start, and of no other process that runs at the same time. */
  clientId: string;
  /** Replicas that share their operator's events, each event going to one of them, have the same name here. */
  share: string | null;
  /** PEM, for `mqtts:`; without a CA, those that Node knows. */
  tls?: { ca?: string; cert?: string; key?: string };
}

/**
 * Takes events from a broker: QoS 1, a persistent session, and an acknowledgement only once `receive` has made the
 * message durable, in the order in which messages came. While the store is away nothing is acknowledged and no more than
 * a window of messages is in memory. A message for which there is no room is not acknowledged; where many are, what has
 * no room is kept as refused, so that the others go on.
 */
export function connectMqtt(p: {
  settings: MqttSettings;
  inbox: { receive: (message: Message) => Promise<unknown>; turnAway: Inbox["turnAway"] };
  log: Log;
  crashpoint?: Crashpoint;
}) {
  const { settings, inbox, log, crashpoint = noCrashpoint } = p;
  const client = mqtt.connect(settings.url, optionsOf(settings));
  const acknowledgements = createAcknowledgements({ window: WINDOW });
  let connection = new AbortController();
  let subscribed = false;
  let held = 0;
  let away = false;
  let silent: { text: string; at: number } | null = null;

  // Set before the connection, so that nothing of an old session is acknowledged unseen.
  client.handleMessage = (packet, done) => {
    const { stream } = client;
    const current = connection.signal;
    const taken = take(packet, current);
    // The client would acknowledge by itself, one by one, and wait for each: an error keeps it from that.
    const onward = (): void => done(new Error("acknowledged later"));
    if (packet.qos === 0 || packet.messageId === undefined) void taken.then(onward);
    else {
      const acknowledge = (id: number): void => {
        if (current.aborted || stream.destroyed) return;
        stream.write(puback(id));
        crashpoint("acknowledged");
      };
      void acknowledgements.expect({ id: packet.messageId, taken, acknowledge }).then(onward);
    }
  };

  /** @returns whether the message may be acknowledged */
  async function take(packet: IPublishPacket, signal: AbortSignal): Promise<boolean> {
    crashpoint("received");
    const message = { topic: packet.topic, payload: Buffer.from(packet.payload), retained: packet.retain };
    try {
      const full = await patiently(() => inbox.receive(message).then(() => undefined), signal);
      if (full === undefined) return true;
      return await withoutRoom(message, full, signal);
    } catch (error) {
      if (signal.aborted) return false;
      log.error({ topic: packet.topic, error: describeError(error) }, "a message could not be taken");
      return withoutRoom(message, error, signal).catch(() => false);
    }
  }

  async function withoutRoom(message: Message, error: unknown, signal: AbortSignal): Promise<boolean> {
    if (held < MOST_HELD) {
      held++;
      log.warn({ topic: message.topic, error: describeError(error) }, "a message stays with the broker");
      return false;
    }
    await patiently(() => inbox.turnAway(message).then(() => undefined), signal);
    return true;
  }

  /** Waits for a store that is away, or an inbox that is full; a full quota is an answer. */
  async function patiently(action: () => Promise<undefined>, signal: AbortSignal): Promise<Error | undefined> {
    const answer = await retry({
      action: () =>
        action().catch((error: unknown) => {
          if (isQuotaFull(error)) return error;
          throw error;
        }),
      signal,
      waiting: (error) => {
        if (!away) log.warn({ error: describeError(error) }, "messages wait for the store");
        away = true;
      },
    });
    away = false;
    return answer;
  }

  client.on("connect", () => {
    silent = null;
    const topic = settings.share === null ? TOPIC : `$share/${settings.share}/${TOPIC}`;
    client.subscribe(topic, { qos: 1 }, (error, granted) => {
      const refused = granted?.some(({ qos }) => Number(qos) >= 128) ?? false;
      subscribed = !error && !refused;
      if (!subscribed) log.error({ topic, error: error?.message ?? "not allowed" }, "the subscription failed");
    });
  });
  client.on("close", () => {
    connection.abort();
    connection = new AbortController();
    acknowledgements.forget();
    subscribed = false;
    held = 0;
  });
  client.on("error", (error) => {
    const text = describeError(error);
    // It is tried every second, and said again when it changes or goes on for long.
    if (text === silent?.text && performance.now() - silent.at < SAID_AGAIN) return;
    silent = { text, at: performance.now() };
    log.warn({ error: text }, "the broker does not answer");
  });
  // A broker sends again what was not acknowledged only to a new connection.
  const again = setInterval(() => {
    if (held > 0) client.stream.destroy();
  }, AGAIN);
  again.unref();
  client.connect();

  return {
    /** Whether events come: connected and subscribed. */
    connected: () => client.connected && subscribed,
    async close(): Promise<void> {
      clearInterval(again);
      connection.abort();
      // Without a connection there is nothing to wait for, and a farewell would wait for one.
      await client.endAsync(!client.connected);
    },
  };
}

function optionsOf({ version, clientId, tls }: MqttSettings): IClientOptions {
  return {
    clientId,
    clean: false,
    protocolVersion: version,
    reconnectPeriod: 1_000,
    keepalive: 30,
    resubscribe: false,
    manualConnect: true,
    ...tls,
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: SESSION,
            receiveMaximum: WINDOW,
            maximumPacketSize: LARGEST_PACKET,
          },
        }
      : {}),
  };
}

/** PUBACK of both versions; without a reason code it means success (MQTT 5, section 3.4.2.1). */
function puback(id: number): Buffer {
  return Buffer.from([0x40, 0x02, id >> 8, id & 0xff]);
}
