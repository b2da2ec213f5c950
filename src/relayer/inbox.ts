import type { Kysely } from "kysely";
import type { Verifier } from "../formats/ecdsa.ts";
import { noCrashpoint } from "../lib/crashpoint.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import { describeError, FactoryChainError } from "../lib/errors.ts";
import type { RetryableError } from "../lib/errors.ts";
import { admitAll, heldOf, keysOf, verifyAll } from "./admission.ts";
import type { Entry, Receipt } from "./admission.ts";
import { decodeMessage } from "./encoding.ts";
import { createGroupCommit } from "./groupCommit.ts";
import type { GroupLimits } from "./groupCommit.ts";
import { createNativeVerifier } from "./nativeVerifier.ts";
import { cut, openMessage } from "./openMessage.ts";
import type { Message, Opened } from "./openMessage.ts";
import { isQuotaFull } from "./quotas.ts";
import type { Quotas } from "./quotas.ts";
import { createRecentMessages } from "./recentMessages.ts";
import { bringsNew } from "./signatureStore.ts";
import { refused } from "./status.ts";
import type { RelayerTables } from "./tables.ts";

export type { Message } from "./openMessage.ts";
export type { Receipt } from "./admission.ts";

/** Milliseconds after which nobody knows any more whether a store that failed still does. */
const REMEMBERED = 15_000;

export type Inbox = ReturnType<typeof createInbox>;

/**
 * Takes in what devices sent: `receive` from a transport, `learn` from peers. When the promise resolves, the message is
 * durable and may be acknowledged; when it rejects, it must not be. `admitted` is told of each event seen for the first
 * time. Messages that come while a commit is under way share the next one.
 */
