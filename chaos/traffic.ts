import { setTimeout as sleep } from "node:timers/promises";
import type { PrivateJwk } from "../src/formats/signEvent.ts";
import type { Network } from "../testbed/network.ts";
import type { Rng } from "../testbed/seeded.ts";
import { createEvents } from "./devices.ts";
import type { Made } from "./devices.ts";
import { openLink } from "./link.ts";
import { openPublisher } from "./publisher.ts";
import type { Parcel, Scene } from "./scene.ts";

export type Traffic = Awaited<ReturnType<typeof openTraffic>>;

/** Devices at work: they publish one delivery after the other, QoS 1, until each is acknowledged. */
export async function openTraffic(p: { network: Network; scene: Scene; name: string; rng: Rng; pace: number }) {
  const { network, scene, rng } = p;
  const link = await openLink({ target: network.broker.port });
  const { publish, quietly, ...publisher } = openPublisher({ port: link.port, name: p.name });
  const events = createEvents({ gln: scene.trade.gln, name: p.name, rng });
  const parcels = [...scene.parcels];
  const made: Made[] = [];
  let running = true;
  let clock = 0;

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
    one.sent.acknowledged = await publish(one.message);
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
    quietly,
    /** A place for something that may count or not. */
    spare: (): Parcel => ({
      ...{ order: rng.pick(scene.orders), line: scene.spare },
      quantity: BigInt(1 + rng.nat(1_000_000)),
    }),
    /** No new deliveries; resolves when the broker has acknowledged all that were made. */
    async end(): Promise<void> {
      running = false;
      await working;
      await publisher.all();
      await publisher.end();
      await link.stop();
    },
    async drop(): Promise<void> {
      running = false;
      await publisher.end();
      await link.stop();
    },
  };
}
