// Orders of one line in any state that they can be in, also in states that nobody lives to see, and what happens to
// them: for Arithmetic.sol, which looks at hundreds in one call.
import fc from "../support/fastCheck.ts";
import type { Action } from "./recorded.ts";
import { COUNTER, MILLION, MOST_LATE, NO_END, orderedBy, valueAt } from "./settlement.ts";
import type { Claim, Point } from "./settlement.ts";
import type { LotState, OrderState } from "./orderState.ts";

/** When every trial is: the second of the chain's last block. */
export const NOW = 1_800_000_000;

const WINDOW = 1_000;
const OWNERS = ["plant", "mill", "forge", "bank", "fund"];

const upTo = (max: bigint) => fc.bigInt({ min: 0n, max });
const parts = fc.oneof(fc.constantFrom(0n, 1n, MILLION - 1n, MILLION), upTo(MILLION));
/** Small where roundings matter, or as wide as its place. */
const wide = (bits: bigint) =>
  fc.oneof(upTo(9n), upTo(5_000n), upTo((1n << bits) - 2n), fc.constant((1n << bits) - 2n));

/** Rising points, the last one within the bounds of a line. */
export const schedules: fc.Arbitrary<Point[]> = fc
  .tuple(fc.array(fc.tuple(wide(37n), wide(53n)), { minLength: 1, maxLength: 7 }), fc.boolean())
  .map(([steps, single]) => {
    let [quantity, money] = [0n, 0n];
    const points = steps.map(([width, rise]) => ({ quantity: (quantity += width + 1n), money: (money += rise) }));
    return single ? points.slice(-1) : points;
  })
  .filter((points) => (points.at(-1)?.money ?? 0n) > 0n);

const claimLists = fc.array(fc.tuple(parts, fc.nat(OWNERS.length - 1)), { maxLength: 15 });

/** What a trial is made of: parts in millionths of what there is. */
export const seeds = fc.record({
  points: schedules,
  claims: claimLists,
  inspected: fc.boolean(),
  capDays: fc.nat(16),
  rate: parts,
  retention: fc.oneof(fc.constantFrom(0, 0, 1, 999_999), fc.nat(999_999)),
  past: fc.boolean(),
  parts: fc.array(parts, { minLength: 12, maxLength: 12 }),
  full: fc.constantFrom(false, false, false, true),
  kind: fc.constantFrom("confirm", "confirm", "inspect", "rule", "resolve", "settle", "refund"),
});
export type Seed = typeof seeds extends fc.Arbitrary<infer T> ? T : never;

/** An order in a state that is consistent, and an action on it. */
export function trialOf(seed: Seed): { order: OrderState; action: Action } {
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n, i = 0n, j = 0n] = seed.parts;
  const { points, capDays } = { points: seed.points, capDays: BigInt(seed.capDays) };
  const rate = capDays === 0n ? 0n : seed.rate / capDays;
  const ordered = orderedBy(points);
  const line = seed.inspected ? inspectedLine(seed, [a, b, c, d]) : plainLine({ seed, rate, part: a, late: b });
  const earned = valueAt({ points, good: line.good });
  const forfeited = part(earned, seed.past && seed.retention > 0 ? e : 0n);
  const paid = part(earned - forfeited, f);
  const disputable = seed.inspected || seed.retention > 0;
  const order: OrderState = {
    ...{ buyer: "buyer", supplier: "plant", arbiter: disputable ? "arbiter" : "", lines: [{ points, ...line }] },
    ...{ rate, capDays, window: seed.inspected ? WINDOW : 0, answer: WINDOW, arbitration: WINDOW, split: i },
    ...{ retention: BigInt(seed.retention), retentionUntil: NOW + (seed.past ? 0 : 1), due: NOW - 9, expiry: NOW - 5 },
    ...{ grace: seed.kind === "refund" ? 5 : 6, open: true, ended: false, called: true, seq: 1, earned, paid },
    ...{ refunded: 0n, forfeited, lots: new Map<string, LotState>(), nextLot: 1, nextId: 40 },
    claims: claimsOf(seed.claims, { paid, end: points.at(-1)?.money ?? 0n }),
  };
  const pending = line.delivered - line.decided;
  if (pending > 0n && seed.inspected) order.lots.set("0", lotOf({ seed, order, pending, parts: [g, h] }));
  return { order, action: actionOf({ seed, order, room: ordered + line.rejected - line.delivered, part: g, late: j }) };
}

