import type { Kysely } from "kysely";
import type { BlockRef } from "../chain/transactions.ts";
import { createMeter, fitsTransaction } from "../chain/confirm.ts";
import type { DeliveryEvent } from "../formats/deliveryEvent.ts";
import { matchItems } from "../formats/matchItems.ts";
import { byKey, byPayee, eventsRoot } from "./batch.ts";
import type { Report, ReportEvent } from "./batch.ts";
import { claimsOf } from "./claimLists.ts";
import { findSignature } from "./deviceSignatures.ts";
import { lateAfter } from "./judge.ts";
import { sizeOf } from "./reportSize.ts";
import { signaturesOf } from "./signatureStore.ts";
import type { RelayerTables } from "./tables.ts";
import { createView, deliverable } from "./view.ts";
import type { OrderView, View } from "./view.ts";

/** As many as a peer reads in one proposal. */
const MAX_REPORTS = 500;
/** Events that the reports list together, one on several lines as often. */
export const MAX_LISTED = 2_000;
/** Events that are looked at for one batch. */
const MAX_EVENTS = 2_000;

interface Candidate {
  /** Of the event's row. */
  id: number;
  body: string;
  event: DeliveryEvent;
  device: string;
  quantity: bigint;
}

/**
 * The reports that the events held here add up to at a block: per line what was delivered there plus the new events, as
 * long as they find room. Call it right after `assess` at the same block: only what is pending there is taken.
 *
 * @param busy lines (`order:line`) about which a report is under way already
 */
export async function buildReports({
  db,
  chainId,
  block,
  escrow,
  group,
  busy,
}: {
  db: Kysely<RelayerTables>;
  chainId: number;
  block: BlockRef;
  escrow: string;
  group: number;
  busy: ReadonlySet<string>;
}): Promise<Report[]> {
  const view = createView(db, block.number);
  const orders = new Map<string, OrderView>();
  // Side by side, here and below: what belongs to them is read together.
  for (const order of await Promise.all((await pendingOrders(db)).map((id) => view.order(id)))) {
    if (order?.escrow === escrow && order.group === group) orders.set(order.id, order);
  }
  if (orders.size === 0) return [];
  const lines = new Map<string, { order: OrderView; line: number; candidates: Candidate[] }>();
  const events = (await pendingEvents(db, [...orders.keys()])).map(async (row) => {
    const event = JSON.parse(row.body) as DeliveryEvent;
    return { row, event, confirmed: await view.confirmed({ device: row.device, eventId: event.eventId }) };
  });
  for (const { row, event, confirmed } of await Promise.all(events)) {
    const order = orders.get(row.order_id);
    if (!order) continue;
    for (const { line, quantity } of matchItems({ event, sheet: order.sheet })) {
      const key = lineKey(order.id, line);
      if (busy.has(key) || confirmed.some((entry) => entry.line === line)) continue;
      if (await view.doubt.covers({ order: order.id, line, time: event.time })) continue;
      const entry = lines.get(key) ?? { order, line, candidates: [] };
      entry.candidates.push({ ...row, event, quantity });
      lines.set(key, entry);
    }
  }
  await Promise.all([...lines.values()].map(({ order, line }) => view.line(order.id, line)));
  const reports: Report[] = [];
  const meter = createMeter();
  const claims = await claimsOf(db, [...orders.keys()]);
  let room = MAX_LISTED;
  for (const { order, line, candidates } of lines.values()) {
    if (room === 0 || reports.length === MAX_REPORTS) break;
    const held = claims.get(order.id)?.claims.length ?? 0;
    // One that fits no transaction at all holds up no other.
    const least = { order: order.id, from: (await view.line(order.id, line)).delivered };
    if (!fitsTransaction(meter.with(sizeOf({ report: least, order, claims: held })))) continue;
    const build = order.devices === null ? buildReport : buildSigned;
    const report = await build({ db, chainId, view, order, line, candidates, room });
    if (!report) continue;
    const size = sizeOf({ report, order, claims: held });
    if (!fitsTransaction(meter.with(size))) continue;
    reports.push(report);
    meter.add(size);
    room -= report.events.length;
  }
  return reports.sort(byPayee((order) => orders.get(order)?.supplier ?? ""));
}

/** Names a line among all orders. */
export function lineKey(order: string, line: number): string {
  return `${order}:${String(line)}`;
}

interface BuildParameters {
  db: Kysely<RelayerTables>;
  chainId: number;
  view: View;
  order: OrderView;
  line: number;
  candidates: Candidate[];
  room: number;
}

/** The report of an order whose devices sign: of one event, since a device signs from where to where it leads. */
async function buildSigned(p: BuildParameters): Promise<Report | undefined> {
  const { db, chainId, view, order, line } = p;
  const { delivered } = await view.line(order.id, line);
  for (const candidate of p.candidates.sort(byTime)) {
    const progress = { line, from: delivered, to: delivered + candidate.quantity };
    const found = findSignature({ chainId, order, progress, signatures: await signaturesOf(db, candidate) });
    if ("missing" in found) continue;
    const report = await buildReport({ ...p, candidates: [candidate] });
    return report && { ...report, device: found.signature };
  }
  return undefined;
}

async function buildReport({ view, order, line, candidates, room }: BuildParameters): Promise<Report | undefined> {
  const state = await view.line(order.id, line);
  const { delivered, late } = state;
  const most = deliverable(order, line, state);
  const taken: Candidate[] = [];
  let to = delivered;
  for (const candidate of candidates.sort(byTime)) {
    if (to >= most || taken.length === room) break;
    taken.push(candidate);
    to += candidate.quantity;
  }
  if (taken.length === 0) return undefined;
  const events: ReportEvent[] = taken
    .map(({ event, device, quantity }) => ({ device, eventId: event.eventId, content: event.contentHash, quantity }))
    .sort(byKey);
  return {
    order: order.id,
    line,
    from: delivered,
    to,
    late: lateAfter(
      order,
      late,
      taken.map(({ event: { time }, quantity }) => ({ time, quantity })),
    ),
    latest: Math.max(...taken.map(({ event }) => Math.floor(event.time))),
    root: eventsRoot(events),
    events,
  };
}

function byTime(a: Candidate, b: Candidate): number {
  return a.event.time - b.event.time || byKey({ ...a, eventId: a.event.eventId }, { ...b, eventId: b.event.eventId });
}

/** Orders first, so that events of one group's orders take no room from another's. */
async function pendingOrders(db: Kysely<RelayerTables>): Promise<string[]> {
  const rows = await pendingDeliveries(db).select("order_id").distinct().$narrowType<{ order_id: string }>().execute();
  return rows.map(({ order_id }) => order_id);
}

function pendingEvents(db: Kysely<RelayerTables>, orders: readonly string[]) {
  return pendingDeliveries(db)
    .select(["id", "device", "body", "order_id"])
    .where("order_id", "in", orders)
    .orderBy("time")
    .orderBy("id") // of the same time: as they came, so that none waits for all that come later
    .limit(MAX_EVENTS)
    .$narrowType<{ order_id: string }>()
    .execute();
}

function pendingDeliveries(db: Kysely<RelayerTables>) {
  return db
    .selectFrom("events")
    .where("status", "=", "pending")
    .where("kind", "=", "delivery")
    .where("order_id", "is not", null);
}
