import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import type { Background } from "../lib/background.ts";
import { describeError } from "../lib/errors.ts";
import { CORRECTION_DELAY } from "./assess.ts";
import { eventsRoot } from "./batch.ts";
import type { EventKey, Proposal } from "./batch.ts";
import type { Share } from "./batchStore.ts";
import { dateRoots } from "./doubt.ts";
import type { createHeard } from "./heard.ts";
import { keepRoots } from "./roots.ts";
import { decodeMessage, encodeMessage } from "./encoding.ts";
import type { EncodedMessage } from "./encoding.ts";
import type { Log } from "./log.ts";
import type { Peers } from "./peers.ts";
import type { createSheets } from "./sheets.ts";
import type { Suspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";
import type { Objection } from "./review.ts";
import { laterMessages } from "./signatureStore.ts";
import { createView } from "./view.ts";

/** Every so many blocks all that is not settled is offered again. */
const OFFER_EVERY = 10;
const OFFER_MAX = 500;
/** Order sheets, or roots, asked for in one round: anybody can create orders whose sheets nobody has. */
const FETCH_MAX = 50;

/** Keeps the relayers' knowledge alike: events, evidence, order sheets, the events behind confirmed roots. */
export function createGossip({
  db,
  peers,
  sheets,
  learn,
  addShare,
  own,
  heard,
  blockAt,
  objected,
  suspects,
  background,
  log,
}: {
  db: Kysely<RelayerTables>;
  peers: Peers;
  sheets: Pick<ReturnType<typeof createSheets>, "learn" | "missing">;
  learn: (messages: Uint8Array[]) => Promise<unknown>;
  addShare: (share: Share) => Promise<unknown>;
  /** This relayer's signatures on batches that may still count. */
  own: () => Promise<{ digest: string; signature: string }[]>;
  heard: Pick<ReturnType<typeof createHeard>, "advance">;
  blockAt: (number: number) => Promise<BlockRef | null>;
  objected: (refusal: { digest: string; objections: readonly Objection[] }) => void;
  suspects: Suspects;
  background: Background;
  log: Log;
}) {
  let busy = false;
  let rounds = 0;
  let offered = 0;
  let offerAt = 0;
  let opened = false;

  /** Nobody waits for it, and what goes wrong is offered or asked for again. */
  function behind(work: Promise<unknown>): void {
    background.add(work, (error) => {
      log.warn({ error: describeError(error) }, "what a peer said could not be taken in");
    });
  }

  /** Hands on what was just admitted. */
  function spread(messages: readonly Uint8Array[]): void {
    peers.spread(messages.map(encodeMessage));
  }

  /** Puts a proposal to the others and takes in what they answer: signatures, what they miss, what speaks against it. */
  function propose(proposal: Proposal, digest: string): void {
    peers.propose(proposal, (peer, answer) => {
      const member = peers.nameOf(peer);
      if (answer.decision === "sign") behind(addShare({ digest, signature: answer.signature, from: member }));
      if (answer.decision === "refuse") {
        objected({ digest, objections: answer.objections });
        if (answer.evidence.length === 0)
          suspects.note({ member, kind: "refused-without-evidence", detail: `${digest}: ${answer.reason}` });
        behind(learn(answer.evidence.map(decodeMessage)));
      }
      if (answer.decision === "wait") behind(held(answer.missing).then((messages) => peers.supply(peer, messages)));
    });
  }

  /**
   * At each new head: fetches what is missing here and, from time to time, offers again what is not settled. One round at
   * a time, and no head waits for it: a peer may be slow.
   *
   * @returns whether events behind a confirmed root were found since the last call
   */
  function advance(head: BlockRef): { opened: boolean } {
    if (!busy) {
      busy = true;
      behind(
        round(head).finally(() => {
          busy = false;
        }),
      );
    }
    const found = { opened };
    opened = false;
    return found;
  }

  async function round(head: BlockRef): Promise<void> {
    rounds++;
    const fetched = portion(await sheets.missing(), rounds).map((id) =>
      peers.order(id, (document) => sheets.learn(id, document)),
    );
    const roots = portion(await createView(db, head.number).unopened(), rounds).map(async (root) => {
      if (await open(root)) opened = true;
    });
    const others = heard.advance(head).then((found) => {
      if (found) opened = true;
    });
    await Promise.all([...fetched, ...roots, others, dateRoots({ db, blockAt })]);
    if (head.number < offerAt) return;
    offerAt = head.number + OFFER_EVERY;
    // Whoever was away when this relayer signed learns of it while it may still count.
    for (const share of await own()) peers.share(share);
    await offer(head);
  }

  async function offer(head: BlockRef): Promise<void> {
    const rows = await db
      .selectFrom("events")
      .selectAll()
      .where("status", "in", ["pending", "waiting"])
      .where("id", ">", offered)
      .orderBy("id")
      .limit(OFFER_MAX)
      .execute();
    // The next part next time: what waits for ever keeps nothing from being offered.
    offered = rows.length < OFFER_MAX ? 0 : (rows.at(-1)?.id ?? 0);
    const later = await laterMessages(
      db,
      rows.map(({ id }) => id),
    );
    const taken = await peers.push([...rows, ...later].map(({ payload, encoding }) => ({ payload, encoding })));
    for (const [i, row] of rows.entries()) {
      if (row.kind !== "correction" || row.final_at !== null) continue;
      const acknowledged = [...new Set([...(JSON.parse(row.acknowledged) as string[]), ...(taken[i] ?? [])])];
      const all = peers.list.every(({ url }) => acknowledged.includes(url));
      const final_at = all ? head.time + CORRECTION_DELAY : null;
      await db
        .updateTable("events")
        .set({ acknowledged: JSON.stringify(acknowledged), final_at })
        .where("id", "=", row.id)
        .execute();
    }
  }

  /** All events of a root or none: one that is half known would let the other half count again. */
  function open(root: string): Promise<boolean> {
    return peers.root(root, async ({ events }) => {
      if (eventsRoot(events) !== root) return false;
      await db.transaction().execute((tx) => keepRoots(tx, [{ root, events }]));
      return true;
    });
  }

  async function held(keys: readonly EventKey[]): Promise<EncodedMessage[]> {
    const found: EncodedMessage[] = [];
    for (const { device, eventId } of keys) {
      const rows = await db
        .selectFrom("events")
        .select(["payload", "encoding"])
        .where("device", "=", device)
        .where("event_id", "=", eventId)
        .execute();
      found.push(...rows);
    }
    return found;
  }

  return { spread, propose, advance };
}

/** So much of a list in one round, and the next part in the next. */
function portion<T>(list: readonly T[], round: number): T[] {
  const start = list.length > FETCH_MAX ? (round * FETCH_MAX) % list.length : 0;
  return list.slice(start, start + FETCH_MAX);
}
