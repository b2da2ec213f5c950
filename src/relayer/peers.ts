import { z } from "zod";
import { withoutCredentials } from "../lib/errors.ts";
import type { Answer } from "./agreement.ts";
import { proposalToJson, reportEventSchema } from "./batch.ts";
import type { EventKey, Proposal } from "./batch.ts";
import { encodeMessage } from "./encoding.ts";
import type { EncodedMessage } from "./encoding.ts";
import type { Log } from "./log.ts";

/** Messages in one request, and how many may stand in line for one peer: what is dropped is offered again later. */
const PUSH_MAX = 500;
/** Characters of messages in one request, well below what a peer takes: one message may have 87,000. */
const PUSH_SIZE = 4 * 1024 * 1024;
const LINE_MAX = 5_000;

/** Milliseconds until a peer that does not answer is left alone for this time. */
const TIMEOUT = 3_000;

export type Peers = ReturnType<typeof createPeers>;

const encoded = z.strictObject({ payload: z.string().max(100_000), encoding: z.enum(["utf8", "base64url"]) });

/** Messages that one peer hands to another. */
export const messagesSchema = z.strictObject({ messages: z.array(encoded).max(500) });

/** A signature over a batch's digest. */
export const shareSchema = z.strictObject({ digest: z.string().max(66), signature: z.string().max(200) });

const answerSchema = z.union([
  z.object({ decision: z.literal("sign"), signature: z.string().max(200) }),
  z.object({
    decision: z.literal("wait"),
    reason: z.string(),
    missing: z.array(z.object({ device: z.string(), eventId: z.string() })).max(10_000),
  }),
  z.object({
    decision: z.literal("refuse"),
    reason: z.string(),
    evidence: z.array(encoded).max(10),
    objections: z
      .array(z.object({ order: z.string(), line: z.number(), reason: z.string() }))
      .max(500)
      .default([]),
  }),
]);

/** The events behind a root, as a peer says. In the one form of their ids: they are compared as text. */
const rootSchema = z.object({ events: z.array(reportEventSchema).max(10_000) });

/** What goes over the wire for an answer. */
export function answerToJson(answer: Answer): object {
  return answer.decision === "refuse" ? { ...answer, evidence: answer.evidence.map(encodeMessage) } : answer;
}

/**
 * The other relayers, reached over HTTP. Nothing here retries: what got lost is offered again at a later block.
 */
export function createPeers({
  urls,
  log,
  fetch = globalThis.fetch,
}: {
  urls: readonly string[];
  log: Log;
  fetch?: typeof globalThis.fetch;
}) {
  async function call(url: string, path: string, body?: string): Promise<unknown> {
    try {
      const response = await fetch(new URL(path, url), {
        method: body === undefined ? "GET" : "POST",
        headers: { "content-type": "application/json" },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(TIMEOUT),
      });
      return response.ok ? await response.json() : undefined;
    } catch (error) {
      log.warn({ peer: withoutCredentials(url), path, error: String(error) }, "a peer did not answer");
      return undefined;
    }
  }

  /** Asks one peer after the other until an answer is good: one that lies keeps nobody from the others' truth. */
  async function ask<T>(path: string, schema: z.ZodType<T>, isGood: (answer: T) => Promise<boolean>): Promise<boolean> {
    for (const url of urls) {
      const answer = schema.safeParse(await call(url, path));
      if (answer.success && (await isGood(answer.data))) return true;
    }
    return false;
  }

  /** What was just admitted, in line for one peer: while a request is under way, the next one grows. */
  function createLine(url: string): (messages: readonly EncodedMessage[]) => void {
    const line: EncodedMessage[] = [];
    let busy = false;
    async function drain(): Promise<void> {
      busy = true;
      while (line.length > 0) await supply(url, line.splice(0, PUSH_MAX));
      busy = false;
    }
    return (messages) => {
      if (line.length + messages.length <= LINE_MAX) line.push(...messages);
      if (!busy) void drain();
    };
  }

  /** @returns whether the peer took them all */
  async function supply(url: string, messages: readonly EncodedMessage[]): Promise<boolean> {
    let all = true;
    for (const part of portions(messages)) {
      const answer = await call(url, "/v1/peer/messages", JSON.stringify({ messages: part }));
      all &&= answer !== undefined;
    }
    return all;
  }

  const lines = urls.map(createLine);

  return {
    /** Hands on what was just admitted, to each peer as fast as it takes it. */
    spread(messages: readonly EncodedMessage[]): void {
      for (const line of lines) line(messages);
    },

    /** Hands messages to all peers. @returns the peers that took them */
    async push(messages: readonly EncodedMessage[]): Promise<string[]> {
      if (messages.length === 0) return [];
      const taken = await Promise.all(urls.map(async (url) => ((await supply(url, messages)) ? url : null)));
      return taken.filter((url) => url !== null);
    },

    /** Puts a proposal to all peers; each answer is given to `answered` as it comes. */
    propose(proposal: Proposal, answered: (url: string, answer: z.infer<typeof answerSchema>) => void): void {
      const body = proposalToJson(proposal);
      for (const url of urls) {
        void call(url, "/v1/peer/proposals", body).then((value) => {
          const answer = answerSchema.safeParse(value);
          if (answer.success) answered(url, answer.data);
        });
      }
    },

    /** Tells all peers of a signature. */
    share(share: z.infer<typeof shareSchema>): void {
      for (const url of urls) void call(url, "/v1/peer/shares", JSON.stringify(share));
    },

    /** Hands one peer what it misses. */
    supply,

    /** Looks for the events behind a root. @returns whether a peer's answer was good */
    root: (root: string, isGood: (answer: z.infer<typeof rootSchema>) => Promise<boolean>) =>
      ask(`/v1/peer/roots/${root}`, rootSchema, isGood),

    /** Looks for an order's document. @returns whether a peer's answer was good */
    order: (id: string, isGood: (document: unknown) => Promise<boolean>) =>
      ask(`/v1/orders/${id}`, z.unknown(), isGood),

    count: urls.length,
  };
}

/** Messages in as many requests as they need. */
function portions(messages: readonly EncodedMessage[]): EncodedMessage[][] {
  const parts: EncodedMessage[][] = [];
  let size = 0;
  for (const message of messages) {
    const part = parts.at(-1);
    size += message.payload.length;
    if (part && part.length < PUSH_MAX && size <= PUSH_SIZE) part.push(message);
    else {
      parts.push([message]);
      size = message.payload.length;
    }
  }
  return parts;
}

export type { EventKey };
