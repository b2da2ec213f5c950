import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { Aedes } from "aedes";
import type { Client, PublishPacket } from "aedes";
import type { Journal } from "./journal.ts";
import { MEANING, portInUse } from "./ports.ts";

const EVENTS = /^factorychain\/devices\/[^/]+\/events$/;
/** An event has 64 KiB at most; what is larger is passed on up to here, so that relayers can say why they refuse it. */
const LARGEST = 1024 * 1024;
/** Acknowledgements are written together after so many milliseconds. */
const FLUSH = 50;

export interface Broker {
  port: number;
  close(): Promise<void>;
}

/**
 * An MQTT 3.1.1 broker on the loopback interface. A device gets its acknowledgement only after the event is in the
 * journal; a relayer that comes back after the broker was killed is given everything that it has not acknowledged.
 *
 * @param heard told of every event that a device sends
 * @throws FactoryChainError `port-in-use`; the journal stays open then
 */
export async function startBroker(p: { port: number; journal: Journal; heard: () => void }): Promise<Broker> {
  const { journal } = p;
  const broker = await Aedes.createBroker({ id: "factorychain", drainTimeout: 10_000 });
  // aedes copies packets but never their payload: the bytes themselves say which entry a packet is.
  const entries = new WeakMap<Uint8Array, number>();
  // MQTT 3.1.1 tells no subscriber that a message it gets at once was sent to be retained; relayers must know, to refuse it.
  const retained = new WeakSet<Uint8Array>();
  // Its types leave the store out.
  const { persistence } = broker as unknown as { persistence: { storeRetained: () => Promise<void> } };
  persistence.storeRetained = () => Promise.resolve();
  const served = new Set<string>();
  let acknowledged: { id: number; session: string }[] = [];
  let timer: NodeJS.Timeout | null = null;

  function flush(): void {
    timer = null;
    const batch = acknowledged;
    acknowledged = [];
    if (batch.length > 0) journal.acknowledge(batch);
  }

  broker.authorizePublish = (_client, packet, done) => {
    if (!EVENTS.test(packet.topic)) return done(new Error("devices publish to factorychain/devices/<id>/events"));
    const payload = asBytes(packet);
    if (payload.length > LARGEST) return done(new Error(`an event has ${LARGEST} bytes at most`));
    try {
      if (packet.qos > 0) entries.set(payload, journal.keep({ topic: packet.topic, payload }));
    } catch (error) {
      // Not kept, so not acknowledged: the device sends it again.
      return done(error instanceof Error ? error : new Error(String(error)));
    }
    if (packet.retain) retained.add(payload);
    p.heard();
    done(null);
  };

  broker.authorizeForward = (_client, packet) => {
    if (packet.payload instanceof Uint8Array && retained.has(packet.payload)) packet.retain = true;
    return packet;
  };

  broker.on("ack", (packet: unknown, client: Client) => {
    const payload = (packet as PublishPacket | undefined)?.payload;
    const id = payload instanceof Uint8Array ? entries.get(payload) : undefined;
    if (id === undefined) return;
    acknowledged.push({ id, session: client.id });
    timer ??= setTimeout(flush, FLUSH);
  });

  // aedes keeps sessions in memory: after a restart they begin anew, with what the journal has for them.
  broker.on("subscribe", (subscriptions, client) => {
    if (served.has(client.id) || !subscriptions.some(({ topic }) => topic.startsWith("factorychain/"))) return;
    served.add(client.id);
    for (const { id, topic, payload } of journal.missing(client.id)) {
      const bytes = Buffer.from(payload);
      entries.set(bytes, id);
      const packet: PublishPacket = { cmd: "publish", topic, payload: bytes, qos: 1, dup: false, retain: false };
      client.publish(packet, () => {});
    }
  });

  const server = createServer((socket) => broker.handle(socket));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(p.port, "127.0.0.1", resolve);
    });
  } catch (cause) {
    await new Promise<void>((resolve) => broker.close(resolve));
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
    throw portInUse({ port: p.port, meaning: MEANING.mqtt, cause });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      await new Promise<void>((resolve) => broker.close(resolve));
      await closed;
      if (timer !== null) clearTimeout(timer);
      flush();
      journal.close();
    },
  };
}

/** The payload as the bytes that aedes passes on. */
function asBytes(packet: PublishPacket): Uint8Array {
  if (typeof packet.payload === "string") packet.payload = Buffer.from(packet.payload);
  return packet.payload;
}
