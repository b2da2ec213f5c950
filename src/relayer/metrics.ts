import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { PoolState } from "../chain/pool.ts";
import type { Figures } from "./figures.ts";
import { watchLiveHeap } from "./liveHeap.ts";
import type { Log } from "./log.ts";

/** What is counted by the sentence that says it in the log: sentence, and the step of a batch. */
export const STEPS: Record<string, string> = {
  "proposed a batch": "proposed",
  "a batch is certified": "certified",
  "a batch is on the chain": "submitted",
  "a batch could not be submitted": "failed",
};

/** Seconds of a query that the histogram tells apart. */
const BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** What only the running process knows. */
export interface Live {
  /** Whether events come from the broker; null while this process does not read it. */
  broker: boolean | null;
  leads: boolean;
  ready: boolean;
  /** The nodes of the chain, and which of them is used. */
  nodes: PoolState;
  /** What members were seen to do wrong, by member and kind. */
  suspicions: Record<string, Partial<Record<string, number>>>;
  /** Where it stands since its start: it signs when ready. */
  phase?: string;
  /** Why messages cannot be written, though the store may take a small write: its disk is nearly full. */
  trouble?: string | null;
}

export type Metrics = ReturnType<typeof createMetrics>;

/** A relayer's figures for Prometheus; deploy/grafana/relayer.json shows them. */
export function createMetrics({ address }: { address: string }) {
  const registry = new Registry();
  const registers = [registry];
  registry.setDefaultLabels({ relayer: address });
  collectDefaultMetrics({ register: registry });

  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> =>
    new Gauge({ name: `factorychain_${name}`, help, labelNames, registers });
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> =>
    new Counter({ name: `factorychain_${name}`, help, labelNames, registers });

  const lines = counter("log_lines_total", "Lines in the log", "level");
  const steps = counter("batches_total", "Steps of batches in this process", "step");
  const reviews = counter("reviews_total", "Proposals of others that were not signed at once", "decision");
  const undone = counter("final_blocks_undone_total", "Blocks taken back that had counted as final");
  const silent = counter("peer_failures_total", "Requests that a peer did not answer", "peer");
  const queries = new Histogram({
    name: "factorychain_store_query_seconds",
    help: "Time of a query of the store",
    buckets: BUCKETS,
    registers,
  });
  const messages = gauge("messages", "Messages in the store", "status", "reason");
  const events = gauge("events", "Distinct events in the store", "status", "reason");
  const batches = gauge("batches", "Batches in the store", "state");
  const signed = gauge("signed_digests", "Batches that this relayer ever signed");
  const shares = gauge("shares", "Signatures on batches that are not done");
  const head = gauge("head_block", "Number of the newest block that was followed");
  const age = gauge("head_age_seconds", "Time since the newest block that was followed was made");
  const open = gauge("transactions_open", "Transactions that no block holds yet", "account");
  const nonce = gauge("next_nonce", "Nonce of the next transaction", "account");
  const held = gauge("lease_held", "1 while this process signs and submits");
  const epoch = gauge("lease_epoch", "How often the lease on the relayer's key changed hands");
  const holder = gauge("lease_info", "1 for the process that has the lease", "holder");
  const mqtt = gauge("mqtt_connected", "1 while events come from the broker");
  const ready = gauge("ready", "1 while /ready answers 200");
  const node = gauge("rpc_endpoint", "1 for the node of the chain in use", "url");
  const nodeHead = gauge("rpc_head_block", "Number of the newest block that a node reports", "url");
  const switches = gauge("rpc_switches", "How often another node was taken since the start");
  const suspicions = gauge("peer_suspicions", "What members did wrong since the start", "member", "suspicion");
  const kept = gauge("heap_live_bytes", "Used heap right after the last full garbage collection; 0: there was none");
  watchLiveHeap((bytes) => kept.set(bytes));
  const away = gauge("store_up", "1 while the figures of the store can be read");
  for (const step of [...new Set(Object.values(STEPS))]) steps.inc({ step }, 0);

  function count(level: string, fields: object, message: string): void {
    lines.inc({ level });
    const step = STEPS[message];
    if (step !== undefined) steps.inc({ step });
    const { decision, peer, blocks } = fields as { decision?: unknown; peer?: unknown; blocks?: unknown };
    if (message === "reviewed a proposal") reviews.inc({ decision: String(decision) });
    if (message === "the chain took back blocks that counted as final") undone.inc(Number(blocks));
    if (message === "a peer did not answer") silent.inc({ peer: String(peer) });
  }

  function setStored(figures: Figures): void {
    for (const each of [messages, events, batches, open, nonce, holder]) each.reset();
    for (const { status, reason, count } of figures.messages) messages.set({ status, reason: reason ?? "" }, count);
    for (const { status, reason, count } of figures.events) events.set({ status, reason: reason ?? "" }, count);
    for (const { state, count } of figures.batches) batches.set({ state }, count);
    for (const account of figures.accounts) {
      open.set({ account: account.sender }, account.open);
      nonce.set({ account: account.sender }, account.next);
    }
    signed.set(figures.signed);
    shares.set(figures.shares);
    epoch.set(figures.lease?.epoch ?? 0);
    if (figures.lease !== null && figures.lease.holder !== "") holder.set({ holder: figures.lease.holder }, 1);
    if (figures.head === null) return;
    head.set(figures.head.number);
    age.set(figures.head.age);
  }

  function setLive(live: Live): void {
    for (const each of [node, nodeHead, suspicions]) each.reset();
    held.set(live.leads ? 1 : 0);
    mqtt.set(live.broker === true ? 1 : 0);
    ready.set(live.ready ? 1 : 0);
    switches.set(live.nodes.switches);
    for (const { url, head: newest } of live.nodes.endpoints) {
      node.set({ url }, url === live.nodes.inUse ? 1 : 0);
      if (newest !== null) nodeHead.set({ url }, newest);
    }
    for (const [member, kinds] of Object.entries(live.suspicions))
      for (const [suspicion, times] of Object.entries(kinds)) suspicions.set({ member, suspicion }, times ?? 0);
  }

  return {
    /** The same log, whose lines are counted. */
    counted(log: Log): Log {
      const level = (name: "info" | "warn" | "error") => (fields: object, message: string) => {
        count(name, fields, message);
        log[name](fields, message);
      };
      return { info: level("info"), warn: level("warn"), error: level("error") };
    },

    /** A query of the store took so many seconds. */
    query: (seconds: number): void => queries.observe(seconds),

    /** The text that Prometheus reads. @param figures null: the store does not answer, and its figures stay away */
    async text(p: { figures: Figures | null; live: Live }): Promise<string> {
      away.set(p.figures === null ? 0 : 1);
      if (p.figures === null) for (const each of [messages, events, batches, open, nonce, holder]) each.reset();
      else setStored(p.figures);
      setLive(p.live);
      return registry.metrics();
    },

    contentType: registry.contentType,
    /** Names of all metrics. */
    names: (): string[] => registry.getMetricsAsArray().map(({ name }) => name),
  };
}
