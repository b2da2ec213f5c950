import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { CORRECTION_DELAY } from "./assess.ts";
import { eventsRoot } from "./batch.ts";
import type { EventKey, Proposal } from "./batch.ts";
import { keepRoot } from "./agreement.ts";
import { decodeMessage, encodeMessage } from "./encoding.ts";
import type { EncodedMessage } from "./encoding.ts";
import type { Peers } from "./peers.ts";
import type { createSheets } from "./sheets.ts";
import type { RelayerTables } from "./tables.ts";
import { createView } from "./view.ts";

/** Every so many blocks all that is not settled is offered again. */
const OFFER_EVERY = 10;
const OFFER_MAX = 500;

/** Keeps the relayers' knowledge alike: events, evidence, order sheets, the events behind confirmed roots. */
export function createGossip({
  db,
  peers,
  sheets,
  learn,
  addShare,
}: {
  db: Kysely<RelayerTables>;
  peers: Peers;
  sheets: Pick<ReturnType<typeof createSheets>, "learn" | "missing">;
  learn: (messages: Uint8Array[]) => Promise<void>;
  addShare: (share: { digest: string; signature: string }) => Promise<void>;
}) {
  /** Hands on what was just admitted. */
  function spread(messages: readonly Uint8Array[]): void {
    peers.spread(messages.map(encodeMessage));
  }

  /** Puts a proposal to the others and takes in what they answer: signatures, what they miss, what speaks against it. */
  function propose(proposal: Proposal, digest: string): void {
    peers.propose(proposal, (url, answer) => {
      if (answer.decision === "sign") void addShare({ digest, signature: answer.signature });
      if (answer.decision === "refuse") void learn(answer.evidence.map(decodeMessage));
      if (answer.decision === "wait") void held(answer.missing).then((messages) => peers.supply(url, messages));
    });
  }

  /** At each new head: fetches what is missing here and, from time to time, offers again what is not settled. */
  async function advance(head: BlockRef): Promise<{ opened: boolean }> {
    for (const id of await sheets.missing()) {
      await peers.order(id, (document) => sheets.learn(id, document));
    }
    let opened = false;
    for (const root of await createView(db, head.number).unopened()) opened = (await open(root)) || opened;
    if (head.number % OFFER_EVERY === 0) await offer(head);
    return { opened };
  }

  async function offer(head: BlockRef): Promise<void> {
    const rows = await db
      .selectFrom("events")
      .selectAll()
      .where("status", "in", ["pending", "waiting"])
      .orderBy("id")
      .limit(OFFER_MAX)
      .execute();
    const taken = await peers.push(rows.map(({ payload, encoding }) => ({ payload, encoding })));
    for (const row of rows) {
      if (row.kind !== "correction" || row.final_at !== null) continue;
      const acknowledged = [...new Set([...(JSON.parse(row.acknowledged) as string[]), ...taken])];
      const final_at = acknowledged.length >= peers.count ? head.time + CORRECTION_DELAY : null;
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
      await db.transaction().execute((tx) => keepRoot(tx, { root, events }));
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
