import { FactoryChainError } from "../src/lib/errors.ts";
import { linesOf } from "../testbed/events.ts";
import type { OrderDocument } from "../src/sdk/settlement/orderDocument.ts";
import { BLOCK_SECONDS } from "./chains.ts";
import { watchDeliveries } from "./deliveries.ts";
import { readProcessFigures } from "./figures.ts";
import type { Network } from "./network.ts";
import { startPublishing } from "./publishing.ts";
import { createTally, percentile } from "./tally.ts";

/** Milliseconds between looks at how many events may be out. */
const TICK = 20;
/** Milliseconds between two looks at how it goes. */
const LOOK = 5_000;
/** Seconds after which what is not settled yet counts as never settled. */
const DRAIN = 120;

/** How events are published: so many a second, or as many as keep so many under way. */
export type Load = { rate: number } | { inFlight: number };

export interface Measurement {
  load: Load;
  /** Of the window, from block to block. */
  seconds: number;
  /** Events that were settled in it. */
  events: number;
  eventsPerSecond: number;
  /** From publication to the block that paid, in seconds. */
  latency: { p50: number; p99: number; max: number };
  /** Events under way at its begin and at its end. */
  inFlight: { begin: number; end: number };
  /** Reports in the window: one may be about several events of a line. */
  reports: number;
  blocks: number;
  /** Of one relayer, the mean of all. */
  cpuSecondsPerEvent: number;
  /** Events of the whole run, warm-up included, and how many of them were never settled. */
  published: number;
  unsettled: number;
}

/**
 * Publishes events under a load and measures between two blocks.
 *
 * @param warmUp seconds before the measurement
 * @param most events that are signed beforehand; more are never published
 */
export async function measure(p: {
  network: Network;
  orders: readonly OrderDocument[];
  load: Load;
  warmUp: number;
  seconds: number;
  most: number;
  told: (text: string) => void;
  /** Called every few seconds while it measures. */
  sample?: () => Promise<void>;
}): Promise<Measurement> {
  const { network, load, told } = p;
  const { client, trade, endpoints } = network;
  const tally = createTally();
  const sent = (event: Parameters<typeof tally.published>[0], at: number) => tally.published(event, at);
  const { gln, devices } = trade;
  const setup = { mqtt: endpoints.mqtt, trade: { gln, devices }, lines: linesOf(p.orders) };
  const publishing = startPublishing({ setup, sent });
  const orFailure = <T>(work: Promise<T>) => Promise.race([work, publishing.failure, network.failure]);
  const watch = await watchDeliveries({ client, confirmed: tally.confirmed, failed: told });
  const feed = setInterval(() => {
    if ("inFlight" in load && feeding) publishing.allow(tally.counts().settled + load.inFlight);
  }, TICK);
  let feeding = false;

  const nextBlock = async (after: number): Promise<number> => {
    for (;;) {
      const found = watch.blocks().find(({ seen }) => seen >= after);
      if (found !== undefined) return found.seen;
      await orFailure(sleep(TICK));
    }
  };
  const cpu = async (): Promise<number> => {
    const all = await Promise.all(endpoints.relayers.map(({ url }) => readProcessFigures(url)));
    return all.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0) / all.length;
  };

  try {
    await orFailure(publishing.sign(p.most));
    told(`${p.most} events are signed`);
    if ("rate" in load) publishing.pace(load.rate);
    feeding = true;
    await orFailure(sleep(p.warmUp * 1000));
    const begin = await nextBlock(Date.now());
    const [before, cpuBefore] = [tally.counts(), await cpu()];
    for (const until = begin + p.seconds * 1000; Date.now() < until;) {
      await orFailure(sleep(Math.min(LOOK, until - Date.now())));
      await p.sample?.();
      const { settled, inFlight } = tally.counts();
      const rate = ((settled - before.settled) * 1000) / (Date.now() - begin);
      told(`${settled - before.settled} events settled, ${rate.toFixed(0)} a second; ${inFlight} under way`);
    }
    const end = await nextBlock(begin + p.seconds * 1000);
    const [after, cpuAfter] = [tally.counts(), await cpu()];
    feeding = false;
    publishing.pace(0);
    if (after.published >= p.most)
      throw new FactoryChainError("bench-too-few-events", `All ${p.most} events were published before the end.`);
    const unsettled = await drain();
    const within = (at: number) => at > begin && at <= end;
    const paid = tally.settled.filter((event) => within(event.paid));
    // By when they were published: one that took long is not left out.
    const times = tally.settled
      .filter(({ published }) => within(published))
      .map(({ published, paid: at }) => (at - published) / 1000);
    const seconds = (end - begin) / 1000;
    return {
      load,
      seconds,
      events: paid.length,
      eventsPerSecond: paid.length / seconds,
      latency: { p50: percentile(times, 0.5), p99: percentile(times, 0.99), max: percentile(times, 1) },
      inFlight: { begin: before.inFlight, end: after.inFlight },
      reports: after.reports - before.reports,
      blocks: watch.blocks().filter(({ seen }) => within(seen)).length,
      cpuSecondsPerEvent: (cpuAfter - cpuBefore) / (after.settled - before.settled),
      published: after.published,
      unsettled,
    };
  } finally {
    clearInterval(feed);
    publishing.stop();
    await watch.stop();
  }

  /** Waits until everything that was published is settled. @returns what is not */
  async function drain(): Promise<number> {
    for (const until = Date.now() + DRAIN * 1000; Date.now() < until; await orFailure(sleep(TICK)))
      if (tally.counts().inFlight === 0) break;
    return tally.counts().inFlight;
  }
}

/** Seconds in blocks. */
export function inBlockTimes(seconds: number): number {
  return seconds / BLOCK_SECONDS;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}
