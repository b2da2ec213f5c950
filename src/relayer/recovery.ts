import type { Kysely, Transaction } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { noCrashpoint } from "../lib/crashpoint.ts";
import type { Crashpoint } from "../lib/crashpoint.ts";
import type { Background } from "../lib/background.ts";
import { describeError } from "../lib/errors.ts";
import { batchFromJson, digestOf, eventsRoot } from "./batch.ts";
import { decodeMessage } from "./encoding.ts";
import { groupsAt } from "./groups.ts";
import type { Log } from "./log.ts";
import type { Peer } from "./peerBook.ts";
import type { Peers } from "./peers.ts";
import { isQuotaFull } from "./quotas.ts";
import { recover } from "./recover.ts";
import { eventPageSchema, newestSchema, newestSigned, openedRootsSchema } from "./recoveryPages.ts";
import { keepRoots } from "./roots.ts";
import type { RelayerTables } from "./tables.ts";
import { createView } from "./view.ts";

/** Blocks by which the nodes of this relayer may lag behind the chain. */
const LAG = 2;
/** Pages of one peer, and requests for roots, in one round: a round ends, and the next one goes on where it was. */
const PAGES = 20;
const ROOTS = 100;

/** What this relayer may sign. */
export interface Standing {
  /** Why nothing may be signed at a block; undefined: nothing is against it. For good: no waiting helps. */
  against(block: number): { reason: string; forGood: boolean } | undefined;
  /** Somebody showed this relayer's own signature, which its store does not know. */
  forgotten(block: number): Promise<void>;
}

/** Where a relayer stands since its start, as its status shows it. */
export interface RecoveryState {
  /** starting: no head yet; asking: peers are asked what it signed last; recovering: it takes in what it lost. */
  phase: "starting" | "asking" | "recovering" | "ready";
  /** It signs only for blocks above this one. */
  floor: number | null;
  /** Peers that answered all, of those that must. */
  peers: { answered: number; needed: number };
}

export type Recovery = ReturnType<typeof createRecovery>;

/**
 * What a relayer does before it signs (relayer-agreement.md, rule 12). After every start it signs only for blocks above
 * the head and its nodes' possible lag, and asks k - 1 peers what it signed last. If they know more than its store does, or
 * if the store is new although this member could have signed before, then it first takes in from k - 1 peers their events
 * and corrections, and the events behind all confirmed roots; only then does it sign again.
 *
 * @param highest the highest head that any node reports
 */
