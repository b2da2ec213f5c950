import type { Kysely, Selectable } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { objection } from "./assess.ts";
import { byPayee, eventsRoot } from "./batch.ts";
import type { Batch, EventKey, Report, ReportEvent } from "./batch.ts";
import { confirmCost, fitsTransaction } from "../chain/confirm.ts";
import { lineKey, MAX_LISTED } from "./build.ts";
import { isSigned } from "./deviceSignatures.ts";
import { decodeMessage } from "./encoding.ts";
import { groupAt, sameGroup } from "./groups.ts";
import { judge, lateAfter } from "./judge.ts";
import type { Judgement, Moment } from "./judge.ts";
import { createEventReader } from "./readers.ts";
import type { EventReader } from "./readers.ts";
import { sizeOf } from "./reportSize.ts";
import type { RelayerTables } from "./tables.ts";
import { createView, deliverable } from "./view.ts";
import type { OrderView, View } from "./view.ts";

/** Seconds after block B at which a certificate dies. A constant of the escrow. */
export const MAX_AGE = 300;

/**
 * What a relayer makes of a proposal: it signs, or waits for what it has not seen yet, or refuses. A refusal that others
 * cannot know of carries its evidence: messages that the device signed.
 */
export type Review =
  | { decision: "sign" }
  | { decision: "wait"; reason: string; missing: EventKey[] }
  | {
      decision: "refuse";
      reason: string;
      evidence: Uint8Array[];
      objections: Objection[];
      /** Whoever has the same block B finds it false: no delay, and nothing that it could not know, excuses its proposer. */
      fault?: boolean;
    };

/** Why a relayer signs no batch with a report about this line, as far as evidence that it sends back changes nothing. */
export interface Objection {
  order: string;
  line: number;
  reason: string;
}

/** Messages that one refusal carries as evidence; the next one carries others. */
const MOST_EVIDENCE = 10;

const sign: Review = { decision: "sign" };
const wait = (reason: string, missing: EventKey[] = []): Review => ({ decision: "wait", reason, missing });
const refuse = (reason: string, evidence: Uint8Array[] = [], objections: Objection[] = []): Review => ({
  decision: "refuse",
  reason,
  evidence,
  objections,
});
/** Of a proposal that contradicts the chain at its own block B. */
const fault = (reason: string): Review => ({ decision: "refuse", reason, evidence: [], objections: [], fault: true });

/**
 * Reviews a proposal at its own block B (relayer-agreement.md, rules 4 and 7): nothing counts but the chain at B, the
 * signed events, and evidence against them. It signs every proposal that is valid at B, also when it holds more events.
 */
export async function review({
  db,
  chainId,
  batch,
  head,
  blockAt,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  batch: Batch;
  head: BlockRef;
  /** A block as this relayer's own node has it. */
  blockAt: (number: number) => Promise<BlockRef | null>;
}): Promise<Review> {
  const wrong = await reviewGroup({ db, batch, head });
  if (wrong) return wrong;
  if (countListed(batch) > MAX_LISTED) return fault("it lists too many events");
  if (batch.block.number > head.number) return wait("block B is not here yet");
  if (head.time > batch.block.time + MAX_AGE) return refuse("block B is too old");
  const block = await blockAt(batch.block.number);
  if (block?.hash !== batch.block.hash || block.time !== batch.block.time) return refuse("block B is another here");

  const view = createView(db, batch.block.number);
  if (await view.doubt.stopped(batch.block.time)) return wait("events of a confirmed report are not here yet");

  const held = createEventReader(db);
  const orders = new Map<string, OrderView>();
  const judged = new Map<number, Promise<Judgement>>();
  const seen = new Set<string>();
  const objections: Objection[] = [];
  const evidence: Uint8Array[] = [];
  let [waiting, refused, faulty]: [Review | undefined, string | undefined, boolean] = [undefined, undefined, false];
  // Side by side: what they are judged by is read together.
  const found = await Promise.all(
    batch.reports.map(async (report) => {
      const order = await view.order(report.order);
      if (!order) return null;
      return { report, order, result: await reviewReport({ chainId, view, held, batch, order, report, judged }) };
    }),
  );
  for (const one of found) {
    if (one === null) return wait("the order or its sheet is not here yet");
    const { report, order, result } = one;
    orders.set(order.id, order);
    if (seen.has(lineKey(order.id, report.line))) return fault("two reports about one line");
    seen.add(lineKey(order.id, report.line));
    if (result.decision === "wait") waiting ??= result;
    if (result.decision !== "refuse") continue;
    refused ??= result.reason;
    faulty ||= result.fault === true;
    if (result.evidence.length === 0) objections.push({ order: order.id, line: report.line, reason: result.reason });
    evidence.push(...result.evidence);
  }
  if (refused !== undefined)
    return { ...refuse(refused, evidence.slice(0, MOST_EVIDENCE), objections), ...(faulty ? { fault: true } : {}) };
  if (waiting) return waiting;
  // It would be certified, never fit into a transaction, and hold up its lines until it dies.
  // Lists of claims do not count: they are left out where they find no room.
  const sizes = found.flatMap((one) => (one ? [sizeOf({ report: one.report, order: one.order, claims: 0 })] : []));
  if (!fitsTransaction(confirmCost(sizes))) return fault("it fits into no transaction");
  const sorted = [...batch.reports].sort(byPayee((id) => orders.get(id)?.supplier ?? ""));
  return sorted.every((report, i) => report === batch.reports[i]) ? sign : fault("reports are not sorted");
}

