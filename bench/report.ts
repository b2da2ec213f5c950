import { cpus, loadavg, platform, release, totalmem } from "node:os";
import { readIfThere, writeWhole } from "../src/config/files.ts";
import type { ChainName } from "./chains.ts";
import { inBlockTimes } from "./measure.ts";
import type { Measurement } from "./measure.ts";

/** What is promised on anvil: events a second, and p99 in block times at a lower rate. */
export const MUST = { eventsPerSecond: 300, p99BlockTimes: 3 };

/** The figures of one chain, under names that others read. */
export interface Settlement {
  eventsPerSecond: number;
  p50BlockTimes: number;
  p99BlockTimes: number;
  seconds: number;
  events: number;
  relayers: number;
  quorum: number;
  store: string;
  chain: string;
}

/** Under which key the figures of a chain stand. */
export const KEYS: Record<ChainName, string> = {
  anvil: "settlement",
  geth: "settlementGeth",
  besu: "settlementBesu",
};

/** What was measured on one chain. */
export interface Measured {
  throughput: Measurement;
  latency: Measurement;
}

export function settlementOf(p: Measured & { chain: string }): Settlement {
  const { throughput, latency } = p;
  return {
    eventsPerSecond: round(throughput.eventsPerSecond, 1),
    p50BlockTimes: round(inBlockTimes(latency.latency.p50), 2),
    p99BlockTimes: round(inBlockTimes(latency.latency.p99), 2),
    seconds: round(throughput.seconds, 1),
    events: throughput.events,
    relayers: 3,
    quorum: 2,
    store: "sqlite",
    chain: p.chain,
  };
}

/** This machine, as far as it matters. */
export function machine(): object {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryGiB: round(totalmem() / 2 ** 30, 1),
    node: process.version,
    os: `${platform()} ${release()}`,
    // Above what the run itself causes, others disturbed it.
    loadBefore: loadavg().map((value) => round(value, 2)),
  };
}

/** What is missed of what is promised, in sentences. */
export function missed({ throughput, latency }: Measured): string[] {
  const p99 = inBlockTimes(latency.latency.p99);
  const lost = throughput.unsettled + latency.unsettled;
  return [
    throughput.eventsPerSecond < MUST.eventsPerSecond &&
      `${throughput.eventsPerSecond.toFixed(1)} events a second were settled; ${MUST.eventsPerSecond} are promised.`,
    !(p99 <= MUST.p99BlockTimes) &&
      `p99 was ${p99.toFixed(2)} block times; at most ${MUST.p99BlockTimes} are promised.`,
    lost > 0 && `${lost} events were not settled at the end.`,
  ].filter((text) => text !== false);
}

/** Adds figures to those of a report that is there; other chains' stay. */
export function writeReport(p: { file: string; figures: Record<string, unknown>; measured: Record<string, unknown> }) {
  const known = JSON.parse(readIfThere(p.file) ?? "{}") as Record<string, unknown>;
  const measured = { ...(known["measured"] as object | undefined), ...p.measured };
  writeWhole(p.file, `${JSON.stringify({ ...known, ...p.figures, measured }, null, 2)}\n`);
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
