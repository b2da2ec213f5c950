import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { z } from "zod";
import { FactoryChainError } from "../lib/errors.ts";
import { reopenEvents } from "./chainRows.ts";
import type { RelayerTables } from "./tables.ts";

/** Reasons to refuse that a change on the chain, or a new version, may take away. */
export const PASSING = ["after-expiry", "order-closed", "device-validity", "unknown-item", "order-reference"] as const;

const retrySchema = z.strictObject({
  /** Of messages; without them, all that wait or may pass. */
  messages: z.array(z.int().positive()).max(10_000).optional(),
});

/**
 * What only the operator may ask of a relayer: with the token as `Authorization: Bearer`, or, where there is none, from
 * this machine and through no proxy.
 *
 * @param token null: only this machine
 */
export function addOperatorApi({
  app,
  db,
  token,
}: {
  app: FastifyInstance;
  db: Kysely<RelayerTables>;
  token: string | null;
}): void {
  app.post("/v1/operator/retry", async (request) => {
    if (!isOperator(request, token)) throw notOperator(token);
    return { events: await retryEvents({ db, ...retrySchema.parse(request.body ?? {}) }) };
  });
}

/**
 * Lets events that wait, or were refused for a reason that may have passed, be judged again with the next block. The
 * verdict is what it always is: a function of the event and the chain.
 *
 * @returns how many events
 */
export async function retryEvents(p: { db: Kysely<RelayerTables>; messages?: number[] | undefined }): Promise<number> {
  const chosen = p.messages;
  return p.db.transaction().execute(async (tx) => {
    let query = tx
      .selectFrom("events")
      .select("id")
      .where((event) =>
        event.or([
          event("status", "=", "waiting"),
          event.and([event("status", "=", "refused"), event("reason", "in", PASSING)]),
        ]),
      );
    if (chosen !== undefined) {
      const named = tx.selectFrom("messages").select("event").where("id", "in", chosen).where("event", "is not", null);
      query = query.where("id", "in", named.$castTo<{ event: number }>());
    }
    const ids = (await query.execute()).map(({ id }) => id);
    for (let i = 0; i < ids.length; i += 500) {
      const part = ids.slice(i, i + 500);
      await reopenEvents(tx, (event) => event("id", "in", part));
    }
    return ids.length;
  });
}

function isOperator(request: FastifyRequest, token: string | null): boolean {
  if (token !== null) {
    const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1] ?? "";
    return timingSafeEqual(digest(given), digest(token));
  }
  // A browser says where its page is from, a proxy for whom it asks: neither is the operator.
  const { origin, forwarded } = request.headers;
  const through = origin ?? forwarded ?? request.headers["x-forwarded-for"] ?? request.headers["x-real-ip"];
  return through === undefined && isLoopback(request.ip);
}

function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:/, "");
  return plain === "::1" || (isIP(plain) === 4 && plain.startsWith("127."));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function notOperator(token: string | null): FactoryChainError {
  return new FactoryChainError("not-operator", "Only the relayer's operator may ask for that.", {
    expected: token === null ? "a request from the relayer's own machine" : "the operator's token",
    advice:
      token === null
        ? "Run the command there, or give the relayer an operatorTokenFile."
        : "Name the file with the token: --token-file FILE.",
  });
}
