import { sql } from "kysely";
import type { Kysely, Selectable, Transaction } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import type { EncodedMessage } from "./encoding.ts";
import { findSignature } from "./deviceSignatures.ts";
import { judge, lineName } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import { createOverDelivery } from "./overDelivery.ts";
import { createEventReader } from "./readers.ts";
import type { EventReader } from "./readers.ts";
import { signaturesOf } from "./signatureStore.ts";
import { counted, refused, waiting } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { RelayerTables } from "./tables.ts";
import { createView, deliverable } from "./view.ts";
import type { View } from "./view.ts";

type Tables = Transaction<RelayerTables>;
type EventRow = Selectable<RelayerTables["events"]>;

/** Events that are in memory at a time, and judged side by side: after a day without a block there may be very many. */
const TOGETHER = 1_000;

/** Chain seconds after which a correction that every member holds is final. */
export const CORRECTION_DELAY = 300;

/**
 * Judges again, at a new head, every event that is neither counted nor refused for good, and writes what changed. Only
 * the record of a person's question "where is my event?": what is signed is judged for itself, at its own block.
 */
export async function assess({
  db,
  chainId,
  head,
  since,
  fence = unfenced,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  head: BlockRef;
  /** What blocks from this one on say is new; 0: everything is judged. */
  since: number;
  fence?: Fence;
}): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await fence(tx);
    const view = createView(tx, head.number);
    const overDelivery = createOverDelivery(tx);
    await write(
      tx,
      (await newlyConfirmed(tx, since)).map((row) => ({ row, verdict: counted, order: row.order_id })),
    );
    const open = await openEvents(tx, since);
    for (let from = 0; from < open.length; from += TOGETHER) {
      const rows = await tx
        .selectFrom("events")
        .selectAll()
        .where("id", "in", open.slice(from, from + TOGETHER))
        .orderBy("id")
        .execute();
      const held = createEventReader(tx);
      const judgeOne = async (row: EventRow): Promise<Judged> => {
        const judgement: Partial<Judgement> & { verdict: Verdict } = await (row.kind === "correction"
          ? judgeCorrection(view, head.time, row)
          : judgeDelivery({ tx, chainId, view, held, time: head.time, row }));
        const { verdict, order } = judgement;
        const over = verdict.status === "counted" && order;
        // A counted event says what of it was more than the order had room for.
        const detail = over ? await overDelivery({ key: { device: row.device, eventId: row.event_id }, order }) : null;
        return { row, verdict: over ? { ...verdict, detail } : verdict, order: order?.id ?? row.order_id };
      };
      // Side by side: what they are judged by is read together.
      await write(tx, await Promise.all(rows.map(judgeOne)));
    }
  });
}

/**
 * Ids of the open events whose verdict may be another one by now: those that wait, those that came or were opened again,
 * and those of whose order, device or event id there is news. What is pending stays so otherwise, however many there are.
 */
async function openEvents(tx: Tables, since: number): Promise<number[]> {
  const events = tx.selectFrom("events").select("id");
  const pendingOnes = events.where("status", "=", "pending");
  const fresh = sql<boolean>`(device, event_id) in (select device, event_id from events
    where status = 'pending' and judged = 0)`;
  const revoked = tx.selectFrom("chain_devices").select("device").where("revoked_block", ">=", since);
  const queries =
    since === 0
      ? [events.where("status", "in", ["pending", "waiting"])]
      : [
          events.where("status", "=", "waiting"),
          pendingOnes.where(fresh),
          pendingOnes.where("order_id", "in", touchedOrders(tx, since)),
          pendingOnes.where("device", "in", revoked),
        ];
  const found: number[] = [];
  for (const query of queries) for (const { id } of await query.execute()) found.push(id);
  return [...new Set(found)];
}

/** Orders of which blocks from this one on say anything that a verdict rests on. */
function touchedOrders(tx: Tables, since: number) {
  return tx
    .selectFrom("chain_confirmations")
    .select("order_id")
    .where("block", ">=", since)
    .union(tx.selectFrom("chain_amendments").select("order_id").where("block", ">=", since))
    .union(tx.selectFrom("chain_rejections").select("order_id").where("final_block", ">=", since))
    .union(
      tx
        .selectFrom("chain_orders")
        .select("id as order_id")
        .where((order) => order.or([order("ended_block", ">=", since), order("closed_block", ">=", since)])),
    );
}

/** Why an event must not count although the chain has nothing against it; the evidence is what its device signed. */
export async function objection(
  held: EventReader,
  { device, event_id, content }: Pick<EventRow, "device" | "event_id" | "content">,
): Promise<{ verdict: Verdict; evidence: EncodedMessage[] } | undefined> {
  const same = await held({ device, eventId: event_id });
  const correction = same.find(({ kind }) => kind === "correction");
  if (correction) return { verdict: refused("corrected", "The device withdrew the event."), evidence: [correction] };
  const others = same.filter((row) => row.content !== content);
  if (others.length === 0) return undefined;
  const detail = "The device signed two contents under this event id, so neither counts.";
  return { verdict: refused("conflict", detail), evidence: same };
}