export function createRecovery({
  db,
  chainId,
  address,
  peers,
  learn,
  highest = (head) => Promise.resolve(head.number),
  lag = LAG,
  background,
  crashpoint = noCrashpoint,
  log,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  address: string;
  peers: Peers;
  /** Takes in messages without handing them on. */
  learn: (messages: Uint8Array[]) => Promise<unknown>;
  highest?: (head: BlockRef) => Promise<number>;
  lag?: number;
  background: Background;
  crashpoint?: Crashpoint;
  log: Log;
}) {
  let phase: RecoveryState["phase"] = "starting";
  let floor: number | null = null;
  let needed = 0;
  /** Peers that answered all; that are being asked; that gave all and are themselves recovering. */
  const answered = new Set<string>();
  const asked = new Set<string>();
  const empty = new Set<string>();
  /** Peers that handed out the events behind all roots that they can. */
  const searched = new Set<string>();

  async function readState(tx: Kysely<RelayerTables> = db): Promise<string | undefined> {
    const row = await tx.selectFrom("recovery").select("value").where("name", "=", "store").executeTakeFirst();
    return row?.value;
  }

  async function writeState(value: "new" | "lost" | "whole", tx: Kysely<RelayerTables> = db): Promise<void> {
    await tx
      .insertInto("recovery")
      .values({ name: "store", value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
      .execute();
  }

  async function lose(why: string, fields: object): Promise<void> {
    await writeState("lost");
    answered.clear();
    empty.clear();
    searched.clear();
    phase = "recovering";
    log.error(fields, `${why}: this relayer signs nothing until it has taken in what its peers hold`);
  }

  /** Peers are asked each for itself, so that one that does not answer holds up nothing. */
  function each(work: (peer: Peer) => Promise<void>): void {
    for (const peer of peers.list) {
      if (asked.has(peer.url)) continue;
      asked.add(peer.url);
      behind(
        work(peer).finally(() => {
          asked.delete(peer.url);
        }),
      );
    }
  }

  function behind(work: Promise<unknown>): void {
    background.add(work, (error) => {
      log.warn({ error: describeError(error) }, "what was signed before could not be found out yet");
    });
  }

  async function look(head: BlockRef): Promise<void> {
    const groups = (await groupsAt({ db, block: head.number })).filter(({ live }) => live.includes(address));
    needed = Math.min(Math.max(1, ...groups.map(({ threshold }) => threshold)) - 1, peers.list.length);
    const state = await readState();
    if (state === "new") {
      const escrows = groups.map(({ escrow }) => escrow);
      const order = await db.selectFrom("chain_orders").select("id").where("escrow", "in", escrows).limit(1).execute();
      if (order.length > 0) return lose("The store is new, and its member could have signed before", {});
      await writeState("whole");
    }
    if (phase === "starting") phase = state === "lost" ? "recovering" : "asking";
    if (phase === "asking") {
      if (answered.size >= needed) become("ready");
      else each(ask);
    }
    if (phase === "recovering") await rebuild(head);
  }

  async function ask(peer: Peer): Promise<void> {
    const seen = answered.has(peer.url) ? null : await newestSeenBy(peer);
    if (seen === null || phase === "recovering") return;
    crashpoint("asking");
    raise(seen);
    const own = await newestSigned(db);
    if (seen > own) return lose("The store is older than what this member signed", { signed: seen, store: own });
    answered.add(peer.url);
  }

  /** It signed up to there: a node that lags further than it should must not make it sign there again. */
  function raise(signed: number): void {
    if (floor !== null && signed > floor) floor = signed;
  }

  /** Block of this relayer's newest signature that a peer can prove; -1: none, null: no answer. */
  async function newestSeenBy(peer: Peer): Promise<number | null> {
    const answer = await peers.request(peer, `/v1/peer/newest/${address}`, newestSchema);
    if (answer?.newest == null) return answer && -1;
    try {
      const batch = batchFromJson(answer.newest.batch);
      const own = recover(digestOf({ chainId, batch }), answer.newest.signature) === address;
      return own ? batch.block.number : -1;
    } catch {
      return -1;
    }
  }

  async function rebuild(head: BlockRef): Promise<void> {
    const roots = (await createView(db, head.number).unopened()).length;
    // Where all start anew nobody has more than the others.
    const all = peers.list.every(({ url }) => answered.has(url) || empty.has(url));
    log.info({ peers: answered.size, needed, roots }, "taking in what peers hold");
    // What nobody can open is no reason to wait for ever: doubt.ts keeps what it may have counted from counting again.
    const sought = roots === 0 || searched.size >= Math.max(1, needed) || all;
    if (sought && (answered.size >= needed || all)) {
      await db.deleteFrom("recovery_peers").execute();
      await writeState("whole");
      log.info({ floor, unopened: roots }, "the store is whole again");
      return become("ready");
    }
    each(async (peer) => {
      raise((await newestSeenBy(peer)) ?? -1);
      const state = answered.has(peer.url) ? "whole" : await takeEvents(peer);
      if (state === "whole") answered.add(peer.url);
      if (state === "empty") empty.add(peer.url);
      else empty.delete(peer.url);
      if (await takeRoots(peer, head)) searched.add(peer.url);
    });
  }

  /** @returns whole: the peer gave all that it holds; empty: it did, and is itself recovering; open: there is more */
  async function takeEvents(peer: Peer): Promise<"whole" | "empty" | "open"> {
    const row = await db.selectFrom("recovery_peers").selectAll().where("peer", "=", peer.url).executeTakeFirst();
    let after = row?.after ?? 0;
    for (let i = 0; i < PAGES; i++) {
      const page = await peers.request(peer, `/v1/peer/events?after=${String(after)}`, eventPageSchema);
      if (!page || (page.more && page.last <= after)) return "open";
      await learn(page.messages.map(decodeMessage)).catch((error: unknown) => {
        // What finds no room is offered again later.
        if (!isQuotaFull(error)) throw error;
        log.warn({ error: describeError(error) }, "not all that a peer holds found room");
      });
      after = Math.max(after, page.last);
      await db
        .insertInto("recovery_peers")
        .values({ peer: peer.url, after })
        .onConflict((conflict) => conflict.column("peer").doUpdateSet({ after }))
        .execute();
      crashpoint("recovering");
      if (!page.more) return page.recovering ? "empty" : "whole";
    }
    return "open";
  }

  /**
   * All events of a root or none; what they are a root of is its proof, so any one peer will do.
   *
   * @returns whether the peer answered for every root that is missing
   */
  async function takeRoots(peer: Peer, head: BlockRef): Promise<boolean> {
    const given = new Set<string>();
    for (let i = 0; i < PAGES; i++) {
      const missing = (await createView(db, head.number).unopened()).filter((root) => !given.has(root)).slice(0, ROOTS);
      if (missing.length === 0) return true;
      const answer = await peers.request(peer, "/v1/peer/roots", openedRootsSchema, { roots: missing });
      if (!answer) return false;
      let found = 0;
      for (const opened of answer.roots) {
        if (!missing.includes(opened.root) || eventsRoot(opened.events) !== opened.root) continue;
        await db.transaction().execute((tx) => keepRoots(tx, [opened]));
        found++;
      }
      // An answer has room for some: the others of these are asked for again until none of them comes.
      if (found === 0) for (const root of missing) given.add(root);
    }
    return false;
  }

  function become(next: "ready"): void {
    phase = next;
    log.info({ floor }, "this relayer signs for blocks above its floor");
  }

  const standing: Standing = {
    against(block) {
      if (floor === null || phase !== "ready") {
        return { reason: "this relayer is finding out what it signed before its start", forGood: false };
      }
      return block > floor
        ? undefined
        : { reason: "block B is not above those of before this relayer's start", forGood: true };
    },
    async forgotten(block) {
      raise(block);
      const own = await newestSigned(db);
      if (block > own && phase !== "recovering")
        await lose("A peer showed a signature of this member that its store does not know", {
          signed: block,
          store: own,
        });
    },
  };

  return {
    ...standing,

    /** Before the first block is kept: whether the store begins here. Call it inside the transaction that keeps it. */
    async mark(tx: Transaction<RelayerTables>, isEmpty: () => Promise<boolean>): Promise<void> {
      if ((await readState(tx)) === undefined) await writeState((await isEmpty()) ? "new" : "whole", tx);
    },

    /** At each new head, until this relayer may sign. */
    async advance(head: BlockRef): Promise<void> {
      floor ??= Math.max(head.number, await highest(head)) + lag;
      if (phase !== "ready") await look(head);
    },

    /** Another process leads: whatever it signs, this one begins anew when it leads. */
    restart(): void {
      [phase, floor] = ["starting", null];
      answered.clear();
      empty.clear();
      searched.clear();
    },

    state: (): RecoveryState => ({ phase, floor, peers: { answered: answered.size, needed } }),
    recovering: (): boolean => phase === "recovering",
  };
}
