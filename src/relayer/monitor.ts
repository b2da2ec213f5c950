import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import type { Kysely } from "kysely";
import type { ListenAddress } from "../config/types.ts";
import { describeError } from "../lib/errors.ts";
import type { CoreSchema } from "../store/schema.ts";
import { readFigures } from "./figures.ts";
import type { Figures } from "./figures.ts";
import { listenAt } from "./listen.ts";
import type { Live, Metrics } from "./metrics.ts";
import type { RelayerDatabase } from "./relayer.ts";

/** Milliseconds for which an answer about the store is good: who asks more often costs nothing more. */
const FRESH = 2_000;
/** And an answer about the signer, which may be a machine that signs slowly. */
const SIGNER_FRESH = 10_000;

/** Why a relayer is not ready: a stable code, and a sentence for a person. */
export interface Reason {
  code: "store" | "chain" | "broker" | "recovery" | "signer";
  detail: string;
}

interface Look {
  at: number;
  figures: Figures | null;
  /** What the store said when it could not be written. */
  trouble: string | null;
  /** What the signer said when it could not sign. */
  unsigned: string | null;
}

/**
 * Says how a relayer is: `/health` whether the process answers, `/ready` whether it does its work and why not, `/metrics`
 * the figures. A process that stands by is ready when it could take over.
 *
 * @param lag seconds without a new block after which it is not ready
 * @param lease name of the lease on the relayer's key
 * @param live what only the running process knows
 * @param checkSigner whether the key signs, where that is not in this process
 * @param clock milliseconds since 1970
 */
export function createMonitor(p: {
  db: RelayerDatabase;
  lag: number;
  lease: string;
  metrics: Metrics;
  live: () => Omit<Live, "ready">;
  checkSigner?: (() => Promise<void>) | undefined;
  clock?: () => number;
}) {
  const { db, lag, metrics, clock = Date.now } = p;
  let last: Promise<Look> | null = null;
  let lastAt = -Infinity;
  let signer: Promise<string | null> = Promise.resolve(null);
  let signerAt = -Infinity;

  /** Looks at the store: it must take a write, and say how far the chain was followed. */
  async function look(): Promise<Look> {
    const at = clock();
    const asked = askSigner(at);
    try {
      await tryWrite(db);
      const figures = await readFigures({ db, lease: p.lease, now: Math.floor(at / 1000) });
      return { at, figures, trouble: null, unsigned: await asked };
    } catch (error) {
      return { at, figures: null, trouble: describeError(error), unsigned: await asked };
    }
  }

  function askSigner(at: number): Promise<string | null> {
    if (p.checkSigner === undefined || at - signerAt < SIGNER_FRESH) return signer;
    signerAt = at;
    signer = p.checkSigner().then(() => null, describeError);
    return signer;
  }

  function recent(): Promise<Look> {
    if (last === null || clock() - lastAt >= FRESH) {
      lastAt = clock();
      last = look();
    }
    return last;
  }

  function reasonsOf({ figures, trouble, unsigned }: Look): Reason[] {
    const { broker, leads, phase, trouble: unwritten = null } = p.live();
    const reasons: Reason[] = [];
    const store = figures === null ? (trouble ?? "The store does not answer.") : unwritten;
    if (store !== null) reasons.push({ code: "store", detail: store });
    if (figures?.head === null) reasons.push({ code: "chain", detail: "No block was followed yet." });
    else if (figures !== null && figures.head.age > lag) {
      const detail = `Block ${figures.head.number}, the newest that was followed, is ${figures.head.age} s old; ${lag} are allowed.`;
      reasons.push({ code: "chain", detail });
    }
    if (leads && (phase === "asking" || phase === "recovering")) {
      const detail =
        phase === "asking"
          ? "It waits for peers to say what it signed before its start."
          : "It lost its store, or has an older one, and takes in what its peers hold.";
      reasons.push({ code: "recovery", detail });
    }
    if (unsigned !== null) reasons.push({ code: "signer", detail: unsigned });
    if (broker === false) reasons.push({ code: "broker", detail: "The broker is not connected." });
    return reasons;
  }

  async function readiness() {
    const found = await recent();
    const reasons = reasonsOf(found);
    const { figures } = found;
    return {
      ready: reasons.length === 0,
      role: p.live().leads ? "leader" : "standby",
      head: figures?.head ?? null,
      lease: figures?.lease ?? null,
      reasons,
    };
  }

  function addReady(app: FastifyInstance): void {
    app.get("/ready", async (_request, reply) => {
      const state = await readiness();
      return reply.code(state.ready ? 200 : 503).send(state);
    });
  }

  function addMetrics(app: FastifyInstance): void {
    app.get("/metrics", async (_request, reply) => {
      const found = await recent();
      const live = { ...p.live(), ready: reasonsOf(found).length === 0 };
      return reply.type(metrics.contentType).send(await metrics.text({ figures: found.figures, live }));
    });
  }

  return {
    readiness,

    /** Adds `/ready` to the API, and `/metrics`, unless that has a server of its own (with all three). */
    async open({ api, listen }: { api: FastifyInstance; listen: ListenAddress | null }): Promise<void> {
      addReady(api);
      if (listen === null) return addMetrics(api);
      const app = Fastify();
      app.get("/health", () => ({ alive: true }));
      addReady(app);
      addMetrics(app);
      api.addHook("onClose", () => app.close());
      await listenAt({ app, address: listen, setting: "metricsListen" });
    },
  };
}

/** A write that changes nothing else, durable as any other. */
async function tryWrite(db: RelayerDatabase): Promise<void> {
  const core = db as unknown as Kysely<CoreSchema>;
  await core
    .insertInto("counters")
    .values({ name: "ready", last: 1 })
    .onConflict((conflict) => conflict.column("name").doUpdateSet((row) => ({ last: row.ref("counters.last") })))
    .execute();
}