/** Events that the reports of a batch list together. */
export function countListed({ reports }: Batch): number {
  return reports.reduce((sum, { events }) => sum + events.length, 0);
}

/** First of all, so that whoever is no member can make nobody wait for anything. */
async function reviewGroup({
  db,
  batch,
  head,
}: {
  db: Kysely<RelayerTables>;
  batch: Batch;
  head: BlockRef;
}): Promise<Review | undefined> {
  const { escrow, group: id } = batch;
  const group = await groupAt({ db, escrow, group: id, block: batch.block.number });
  if (!group) return refuse("the relayer group is not known here");
  if (group.members.join() !== batch.members.join()) return refuse("the group has other members");
  if (!group.live.includes(batch.proposer)) return refuse("the proposer is no member");
  const now = await groupAt({ db, escrow, group: id, block: Math.max(head.number, batch.block.number) });
  return sameGroup(group, now) ? undefined : refuse("the group changed after block B");
}

async function reviewReport({
  chainId,
  view,
  held,
  batch,
  order,
  report,
  judged,
}: {
  chainId: number;
  view: View;
  held: EventReader;
  batch: Batch;
  order: OrderView;
  report: Report;
  /** Judgements by event: one event may stand on many lines. */
  judged: Map<number, Promise<Judgement>>;
}): Promise<Review> {
  if (order.escrow !== batch.escrow || order.group !== batch.group) return fault("the order is another group's");
  if (!order.open) return fault("the order is closed");
  if (!order.lines[report.line]) return fault("the order has no such line");
  const state = await view.line(order.id, report.line);
  const { delivered, late } = state;
  if (report.from !== delivered) return fault("delivered at B is another quantity");
  if (delivered >= deliverable(order, report.line, state)) return fault("the line has no room");
  // The contract takes nothing of a batch in which such a signature is missing or wrong: it would hold up the others.
  if (order.devices === null && report.device) return fault("a device signature that the order does not demand");
  if (!isSigned({ chainId, order, report })) return fault("the device signature is missing, or not good");
  if (new Set(report.events.map(({ device, eventId }) => device + eventId)).size < report.events.length) {
    return fault("an event is listed twice");
  }
  if (report.root !== eventsRoot(report.events)) return fault("the root is not that of the events");

  const missing: EventKey[] = [];
  const sums = { to: delivered, latest: 0 };
  const counted: { time: number; quantity: bigint }[] = [];
  const { line } = report;
  const moment = { view, time: batch.block.time };
  const results = await Promise.all(
    report.events.map(async (listed) => {
      const row = (await held(listed)).find(({ kind, content }) => kind === "delivery" && content === listed.content);
      // Of contents that it has no room for, a relayer holds the evidence that they are void.
      if (!row) return { listed, row, result: await voided(held, view, listed) };
      return { listed, row, result: await reviewEvent({ held, moment, order, line, listed, row, judged }) };
    }),
  );
  for (const { listed, row, result } of results) {
    if (result && result.decision !== "sign") return result;
    if (!row) {
      missing.push({ device: listed.device, eventId: listed.eventId });
      continue;
    }
    sums.to += listed.quantity;
    counted.push({ time: row.time, quantity: listed.quantity });
    sums.latest = Math.max(sums.latest, Math.floor(row.time));
  }
  if (missing.length > 0) return wait("events are not here yet", missing);
  const right =
    report.to === sums.to && report.late === lateAfter(order, late, counted) && report.latest === sums.latest;
  return right ? sign : fault("the sums are not those of the events");
}

async function reviewEvent({
  held,
  moment,
  order,
  line,
  listed,
  row,
  judged,
}: {
  held: EventReader;
  moment: Moment;
  order: OrderView;
  line: number;
  listed: ReportEvent;
  row: Selectable<RelayerTables["events"]>;
  judged: Map<number, Promise<Judgement>>;
}): Promise<Review> {
  const { view } = moment;
  const confirmed = await view.confirmed(listed);
  if (confirmed.some((entry) => entry.line === line || entry.order !== order.id || entry.content !== listed.content))
    return fault("an event is confirmed already");
  if (await view.doubt.covers({ order: order.id, line, time: row.time }))
    return refuse("an event may be counted already, in a report whose events are not known here");
  const event = JSON.parse(row.body) as DeliveryEvent;
  const judging = judged.get(row.id) ?? judge({ event, device: row.device, resolved: row.order_id, moment });
  judged.set(row.id, judging);
  const judgement = await judging;
  if (judgement.verdict.status !== "pending") {
    const reason = `an event does not count: ${judgement.verdict.reason ?? ""}`;
    // What waits may wait for a sheet that only its proposer has.
    return judgement.verdict.status === "refused" ? fault(reason) : refuse(reason);
  }
  if (judgement.order?.id !== order.id) return refuse("an event belongs to another order");
  if (!judgement.lines.some((match) => match.line === line && match.quantity === listed.quantity)) {
    return fault("an event says another quantity");
  }
  return (await voided(held, view, listed)) ?? sign;
}

/** A refusal with evidence against an event; it loses against a part of the same event that was confirmed on another line. */
async function voided(held: EventReader, view: View, listed: ReportEvent): Promise<Review | undefined> {
  const { device, eventId, content } = listed;
  const against = await objection(held, { device, event_id: eventId, content });
  if (!against || (await view.confirmed(listed)).length > 0) return undefined;
  return refuse(`against an event: ${against.verdict.reason ?? ""}`, against.evidence.map(decodeMessage));
}
