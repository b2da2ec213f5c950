import { setTimeout as sleep } from "node:timers/promises";
import mqtt from "mqtt";
import type { PrivateJwk } from "../src/formats/signEvent.ts";
import type { Network } from "../testbed/network.ts";
import type { Rng } from "../testbed/seeded.ts";
import { createEvents } from "./devices.ts";
import type { Made, Message } from "./devices.ts";
import { openLink } from "./link.ts";
import type { Parcel, Scene } from "./scene.ts";

export type Traffic = Awaited<ReturnType<typeof openTraffic>>;

/** Devices at work: they publish one delivery after the other, QoS 1, until each is acknowledged. */
export async function openTraffic(p: { network: Network; scene: Scene; name: string; rng: Rng; pace: number }) {
  const { network, scene, rng } = p;
  const link = await openLink({ target: network.broker.port });
  const client = mqtt.connect(`mqtt://127.0.0.1:${link.port}`, {
    ...{ clientId: `devices-${p.name}`, clean: false, reconnectPeriod: 200, connectTimeout: 3_000, keepalive: 5 },
  });
  client.on("error", () => undefined);
  const events = createEvents({ gln: scene.trade.gln, name: p.name, rng });
  const parcels = [...scene.parcels];
  const made: Made[] = [];
  const open = new Set<Promise<unknown>>();
  let running = true;
  let clock = 0;
  let quiet: Promise<unknown> = Promise.resolve();

  /** Resolves when the broker has it; a line that is cut is opened again, and what was not acknowledged sent again. */
  async function publish({ topic, payload }: Message, retain = false): Promise<void> {
    await quiet;
    const done = client.publishAsync(topic, Buffer.from(payload), { qos: 1, retain }).then(() => undefined);
    open.add(done);
    await done.finally(() => open.delete(done)).catch(() => undefined);
  }

  /** The chain's own time: devices' clocks are right. While it is away, what it was last. */
  async function time(): Promise<number> {
    const asked = network.chain.rpc("eth_getBlockByNumber", ["latest", false]) as Promise<{ timestamp: string }>;
    clock = await asked.then(
      ({ timestamp }) => Number(timestamp),
      () => clock,
    );
    return clock;
  }

  async function make(q: Partial<Parameters<typeof events.make>[0]> & { parcel: Parcel }): Promise<Made> {
    const jwk = q.jwk ?? rng.pick<PrivateJwk>(scene.trade.devices);
    return await events.make({ kind: "valid", ...q, jwk, time: q.time ?? (await time()) });
  }

  /** The next delivery that is due, signed; null when all were made. */
  async function next(): Promise<Made | null> {
    const parcel = parcels.shift();
    if (parcel === undefined) return null;
    const one = await make({ parcel });
    made.push(one);
    return one;
  }

  async function send(one: Made): Promise<void> {
    await publish(one.message);
    one.sent.acknowledged = true;
  }

  await time();
  const working = (async () => {
    while (running && parcels.length > 0) {
      const one = await next();
      if (one !== null) void send(one);
      await sleep(p.pace);
    }
  })();

  return {
    link,
    publish,
    make,
    next,
    send,
    made,
    /** Nothing is sent while this runs, and everything that was sent is acknowledged before. */
    async quietly(work: () => Promise<void>): Promise<void> {
      let go = (): void => {};
      quiet = new Promise<void>((resolve) => (go = resolve));
      await Promise.all(open);
      await work().finally(go);
    },
    /** A place for something that may count or not. */
    spare: (): Parcel => ({
      ...{ order: rng.pick(scene.orders), line: scene.spare },
      quantity: BigInt(1 + rng.nat(1_000_000)),
    }),
    /** No new deliveries; resolves when the broker has acknowledged all that were made. */
    async end(): Promise<void> {
      running = false;
      await working;
      await Promise.all(open);
      await client.endAsync(true);
      await link.stop();
    },
    async drop(): Promise<void> {
      running = false;
      await client.endAsync(true);
      await link.stop();
    },
  };
}
