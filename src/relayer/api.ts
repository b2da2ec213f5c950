import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import type { Kysely } from "kysely";
import { z, ZodError } from "zod";
import type { BlockRef } from "../chain/transactions.ts";
import { describeError, FactoryChainError } from "../lib/errors.ts";
import type { Inbox } from "./inbox.ts";
import { addIngestRoutes } from "./ingestApi.ts";
import { addPeerApi } from "./peerApi.ts";
import { BODY_LIMIT } from "./peerServer.ts";
import type { RecoveryState } from "./recovery.ts";
import type { createSheets } from "./sheets.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";

const PAGE = 500;

const pageSchema = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce
    .number()
    .int()
    .positive()
    .default(PAGE)
    .transform((limit) => Math.min(PAGE, limit)),
  status: z.enum(["pending", "counted", "duplicate", "refused", "waiting"]).optional(),
});

/** HTTP status of an error that a caller can do something about. */
const STATUS: Record<string, number> = {
  "order-number-taken": 409,
  "relayer-starting": 503,
  "lease-lost": 503,
  "signer-unreachable": 503,
  "signer-unavailable": 503,
  "peer-unknown": 403,
  "peer-limit": 429,
  "quota-full": 429,
  "inbox-full": 503,
  "not-operator": 403,
};

/** Seconds after which a caller may try again what was answered with 429 or 503. */
const RETRY_AFTER = 5;
/** Milliseconds for a request to arrive in full. */
const REQUEST_TIMEOUT = 30_000;

/**
 * What a relayer answers over HTTP: to people and programs, and to its peers, either on a server that only they get into
 * or, within one machine, on the same one.
 */
export function createApi({
  db,
  address,
  head,
  inbox,
  sheets,
  requestTimeout = REQUEST_TIMEOUT,
  standing,
  peers,
}: {
  db: Kysely<RelayerTables>;
  address: string;
  /** The newest block that was followed; null before the first. */
  head: () => BlockRef | null;
  inbox: Pick<Inbox, "learn" | "receive">;
  /** Milliseconds; who sends more slowly is cut off. */
  requestTimeout?: number;
  sheets: Pick<ReturnType<typeof createSheets>, "announce" | "find">;
  /** Whether it may sign, and what it has against others. */
  standing: () => { recovery: RecoveryState; suspects: ReturnType<Suspects["counts"]> };
  peers: Omit<Parameters<typeof addPeerApi>[1], "db" | "following"> & {
    /** Where peers get in; null: nowhere, undefined: with everybody else. */
    server?: FastifyInstance | null | undefined;
  };
}): FastifyInstance {
  // Node takes the longer of the two as that of the whole request.
  const http = {
    connectionsCheckingInterval: Math.min(requestTimeout, 5_000),
    headersTimeout: requestTimeout,
    requestTimeout,
  };
  const app = Fastify({ bodyLimit: BODY_LIMIT, requestTimeout, http });

  function following(): BlockRef {
    const block = head();
    if (!block) {
      throw new FactoryChainError("relayer-starting", "The relayer does not follow the chain yet.", {
        advice: "Try again in a few seconds; if it stays so, see whether its chain answers.",
      });
    }
    return block;
  }

  app.get("/health", () => ({ alive: true, head: head()?.number ?? null }));

  app.get("/v1/status", async () => {
    const { number, time } = following();
    const { recovery, suspects } = standing();
    return {
      relayer: address,
      head: { number, time },
      messages: await countMessages(db),
      open: await countOpen(db),
      ready: recovery.phase === "ready",
      recovery,
      suspects,
    };
  });

  app.get("/v1/messages", async (request) => {
    return listMessages(db, pageSchema.parse(request.query));
  });

  app.post("/v1/orders", async (request, reply) => {
    following();
    const { id, known } = await sheets.announce(request.body);
    return reply.code(known ? 200 : 201).send({ id });
  });

  app.get("/v1/orders/:id", async (request) => {
    const { id } = request.params as { id: string };
    return found(await sheets.find(id.toLowerCase()), `order ${id}`);
  });

  addIngestRoutes({ app, db, inbox, following });

  speakProblems(app);
  const { server = app } = peers;
  if (server !== null) {
    addPeerApi(server, { ...peers, db, following });
    server.get("/v1/peer/orders/:id", async (request) => {
      const { id } = request.params as { id: string };
      return found(await sheets.find(id.toLowerCase()), `order ${id}`);
    });
    if (server !== app) speakProblems(server);
  }
  return app;
}

/** Every error in the words of RFC 9457. */
function speakProblems(app: FastifyInstance): void {
  app.setNotFoundHandler(() => {
    throw notFound("page");
  });
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    const code = error instanceof FactoryChainError ? error.code : "request";
    if (status === 429 || status === 503) void reply.header("retry-after", String(RETRY_AFTER));
    void reply
      .code(status)
      .type("application/problem+json")
      .send({ type: `urn:factorychain:problem:${code}`, title: code, status, detail: describeError(error) });
  });
}

function statusOf(error: unknown): number {
  if (error instanceof FactoryChainError) {
    if (error.code.startsWith("store-")) return 503;
    return STATUS[error.code] ?? (error.code === "not-found" ? 404 : 422);
  }
  if (error instanceof ZodError) return 422;
  // The connection was cut while the request arrived: too slowly, or by the caller.
  if ((error as { code?: string }).code === "ECONNRESET") return 408;
  return (error as { statusCode?: number }).statusCode ?? 500;
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw notFound(what);
  return value;
}

function notFound(what: string): FactoryChainError {
  return new FactoryChainError("not-found", `There is no such ${what} here.`);
}

async function countMessages(db: Kysely<RelayerTables>): Promise<Record<string, number>> {
  const counts = { received: 0, counted: 0, duplicate: 0, refused: 0, waiting: 0, pending: 0 };
  const rows = await db
    .selectFrom("messages")
    .select((row) => ["status", row.fn.countAll<number>().as("count")])
    .groupBy("status")
    .execute();
  for (const { status, count } of rows) {
    counts[status] = Number(count);
    counts.received += Number(count);
  }
  return counts;
}

async function countOpen(db: Kysely<RelayerTables>): Promise<number> {
  const { count } = await db
    .selectFrom("batches")
    .select((row) => row.fn.countAll<number>().as("count"))
    .where("state", "!=", "done")
    .executeTakeFirstOrThrow();
  return Number(count);
}

function listMessages(db: Kysely<RelayerTables>, { after, limit, status }: z.infer<typeof pageSchema>) {
  const all = db
    .selectFrom("messages")
    .leftJoin("events", "events.id", "messages.event")
    .select([
      "messages.id as id",
      "messages.event_id as eventId",
      "messages.device as device",
      "messages.status as status",
      "messages.reason as reason",
      "messages.detail as detail",
      "events.order_id as order",
    ])
    .where("messages.id", ">", after)
    .orderBy("messages.id")
    .limit(limit);
  return (status === undefined ? all : all.where("messages.status", "=", status)).execute();
}
