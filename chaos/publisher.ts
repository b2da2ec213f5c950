import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import type { Message } from "./devices.ts";

/** Milliseconds until a message is given to the client again that the client gave back. */
const AGAIN = 50;

export type Publisher = ReturnType<typeof openPublisher>;

/** The devices' client, on a line that may be cut at any moment: QoS 1, and every message until it is acknowledged. */
export function openPublisher(p: { port: number; name: string }) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${p.port}`, {
    ...{ clientId: `devices-${p.name}`, clean: false, reconnectPeriod: 200, connectTimeout: 3_000, keepalive: 5 },
  });
  client.on("error", () => undefined);
  const open = new Set<Promise<unknown>>();
  const over = Promise.withResolvers<false>();
  let ended = false;
  let quiet: Promise<unknown> | null = null;

  async function deliver({ topic, payload }: Message, retain: boolean): Promise<boolean> {
    while (!ended) {
      try {
        const taken = client.publishAsync(topic, Buffer.from(payload), { qos: 1, retain });
        // A client that was ended leaves it open for ever.
        return await Promise.race([taken.then(() => true), over.promise]);
      } catch {
        // What comes while it sends old messages again, and a cut ends that, it gives back, and never sends.
        await sleep(AGAIN);
      }
    }
    return false;
  }

  return {
    /** Resolves when the broker has acknowledged it. @returns false: the client was ended before */
    async publish(message: Message, retain = false): Promise<boolean> {
      while (quiet !== null) await quiet;
      const delivery = deliver(message, retain);
      open.add(delivery);
      return await delivery.finally(() => open.delete(delivery));
    },
    /** Nothing is sent while this runs, and everything that was sent is acknowledged before. */
    async quietly(work: () => Promise<void>): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      quiet = promise;
      await Promise.all(open);
      await work().finally(() => {
        quiet = null;
        resolve();
      });
    },
    /** Resolves when everything that was sent is acknowledged. */
    all: async (): Promise<void> => void (await Promise.all(open)),
    async end(): Promise<void> {
      ended = true;
      over.resolve(false);
      await client.endAsync(true);
    },
  };
}