/** A lot whose turn it is; of what is resolved the time is over. */
function lotOf(p: { seed: Seed; order: OrderState; pending: bigint; parts: [bigint, bigint] }): LotState {
  const [goods, late] = p.parts;
  const any = (["pending", "rejected", "disputed"] as const)[Number(late % 3n)] ?? "pending";
  const status = p.seed.kind === "inspect" ? "pending" : p.seed.kind === "rule" ? "disputed" : any;
  const quantity = 1n + part(p.pending - 1n, goods);
  const most = quantity * p.order.capDays;
  return { line: 0, quantity, late: part(most, late), ends: NOW + (p.seed.kind === "resolve" ? 0 : 1), status };
}

function actionOf(p: { seed: Seed; order: OrderState; room: bigint; part: bigint; late: bigint }): Action {
  const { seed, order } = p;
  const line = order.lines[0]!;
  const quantity = 1n + part(p.room + (p.room >> 1n), p.part);
  const to = line.delivered + quantity < COUNTER ? line.delivered + quantity : COUNTER;
  const days = quantity * (order.capDays + 1n);
  const late = line.late + part(days < MOST_LATE ? days : MOST_LATE, p.late);
  const lot = order.lots.get("0")?.quantity ?? 0n;
  const about = { do: seed.kind, order: "order" };
  if (seed.kind === "confirm") {
    // A confirmation without the list of claims counts, and pays nothing of an order that was assigned.
    const stale = order.claims.length > 1 ? { claims: [] } : {};
    const report = {
      line: 0,
      from: `${line.delivered}`,
      cumulative: `${to}`,
      late: `${late < COUNTER ? late : COUNTER}`,
    };
    return { ...about, ...report, at: order.expiry, ...stale };
  }
  if (seed.kind === "inspect") return { ...about, lot: "0", by: "buyer", reject: `${part(lot, p.late)}` };
  if (seed.kind === "rule") return { ...about, lot: "0", by: "arbiter", share: Number(p.late) };
  return seed.kind === "resolve" ? { ...about, lot: "0" } : about;
}

/** Delivered, accepted at once. */
function plainLine(p: { seed: Seed; rate: bigint; part: bigint; late: bigint }) {
  const delivered = part(orderedBy(p.seed.points), p.part);
  const late = part(delivered * BigInt(p.seed.capDays), p.late);
  return { delivered, late, rejected: 0n, decided: delivered, good: delivered * MILLION - late * p.rate };
}

/** Delivered, and decided in part: rejected and replaced, again and again where the line is to be full. */
function inspectedLine(seed: Seed, [a = 0n, b = 0n, c = 0n, d = 0n]: bigint[]) {
  const ordered = orderedBy(seed.points);
  const most = COUNTER - MOST_LATE;
  const rejected = seed.full ? most - ordered - part(ordered, d) + ordered / 2n : part(ordered * 3n, d);
  const kept = part(ordered, a);
  const delivered = rejected + kept < most ? rejected + kept : most;
  const decided = rejected + part(delivered - rejected, b);
  const late = seed.full ? COUNTER - part(MOST_LATE, c) : part(delivered * BigInt(seed.capDays), c);
  return {
    delivered,
    late: late < COUNTER ? late : COUNTER,
    rejected,
    decided,
    good: part((decided - rejected) * MILLION, c),
  };
}

/** Intervals from below, each a part of what is left of the axis; what the supplier keeps lies on top. */
function claimsOf(list: [bigint, number][], p: { paid: bigint; end: bigint }): Claim[] {
  let start = p.paid;
  const claims: Claim[] = [];
  for (const [share, owner] of list) {
    const width = part(p.end - start, share);
    if (width === 0n) continue;
    const [at, id] = [start, 2 * claims.length + 1];
    claims.push({ start: at, end: (start += width), owner: OWNERS[owner]!, slots: 1, id });
  }
  return [
    ...claims,
    { start, end: NO_END, owner: "plant", slots: 16 - claims.length, id: claims.length === 0 ? 0 : 38 },
  ];
}

function part(amount: bigint, millionths: bigint): bigint {
  return (amount * millionths) / MILLION;
}