export function createInbox({
  db,
  clock,
  head,
  quotas = { unregistered: 1_000, device: 10_000 },
  verifier = createNativeVerifier(),
  limits,
  quiet,
  admitted,
  stored = () => Promise.resolve(),
  crashpoint = noCrashpoint,
}: {
  db: Kysely<RelayerTables>;
  /** Seconds since 1970; only for the record, never for a verdict. */
  clock: () => number;
  /** Number of the newest block that was followed. */
  head: () => number;
  quotas?: Quotas;
  verifier?: Verifier;
  limits?: GroupLimits;
  /** Milliseconds in which nothing comes, after which what came is committed. */
  quiet?: number;
  admitted: (messages: Uint8Array[]) => void;
  /** Told, after each commit, how many messages it keeps that no event needs; the next commit waits for it. */
  stored?: (spare: number) => Promise<void>;
  crashpoint?: Crashpoint;
}) {
  let trouble: { text: string; at: number } | null = null;
  /** What is held here for certain: most of what peers hand over came by itself just before. */
  const lately = createRecentMessages();
  const group = createGroupCommit<Entry, Receipt>({
    commit,
    sizeOf: ({ payload }) => payload.length,
    ...(limits ? { limits } : {}),
    ...(quiet === undefined ? {} : { quiet }),
  });

  async function commit(entries: readonly Entry[]): Promise<readonly (Receipt | Error)[]> {
    try {
      const receipts = await write(entries);
      trouble = null;
      return receipts;
    } catch (error) {
      if (error instanceof FactoryChainError && error.code.startsWith("store-"))
        trouble = { text: describeError(error), at: performance.now() };
      throw error;
    }
  }

  async function write(entries: readonly Entry[]): Promise<readonly (Receipt | Error)[]> {
    await verifyAll({ db, entries, head: head(), verifier });
    const receipts = await admitTogether(entries);
    crashpoint("committed");
    const news = entries.filter((_, index) => isNews(receipts[index]));
    for (const { payload } of news) lately.add(payload);
    const handedOn = news.filter(({ handOn }) => handOn !== false);
    if (handedOn.length > 0) admitted(handedOn.map(({ payload }) => payload));
    await stored(receipts.filter((receipt) => !(receipt instanceof Error) && !receipt.fresh).length);
    return receipts;
  }

  /** In one transaction; a message that cannot be written at all fails alone. */
  async function admitTogether(entries: readonly Entry[]): Promise<readonly (Receipt | Error)[]> {
    try {
      const rest = { head: head(), now: clock(), quotas, verifier };
      return await db.transaction().execute(async (tx) => {
        const receipts = await admitAll({ tx, entries, ...rest });
        crashpoint("committing");
        return receipts;
      });
    } catch (error) {
      // What the store says of itself is true of each of them.
      if (error instanceof FactoryChainError) throw error;
      if (entries.length === 1) return [error instanceof Error ? error : new Error(String(error))];
      const receipts: (Receipt | Error)[] = [];
      for (const entry of entries) receipts.push(...(await admitTogether([entry])));
      return receipts;
    }
  }

  /** @throws RetryableError `quota-full`, `inbox-full`, and what the store says */
  async function receive(message: Message): Promise<Receipt> {
    const opened = openMessage(message);
    const payload = "status" in opened ? cut(message.payload) : message.payload;
    return group.add({ payload, opened, listed: listedAs(message) });
  }

  /** Keeps a message as refused for which there is no room, or which cannot be read in: it may come again. */
  async function turnAway(message: Message): Promise<void> {
    const opened = openMessage(message);
    const claim = "status" in opened ? opened : { device: opened.envelope.device, eventId: opened.event.eventId };
    const verdict = refused("quota", "There was no room for it. Its event may be sent again, and is looked at anew.");
    await group.add({ payload: cut(message.payload), opened: { ...claim, ...verdict }, listed: listedAs(message) });
  }

  /**
   * Takes in what a peer holds; what is no good event of a registered device is left alone. One full quota rejects the
   * whole, but stops nothing.
   *
   * @param options.handOn whether the other peers are told of what is new
   * @returns places of the messages that are not held here now
   */
  async function learn(messages: readonly Uint8Array[], { handOn } = { handOn: true }): Promise<number[]> {
    const unsure = [...messages.entries()].filter(([, payload]) => !lately.has(payload));
    const opened = unsure.flatMap(([place, payload]) => {
      const one = openMessage({ topic: null, payload, retained: false });
      return "status" in one ? [] : [{ payload, opened: one, place }];
    });
    let full: RetryableError | undefined;
    const take = (entry: Entry) =>
      group.add(entry).catch((error: unknown) => {
        if (!isQuotaFull(error)) throw error;
        full = error;
      });
    await Promise.all(
      (await newOf(opened)).map((entry) =>
        take({ payload: entry.payload, opened: entry.opened, listed: null, handOn }),
      ),
    );
    if (full) throw full;
    const held = await heldAmong(opened);
    for (const { payload } of held) lately.add(payload);
    const places = new Set(held.map(({ place }) => place));
    return unsure.flatMap(([place]) => (places.has(place) ? [] : [place]));
  }

  /** Of these messages, those whose events are held here. */
  async function heldAmong<T extends { opened: Opened }>(messages: readonly T[]): Promise<T[]> {
    const rows = await heldOf(
      db,
      messages.map(({ opened }) => opened),
    );
    const keys = new Set(rows.map(({ device, event_id, kind, content }) => [device, event_id, kind, content].join()));
    return messages.filter(({ opened: { envelope, event } }) =>
      keys.has([envelope.device, event.eventId, event.kind, event.contentHash].join()),
    );
  }

  /** Peers send most events more than once: their signatures are checked once. */
  async function newOf<T extends { opened: Opened }>(messages: readonly T[]): Promise<T[]> {
    const opened = messages.map((message) => message.opened);
    const keys = await keysOf({ db, devices: opened.map(({ envelope }) => envelope.device), head: head() });
    const held = new Map<string, Awaited<ReturnType<typeof heldOf>>[number]>();
    for (const row of await heldOf(db, opened)) held.set([row.device, row.kind, row.content].join(), row);
    const news: T[] = [];
    for (const message of messages) {
      const { envelope, event } = message.opened;
      if (!keys.has(envelope.device)) continue;
      const row = held.get([envelope.device, event.kind, event.contentHash].join());
      if (!row || (await bringsNew(db, row, event))) news.push(message);
    }
    return news;
  }

  /** Looks again at messages whose device was registered since they came; those above its quota wait on. */
  async function reconsider(): Promise<void> {
    const rows = await db
      .selectFrom("messages")
      .innerJoin("chain_devices", "chain_devices.device", "messages.device")
      .selectAll("messages")
      .where("status", "=", "waiting")
      .where("event", "is", null)
      .orderBy("id")
      .execute();
    const look = async ({ id, topic, source, ...row }: (typeof rows)[number]): Promise<void> => {
      const payload = decodeMessage(row);
      const opened = openMessage({ topic: null, payload, retained: false });
      if ("status" in opened) return;
      await group.add({ payload, opened, listed: { topic, source }, row: id }).catch((error: unknown) => {
        if (!(error instanceof FactoryChainError) || !["quota-full", "inbox-full"].includes(error.code)) throw error;
      });
    };
    await Promise.all(rows.map(look));
  }

  return {
    receive,
    turnAway,
    learn,
    reconsider,
    bytes: group.bytes,
    /** Resolves when nothing waits for its commit any more. */
    ended: group.ended,
    /** What the store said when messages could not be written, not long ago and never since; null: nothing. */
    trouble: (): string | null =>
      trouble !== null && performance.now() - trouble.at < REMEMBERED ? trouble.text : null,
  };
}

function listedAs({ topic, source }: Message): { topic: string; source: string } {
  const from = source ?? `topic:${topic ?? ""}`;
  return { topic: topic ?? "", source: from };
}

function isNews(receipt: Receipt | Error | undefined): boolean {
  return receipt !== undefined && !(receipt instanceof Error) && (receipt.fresh || receipt.renewed);
}
