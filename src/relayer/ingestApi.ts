import type { FastifyInstance, FastifyReply } from "fastify";
import type { Kysely } from "kysely";
import { z } from "zod";
import { FactoryChainError } from "../lib/errors.ts";
import type { Inbox, Receipt } from "./inbox.ts";
import { findSequence, listSequences } from "./sequences.ts";
import type { RelayerTables } from "./tables.ts";

/** What is larger than an event may be is refused with a reason up to here, and beyond without reading on. */
const BODY_LIMIT = 1024 * 1024;
/** RFC 7515 and RFC 9052. Which of them a message is, its first byte says. */
const CONTENT_TYPES = ["application/jose", "application/cose"];
const PAGE = 500;

const limit = z.coerce
  .number()
  .int()
  .positive()
  .default(PAGE)
  .transform((most) => Math.min(PAGE, most));
const refusedSchema = z.object({
  after: z.coerce.number().int().nonnegative().default(0),
  limit,
  device: z.string().max(66).toLowerCase().optional(),
  reason: z.string().max(40).optional(),
});
const gapsSchema = z.object({ after: z.string().max(66).toLowerCase().default(""), limit });

/** Routes by which events come without a broker, and by which operators see what came and what is missing. */
export function addIngestRoutes(p: {
  app: FastifyInstance;
  db: Kysely<RelayerTables>;
  inbox: Pick<Inbox, "receive">;
  /** @throws FactoryChainError while the chain is not followed yet */
  following: () => unknown;
}): void {
  const { app, db, inbox, following } = p;

  void app.register((scope, _options, done) => {
    // Of these types only: whatever else is sent is answered with 415.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      CONTENT_TYPES,
      { parseAs: "buffer", bodyLimit: BODY_LIMIT },
      (_request, body, parsed) => {
        parsed(null, body);
      },
    );
    scope.post("/v1/events", { bodyLimit: BODY_LIMIT }, async (request, reply) => {
      following();
      const payload = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      const source = `http:${request.ip}`;
      return answer(reply, await inbox.receive({ topic: null, payload, retained: false, source }));
    });
    done();
  });

  app.get("/v1/refused", async (request) => {
    const query = refusedSchema.parse(request.query);
    return listRefused(db, query);
  });

  app.get("/v1/refused/:id", async (request) => {
    const { id } = z.object({ id: z.coerce.number().int().positive() }).parse(request.params);
    const row = await refusedMessages(db).select(["payload", "encoding"]).where("id", "=", id).executeTakeFirst();
    if (!row) throw new FactoryChainError("not-found", `There is no such refused message here: ${String(id)}.`);
    return row;
  });

  app.get("/v1/gaps", async (request) => {
    const query = gapsSchema.parse(request.query);
    return listSequences({ db, ...query, incomplete: true });
  });

  app.get("/v1/devices/:id", async (request) => {
    const { id } = z
      .object({
        id: z
          .string()
          .regex(/^0x[0-9a-f]{64}$/i)
          .toLowerCase(),
      })
      .parse(request.params);
    return findDevice(db, id);
  });
}

function answer(reply: FastifyReply, receipt: Receipt): FastifyReply {
  const { status, reason, detail, fresh } = receipt;
  if (status !== "refused") {
    const code = status === "waiting" ? 202 : fresh ? 201 : 200;
    return reply.code(code).send({ status, reason, detail });
  }
  const code = reason === "too-large" ? 413 : 422;
  const type = `urn:factorychain:problem:event-${reason ?? "refused"}`;
  return reply
    .code(code)
    .type("application/problem+json")
    .send({ type, title: "event-refused", status: code, reason, detail });
}

function refusedMessages(db: Kysely<RelayerTables>) {
  return db
    .selectFrom("messages")
    .select(["id", "received", "source", "topic", "device", "event_id as eventId", "reason", "detail", "size"])
    .where("status", "=", "refused");
}

function listRefused(db: Kysely<RelayerTables>, query: z.infer<typeof refusedSchema>) {
  let rows = refusedMessages(db).where("id", ">", query.after);
  if (query.device !== undefined) rows = rows.where("device", "=", query.device);
  if (query.reason !== undefined) rows = rows.where("reason", "=", query.reason as never);
  return rows.orderBy("id").limit(query.limit).execute();
}

async function findDevice(db: Kysely<RelayerTables>, device: string) {
  const row = await db.selectFrom("chain_devices").selectAll().where("device", "=", device).executeTakeFirst();
  const sequence = await findSequence(db, device);
  const events = await db
    .selectFrom("events")
    .select((count) => ["status", count.fn.countAll<number>().as("count")])
    .where("device", "=", device)
    .groupBy("status")
    .execute();
  if (!row && events.length === 0)
    throw new FactoryChainError("not-found", `No device ${device} is registered, and none has sent an event here.`);
  const registered = row && {
    owner: row.owner,
    curve: row.curve,
    validFrom: row.valid_from,
    validUntil: row.valid_until,
    revoked: row.revoked_block !== null,
  };
  const counts = Object.fromEntries(events.map(({ status, count }) => [status, Number(count)]));
  return { device, registered: registered ?? null, events: counts, sequence: sequence ?? null };
}
