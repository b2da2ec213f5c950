import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { createBackground } from "../lib/background.ts";
import type { Answer } from "./agreement.ts";
import { proposalToJson, reportEventSchema } from "./batch.ts";
import type { EventKey, Proposal } from "./batch.ts";
import { encodeMessage, hash } from "./encoding.ts";
import type { EncodedMessage } from "./encoding.ts";
import type { Log } from "./log.ts";
import type { Peer } from "./peerBook.ts";
import type { Suspects } from "./suspects.ts";

/** Messages in one request, and how many may stand in line for one peer: what is dropped is offered again later. */
const PUSH_MAX = 500;
/** Characters of messages in one request, well below what a peer takes: one message may have 87,000. */
const PUSH_SIZE = 4 * 1024 * 1024;
const LINE_MAX = 5_000;

/** Milliseconds in which messages gather before they are handed on: most reach the peer by themselves meanwhile. */
const GATHER = 100;

/** Bytes of an answer: a page of events, or the events behind roots. */
const ANSWER_MAX = 16 * 1024 * 1024;

/** Milliseconds until a peer that does not answer is left alone for this time. */
const TIMEOUT = 3_000;

export type Peers = ReturnType<typeof createPeers>;

const encoded = z.strictObject({ payload: z.string().max(100_000), encoding: z.enum(["utf8", "base64url"]) });

/** Messages that one peer hands to another. */
export const messagesSchema = z.strictObject({ messages: z.array(encoded).max(500) });

/** Which of the messages that were handed over a peer does not keep, by their places. */
const takenSchema = z.object({ left: z.array(z.number()).max(500).default([]) });

