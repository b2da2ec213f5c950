import type { Kysely, Selectable, Transaction } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { unfenced } from "../store/lease.ts";
import type { Fence } from "../store/lease.ts";
import type { EncodedMessage } from "./encoding.ts";
import { findSignature } from "./deviceSignatures.ts";
import { judge, lineName } from "./judge.ts";
import type { Judgement } from "./judge.ts";
import { describeOverDelivery } from "./overDelivery.ts";
import { signaturesOf } from "./signatureStore.ts";
import { counted, refused, waiting } from "./status.ts";
import type { Verdict } from "./status.ts";
import type { RelayerTables } from "./tables.ts";
import { createView, deliverable } from "./view.ts";
import type { View } from "./view.ts";

type Tables = Transaction<RelayerTables>;
type EventRow = Selectable<RelayerTables["events"]>;

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
  confirmedSince,
  fence = unfenced,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  head: BlockRef;
  /** Confirmations from this block on are new. */
  confirmedSince: number;
  fence?: Fence;
}): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await fence(tx);
    const view = createView(tx, head.number);
    for (const row of await newlyConfirmed(tx, confirmedSince)) await write(tx, row, counted);
    const open = await tx.selectFrom("events").selectAll().where("status", "in", ["pending", "waiting"]).execute();
    for (const row of open) {
      const judgement = await (row.kind === "correction"
        ? judgeCorrection(view, head.time, row)
        : judgeDelivery(tx, chainId, view, head.time, row));
      await write(tx, row, await withOverDelivery(tx, row, judgement), judgement);
    }
  });
}

/** Why an event must not count although the chain has nothing against it; the evidence is what its device signed. */
export async function objection(
  db: Kysely<RelayerTables>,
  { device, event_id, content }: Pick<EventRow, "device" | "event_id" | "content">,
): Promise<{ verdict: Verdict; evidence: EncodedMessage[] } | undefined> {
  const same = await db
    .selectFrom("events")
    .selectAll()
    .where("device", "=", device)
    .where("event_id", "=", event_id)
    .execute();
  const correction = same.find(({ kind }) => kind === "correction");
  if (correction) return { verdict: refused("corrected", "The device withdrew the event."), evidence: [correction] };
  const others = same.filter((row) => row.content !== content);
  if (others.length === 0) return undefined;
  const detail = "The device signed two contents under this event id, so neither counts.";
  return { verdict: refused("conflict", detail), evidence: same };
}

async function judgeDelivery(
  tx: Tables,
  chainId: number,
  view: View,
  time: number,
  row: EventRow,
): Promise<Partial<Judgement> & { verdict: Verdict }> {
  const confirmed = await view.confirmed({ device: row.device, eventId: row.event_id });
  if (confirmed.some(({ content }) => content !== row.content)) {
    return { verdict: refused("conflict", "Another content of this event id was confirmed before.") };
  }
  if (confirmed.length === 0) {
    const against = await objection(tx, row);
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

/** A counted event says what of it was more than the order had room for. */
async function withOverDelivery(
  tx: Tables,
  { device, event_id }: EventRow,
  { verdict, order }: Partial<Judgement> & { verdict: Verdict },
): Promise<Verdict> {
  if (verdict.status !== "counted" || !order) return verdict;
  return { ...verdict, detail: await describeOverDelivery({ db: tx, key: { device, eventId: event_id }, order }) };
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

async function write(tx: Tables, row: EventRow, verdict: Verdict, found?: Partial<Judgement>): Promise<void> {
  const order = found?.order?.id ?? row.order_id;
  const unchanged = verdict.status === row.status && verdict.reason === row.reason && verdict.detail === row.detail;
  if (unchanged && order === row.order_id) return;
  const { status, reason, detail } = verdict;
  await tx.updateTable("events").set({ status, reason, detail, order_id: order }).where("id", "=", row.id).execute();
  await tx.updateTable("messages").set({ status, reason, detail }).where("event", "=", row.id).execute();
}