async function judgeDelivery({
  tx,
  chainId,
  view,
  held,
  time,
  row,
}: {
  tx: Tables;
  chainId: number;
  view: View;
  held: EventReader;
  time: number;
  row: EventRow;
}): Promise<Partial<Judgement> & { verdict: Verdict }> {
  const confirmed = await view.confirmed({ device: row.device, eventId: row.event_id });
  if (confirmed.some(({ content }) => content !== row.content)) {
    return { verdict: refused("conflict", "Another content of this event id was confirmed before.") };
  }
  if (confirmed.length === 0) {
    const against = await objection(held, row);
    if (against) return against;
  }
  const event = JSON.parse(row.body) as DeliveryEvent;
  const judgement = await judge({ event, device: row.device, resolved: row.order_id, moment: { view, time } });
  const { order, lines, verdict } = judgement;
  // What was confirmed stays counted, whatever became of the order or the device since.
  if (verdict.status !== "pending" || !order)
    return confirmed.length > 0 ? { ...judgement, verdict: counted } : judgement;

  const left = lines.filter(({ line }) => !confirmed.some((entry) => entry.line === line));
  const full: number[] = [];
  const unsure: Verdict[] = [];
  const signatures = order.devices === null ? [] : await signaturesOf(tx, row);
  for (const { line, quantity } of left) {
    const state = await view.line(order.id, line);
    if (state.delivered >= deliverable(order, line, state)) {
      full.push(line);
      continue;
    }
    if (await view.doubt.covers({ order: order.id, line, time: event.time })) {
      unsure.push(
        waiting("maybe-counted", `A report about ${lineName(order, line)} was confirmed that nobody explains.`),
      );
      continue;
    }
    if (order.devices === null) return judgement;
    const progress = { line, from: state.delivered, to: state.delivered + quantity };
    const found = findSignature({ chainId, order, progress, signatures });
    if ("signature" in found) return judgement;
    unsure.push(found.missing);
  }
  const [open] = unsure;
  if (open) return { ...judgement, verdict: open };
  if (confirmed.length > 0) return { ...judgement, verdict: counted };
  const names = full.map((line) => lineName(order, line)).join(", ");
  return { ...judgement, verdict: waiting("no-room", `Everything ordered was delivered already: ${names}.`) };
}

async function judgeCorrection(view: View, time: number, row: EventRow): Promise<{ verdict: Verdict }> {
  const confirmed = await view.confirmed({ device: row.device, eventId: row.event_id });
  if (confirmed.length > 0) {
    const detail = "The event was confirmed and paid before; the supplier gives money back by a credit note.";
    return { verdict: refused("corrects-confirmed", detail) };
  }
  if (row.final_at !== null && time >= row.final_at) {
    return { verdict: { ...counted, detail: "The event that it withdraws will never count." } };
  }
  const detail = `The withdrawal is final ${String(CORRECTION_DELAY)} s of chain time after every relayer has it.`;
  return { verdict: waiting("correction-pending", detail) };
}

function newlyConfirmed(tx: Tables, since: number): Promise<EventRow[]> {
  return tx
    .selectFrom("events")
    .innerJoin("root_events", (join) =>
      join
        .onRef("root_events.device", "=", "events.device")
        .onRef("root_events.event_id", "=", "events.event_id")
        .onRef("root_events.content", "=", "events.content"),
    )
    .innerJoin("chain_confirmations", "chain_confirmations.root", "root_events.root")
    .selectAll("events")
    .distinct()
    .where("chain_confirmations.block", ">=", since)
    .where("events.kind", "=", "delivery")
    .where("events.status", "=", "refused")
    .execute();
}

/** What an event is worth by now, and which order it is about. */
interface Judged {
  row: EventRow;
  verdict: Verdict;
  order: string | null;
}

/** Writes what changed; events of the same verdict together, of which a block may have hundreds. */
async function write(tx: Tables, judged: readonly Judged[]): Promise<void> {
  for (const { row, order } of judged) {
    if (order !== row.order_id)
      await tx.updateTable("events").set({ order_id: order }).where("id", "=", row.id).execute();
  }
  for (const { verdict, ids } of byVerdict(
    judged.filter(({ row, verdict }) => row.judged === 0 || isNews(row, verdict)),
  ))
    await tx
      .updateTable("events")
      .set({ ...verdict, judged: 1 })
      .where("id", "in", ids)
      .execute();
  for (const { verdict, ids } of byVerdict(judged.filter(({ row, verdict }) => isNews(row, verdict))))
    await tx.updateTable("messages").set(verdict).where("event", "in", ids).execute();
}

/** Which order it is about is no news for whoever sent the message. */
function isNews(row: EventRow, { status, reason, detail }: Verdict): boolean {
  return status !== row.status || reason !== row.reason || detail !== row.detail;
}

function byVerdict(judged: readonly Judged[]): { verdict: Verdict; ids: number[] }[] {
  const groups = Map.groupBy(judged, ({ verdict: { status, reason, detail } }) =>
    JSON.stringify([status, reason, detail]),
  );
  return [...groups.values()].map((group) => {
    const { status, reason, detail } = (group[0] as Judged).verdict;
    return { verdict: { status, reason, detail }, ids: group.map(({ row }) => row.id) };
  });
}
