import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { z } from "zod";
import type { BlockRef } from "../chain/transactions.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { Agreement } from "./agreement.ts";
import type { BatchStore } from "./batchStore.ts";
import { batchOf } from "./heard.ts";
import type { createInbox } from "./inbox.ts";
import type { Limiter } from "./limits.ts";
import { account, decodeMessage, hash } from "./encoding.ts";
import { answerToJson, messagesSchema, shareSchema } from "./peers.ts";
import { BODY_LIMIT } from "./peerServer.ts";
import type { Identify } from "./peerServer.ts";
import { newestOf, pageOfEvents, pageSchema, rootsSchema } from "./recoveryPages.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";

/** What a relayer answers to its peers, on the server that only they get into, or on the one of this machine. */
export function addPeerApi(
  app: FastifyInstance,
  {
    db,
    following,
    recovering,
    inbox,
    agreement,
    batches,
    suspects,
    identify,
    limiter,
  }: {
    db: Kysely<RelayerTables>;
    /** The newest block that was followed. @throws FactoryChainError `relayer-starting` */
    following: () => BlockRef;
    /** Whether this relayer itself has yet to learn what it lost. */
    recovering: () => boolean;
    inbox: Pick<ReturnType<typeof createInbox>, "learn">;
    agreement: Pick<Agreement, "receive">;
    batches: Pick<BatchStore, "addShare">;
    suspects: Suspects;
    /** Absent: whoever reaches the server is a peer. */
    identify?: Identify | undefined;
    limiter?: Limiter | undefined;
  },
): void {
  const senders = new WeakMap<FastifyRequest, string | null>();
  const fromOf = (request: FastifyRequest): string | null => senders.get(request) ?? null;

  function enter(request: FastifyRequest): void {
    if (!request.url.startsWith("/v1/peer/")) return;
    const from = identify ? identify(request) : null;
    if (identify && from === null) {
      throw new FactoryChainError("peer-unknown", "The certificate is none of a configured peer.", {
        expected: "a certificate of a trusted CA that names the account of a member",
        advice: "Add the member to FACTORYCHAIN_PEERS of this relayer, or renew its certificate.",
      });
    }
    senders.set(request, from);
    const size = Number(request.headers["content-length"] ?? (request.method === "GET" ? 0 : BODY_LIMIT));
    if (from === null || !limiter || limiter.admit(from, size)) return;
    suspects.note({ member: from, kind: "flood", detail: `more than it may send: ${request.url}` });
    throw new FactoryChainError("peer-limit", "A peer sends more than it may.", { advice: "Send it later." });
  }

  app.addHook("onRequest", (request, _reply, done) => {
    try {
      enter(request);
      done();
    } catch (error) {
      done(error as Error);
    }
  });

  app.addHook("onSend", (request, _reply, payload, done) => {
    const from = fromOf(request);
    if (from !== null && typeof payload === "string") limiter?.charge(from, Buffer.byteLength(payload));
    done(null, payload);
  });

  app.post("/v1/peer/messages", async (request) => {
    following();
    const { messages } = messagesSchema.parse(request.body);
    const left = await inbox.learn(messages.map(decodeMessage));
    return { taken: messages.length - left.length, left };
  });

  app.post("/v1/peer/proposals", async (request) =>
    answerToJson(await agreement.receive(request.body, following(), fromOf(request))),
  );

  app.post("/v1/peer/shares", async (request) => {
    const good = await batches.addShare({ ...shareSchema.parse(request.body), from: fromOf(request) });
    if (good) return {};
    throw new FactoryChainError("share-invalid", "The signature is no live member's on this batch.", {
      expected: "the EIP-712 digest of the batch, signed by a member of its group as it is now",
      advice: "See whether both relayers follow the same chain and group.",
    });
  });

  app.get("/v1/peer/batches/:digest", async (request) => {
    const { digest } = z.object({ digest: hash }).parse(request.params);
    const batch = await batchOf(db, digest);
    if (batch === undefined) throw new FactoryChainError("not-found", `There is no such batch ${digest} here.`);
    return { batch };
  });

  app.get("/v1/peer/roots/:root", async (request) => {
    const { root } = z.object({ root: hash }).parse(request.params);
    const events = await eventsOf(root);
    if (events.length === 0) throw new FactoryChainError("not-found", `There is no such root ${root} here.`);
    return { events };
  });

  app.post("/v1/peer/roots", async (request) => {
    const { roots } = rootsSchema.parse(request.body);
    const found: { root: string; events: Awaited<ReturnType<typeof eventsOf>> }[] = [];
    let room = 20_000;
    for (const root of new Set(roots)) {
      if (room <= 0) break;
      const events = await eventsOf(root);
      if (events.length > 0) found.push({ root, events });
      room -= events.length;
    }
    return { roots: found };
  });

  app.get("/v1/peer/events", async (request) => {
    const { after } = pageSchema.parse(request.query);
    return { ...(await pageOfEvents(db, after)), recovering: recovering() };
  });

  app.get("/v1/peer/newest/:member", async (request) => {
    const { member } = z.object({ member: account }).parse(request.params);
    return { newest: await newestOf(db, member) };
  });

  function eventsOf(root: string) {
    return db
      .selectFrom("root_events")
      .select(["device", "event_id as eventId", "content", "quantity"])
      .where("root", "=", root)
      .execute();
  }
}
