import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import type { Kysely } from "kysely";
import { z, ZodError } from "zod";
import type { BlockRef } from "../chain/transactions.ts";
import { describeError, FactoryChainError } from "../lib/errors.ts";
import type { Agreement } from "./agreement.ts";
import { decodeMessage } from "./encoding.ts";
import type { Inbox } from "./inbox.ts";
import { addIngestRoutes } from "./ingestApi.ts";
import { answerToJson, messagesSchema, shareSchema } from "./peers.ts";
import type { createSheets } from "./sheets.ts";
import type { RelayerTables } from "./tables.ts";

/** A request body holds a proposal with its events, or messages of 64 KiB each. */
const BODY_LIMIT = 8 * 1024 * 1024;
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
  "quota-full": 429,
  "inbox-full": 503,
  "not-operator": 403,
};

/** Seconds after which a caller may try again what was answered with 429 or 503. */
const RETRY_AFTER = 5;
/** Milliseconds for a request to arrive in full. */
const REQUEST_TIMEOUT = 30_000;

/** What a relayer answers over HTTP: to people and programs, and to its peers. */
export function createApi({
  db,
  address,
  head,
  inbox,
  agreement,
  sheets,
  requestTimeout = REQUEST_TIMEOUT,
}: {
  db: Kysely<RelayerTables>;
  address: string;
  /** The newest block that was followed; null before the first. */
  head: () => BlockRef | null;
  inbox: Pick<Inbox, "learn" | "receive">;
  agreement: Pick<Agreement, "receive" | "addShare">;
  sheets: Pick<ReturnType<typeof createSheets>, "announce" | "find">;
  /** Milliseconds; who sends more slowly is cut off. */
  requestTimeout?: number;
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
    return { relayer: address, head: { number, time }, messages: await countMessages(db), open: await countOpen(db) };
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

  app.post("/v1/peer/messages", async (request) => {
    following();
    const { messages } = messagesSchema.parse(request.body);
    await inbox.learn(messages.map(decodeMessage));
    return { taken: messages.length };
  });

  app.post("/v1/peer/proposals", async (request) => answerToJson(await agreement.receive(request.body, following())));

  app.post("/v1/peer/shares", async (request) => {
    await agreement.addShare(shareSchema.parse(request.body));
    return {};
  });

  app.get("/v1/peer/roots/:root", async (request) => {
    const { root } = request.params as { root: string };
    const events = await db
      .selectFrom("root_events")
      .select(["device", "event_id as eventId", "content", "quantity"])
      .where("root", "=", root.toLowerCase())
      .execute();
    return { events: found(events.length > 0 ? events : undefined, `root ${root}`) };
  });

  addIngestRoutes({ app, db, inbox, following });

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
  return app;
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