/** A signature over a batch's digest. */
export const shareSchema = z.strictObject({
  digest: hash,
  signature: z.string().regex(/^0x([0-9a-fA-F]{128}|[0-9a-fA-F]{130})$/),
});

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
  peers,
  suspects,
  log,
  fetch = globalThis.fetch,
  gather = GATHER,
  shared = () => {},
}: {
  peers: readonly Peer[];
  suspects: Suspects;
  log: Log;
  fetch?: typeof globalThis.fetch;
  /** Milliseconds in which messages gather before they are handed on. */
  gather?: number;
  /** Told when a peer has answered to a signature of ours. */
  shared?: () => void;
}) {
  const nameOf = ({ account, url }: Peer): string => account ?? url;
  const open = new Set<AbortController>();
  const calls = createBackground();
  let stopped = false;

  function call(peer: Peer, path: string, body?: string): Promise<unknown> {
    const answer = stopped ? Promise.resolve(undefined) : exchange(peer, path, body);
    calls.add(answer, () => undefined);
    return answer;
  }

  async function exchange(peer: Peer, path: string, body?: string): Promise<unknown> {
    const member = nameOf(peer);
    const ending = new AbortController();
    const late = setTimeout(() => ending.abort(new Error(`no answer within ${TIMEOUT / 1000} s`)), TIMEOUT);
    open.add(ending);
    try {
      const response = await fetch(new URL(path, peer.url), {
        method: body === undefined ? "GET" : "POST",
        ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
        // A peer is asked where it was configured to be, and nowhere else.
        redirect: "error",
        signal: ending.signal,
      });
      const text = await readWhole(response);
      suspects.clear({ member, kind: "unreachable" });
      return response.ok ? (JSON.parse(text) as unknown) : undefined;
    } catch (error) {
      if (stopped) return undefined;
      const { message, cause } = error as Error;
      const detail = cause instanceof Error ? `${message}: ${cause.message}` : message;
      log.info({ peer: peer.url, path, error: detail }, "a peer did not answer");
      suspects.note({ member, kind: "unreachable", detail: `${path}: ${detail}` });
      return undefined;
    } finally {
      clearTimeout(late);
      open.delete(ending);
    }
  }

  /** Asks one peer after the other until an answer is good: one that lies keeps nobody from the others' truth. */
  async function ask<T>(path: string, schema: z.ZodType<T>, isGood: (answer: T) => Promise<boolean>): Promise<boolean> {
    for (const peer of peers) {
      const answer = schema.safeParse(await call(peer, path));
      if (answer.success && (await isGood(answer.data))) return true;
    }
    return false;
  }

  /** What was just admitted, in line for one peer: for a moment, and while a request is under way, the next one grows. */
  function createLine(peer: Peer): (messages: readonly EncodedMessage[]) => void {
    const line: EncodedMessage[] = [];
    let busy = false;
    async function drain(): Promise<void> {
      busy = true;
      while (line.length > 0) {
        if (gather > 0) await pause(gather, undefined, { ref: false });
        await supply(peer, line.splice(0, PUSH_MAX));
      }
      busy = false;
    }
    return (messages) => {
      if (line.length + messages.length <= LINE_MAX) line.push(...messages);
      if (!busy) void drain();
    };
  }

  /** @returns the places of the messages that the peer holds now */
  async function supply(peer: Peer, messages: readonly EncodedMessage[]): Promise<Set<number>> {
    const held = new Set<number>();
    let start = 0;
    for (const part of portions(messages)) {
      const answer = takenSchema.safeParse(await call(peer, "/v1/peer/messages", JSON.stringify({ messages: part })));
      const left = new Set(answer.data?.left);
      if (answer.success) part.forEach((_, i) => left.has(i) || held.add(start + i));
      start += part.length;
    }
    return held;
  }

  const lines = peers.map(createLine);

  return {
    /** Hands on what was just admitted, to each peer as fast as it takes it. */
    spread(messages: readonly EncodedMessage[]): void {
      for (const line of lines) line(messages);
    },

    /** Hands messages to all peers. @returns URLs of the peers that hold each */
    async push(messages: readonly EncodedMessage[]): Promise<string[][]> {
      if (messages.length === 0) return [];
      const taken = await Promise.all(peers.map((peer) => supply(peer, messages)));
      return messages.map((_, i) => peers.filter((_, j) => taken[j]?.has(i)).map(({ url }) => url));
    },

    /** Puts a proposal to all peers; each answer is given to `answered` as it comes. */
    propose(proposal: Proposal, answered: (peer: Peer, answer: z.infer<typeof answerSchema>) => void): void {
      const body = proposalToJson(proposal);
      for (const peer of peers) {
        void call(peer, "/v1/peer/proposals", body).then((value) => {
          shared();
          const answer = answerSchema.safeParse(value);
          if (answer.success) answered(peer, answer.data);
        });
      }
    },

    /** Tells all peers of a signature. */
    share(share: z.infer<typeof shareSchema>): void {
      for (const peer of peers) void call(peer, "/v1/peer/shares", JSON.stringify(share)).then(shared);
    },

    /** Hands one peer what it misses. */
    supply,

    /** Looks for the events behind a root. @returns whether a peer's answer was good */
    root: (root: string, isGood: (answer: z.infer<typeof rootSchema>) => Promise<boolean>) =>
      ask(`/v1/peer/roots/${root}`, rootSchema, isGood),

    /** Looks for an order's document. @returns whether a peer's answer was good */
    order: (id: string, isGood: (document: unknown) => Promise<boolean>) =>
      ask(`/v1/peer/orders/${id}`, z.unknown(), isGood),

    /** One request to one peer. @returns its answer; null: none, or none that can be read */
    async request<T>(peer: Peer, path: string, schema: z.ZodType<T>, body?: object): Promise<T | null> {
      const answer = schema.safeParse(await call(peer, path, body && JSON.stringify(body)));
      return answer.success ? answer.data : null;
    },

    /** Gives up what is under way, and asks nothing more. Resolves when nobody waits for an answer any more. */
    async stop(): Promise<void> {
      stopped = true;
      for (const ending of open) ending.abort();
      await calls.ended();
    },

    nameOf,
    list: peers,
  };
}

/** An answer's text. @throws when it is longer than any good one */
async function readWhole(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  if (response.body) {
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      size += part.byteLength;
      if (size > ANSWER_MAX) throw new Error("the answer is too long");
      parts.push(part);
    }
  }
  return Buffer.concat(parts).toString("utf8");
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
