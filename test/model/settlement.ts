// The arithmetic of docs/settlement-rules.md once more, on bigints and derived from the rules alone: what contracts are
// fuzzed against, and what checks the Python model. Pure functions; quantities are in the line's scale, money in minor
// units, rates and shares in parts per million.

export const MILLION = 1_000_000n;
/** Where the supplier's remainder ends: nowhere. */
export const NO_END = 1n << 62n;

/** What a line's counters can hold, and the unit-days that it can be late by where nothing is replaced. */
export const COUNTER = (1n << 48n) - 1n;
export const MOST_LATE = 1n << 44n;

/** A corner of a price schedule: `money` is earned by `quantity`. The origin is not listed; both rise from it. */
export interface Point {
  quantity: bigint;
  money: bigint;
}

/** What money depends on: a line's schedule, and how much of the line is worth money, in millionths of a unit. */
export interface Priced {
  points: Point[];
  good: bigint;
}

/** An interval of an order's axis of money. */
export interface Claim {
  start: bigint;
  end: bigint;
  owner: string;
  slots: number;
  id: number;
}

export interface Payout {
  paid: bigint;
  parts: { owner: string; amount: bigint }[];
  claims: Claim[];
}

interface Piece {
  from: Point;
  to: Point;
}

// ---- a line

/** What `good` earns: the whole pieces below it, and of the piece that it lies in its share, rounded down. */
export function valueAt({ points, good }: Priced): bigint {
  return sum(
    piecesOf(points).map(({ from, to }) => {
      const width = (to.quantity - from.quantity) * MILLION;
      const covered = clamp(good - from.quantity * MILLION, 0n, width);
      return ((to.money - from.money) * covered) / width;
    }),
  );
}

/** The sum of the lines' values, each rounded down by itself. */
export function earnedOf({ lines }: { lines: Priced[] }): bigint {
  return sum(lines.map(valueAt));
}

/** How much of a report counts, and its late unit-days; null when it is skipped. */
export function countReport(p: {
  ordered: bigint;
  delivered: bigint;
  late: bigint;
  rejected: bigint;
  from: bigint;
  to: bigint;
  reportedLate: bigint;
  capDays: bigint;
}): { quantity: bigint; late: bigint } | null {
  const room = min(p.ordered + p.rejected, COUNTER - MOST_LATE) - p.delivered;
  if (p.from !== p.delivered || p.to <= p.from || room <= 0n) return null;
  const reported = p.to - p.from;
  const quantity = min(reported, room);
  const reportedMore = p.reportedLate > p.late ? p.reportedLate - p.late : 0n;
  const late = min(divideUp(reportedMore * quantity, reported), quantity * p.capDays);
  return p.late + late > COUNTER ? null : { quantity, late };
}

/** The buyer's answer to a lot: the accepted part bears its share of the lateness, rounded up. */
export function splitLot(p: { quantity: bigint; late: bigint; reject: bigint }): {
  accepted: { quantity: bigint; late: bigint };
  rejected: { quantity: bigint; late: bigint };
} {
  const quantity = p.quantity - p.reject;
  const late = divideUp(p.late * quantity, p.quantity);
  return { accepted: { quantity, late }, rejected: { quantity: p.reject, late: p.late - late } };
}

/** Millionths of a unit that a decision makes worth money: less the penalty, and of the rest the share granted. */
export function worthOf(p: { quantity: bigint; late: bigint; rate: bigint; share: bigint }): bigint {
  return ((p.quantity * MILLION - p.late * p.rate) * p.share) / MILLION;
}

// ---- an order

/** What is not paid yet of what was earned. `retention` is zero from the retention date on. */
export function heldBack(p: { earned: bigint; retention: bigint; called: bigint; forfeited: bigint }): bigint {
  return max(divideUp(p.earned * p.retention, MILLION), p.called, p.forfeited);
}

/** Of a call on the retention what the buyer keeps, when the supplier is granted `share`. */
export function forfeitedBy({ called, share }: { called: bigint; share: bigint }): bigint {
  return (called * (MILLION - share)) / MILLION;
}

/** Pays each claim what of it lies between `paid` and `payable`. Who is paid in full leaves its slots on top. */
export function payOut({ claims, paid, payable }: { claims: Claim[]; paid: bigint; payable: bigint }): Payout {
  const reached = max(paid, payable);
  const parts = claims
    .map(({ owner, start, end }) => ({ owner, amount: clamp(reached, start, end) - clamp(paid, start, end) }))
    .filter(({ amount }) => amount > 0n);
  const left = claims.filter(({ end }) => end > reached);
  const freed = claims.filter(({ end }) => end <= reached).reduce((all, { slots }) => all + slots, 0);
  const top = left.length - 1;
  const kept = left.map((claim, i) => (i === top ? { ...claim, slots: claim.slots + freed } : claim));
  return { paid: reached, parts, claims: kept };
}

/** What goes back at a refund: all that neither is earned nor, with what is pending at its full worth, can be. */
export function refundOf({ lines }: { lines: (Priced & { pending: bigint })[] }): bigint {
  return sum(
    lines.map(({ points, good, pending }) => totalOf(points) - valueAt({ points, good: good + pending * MILLION })),
  );
}

/**
 * Gives the lowest unpaid `amount` of claim `id` to somebody. Null when the claim does not reach so far, begins above
 * `maxStart`, or its split allowance does not suffice. The two parts get the ids `nextId` and `nextId + 1`.
 */
export function assign(p: {
  claims: Claim[];
  paid: bigint;
  most: bigint; // where the axis ends by now: funded - refunded
  nextId: number;
  id: number;
  amount: bigint;
  to: string;
  maxStart: bigint;
  slots: number;
}): Claim[] | null {
  const claim = p.claims.find(({ id }) => id === p.id);
  if (!claim || p.amount <= 0n) return null;
  const start = max(claim.start, p.paid);
  const end = start + p.amount;
  const whole = end === claim.end;
  if (start > p.maxStart || end > claim.end || end > p.most) return null;
  if (whole ? p.slots !== claim.slots : p.slots < 1 || p.slots >= claim.slots) return null;
  const given = { start, end, owner: p.to, slots: p.slots, id: p.nextId };
  const rest = { ...claim, start: end, slots: claim.slots - p.slots, id: p.nextId + 1 };
  return p.claims.flatMap((other) => (other !== claim ? [other] : whole ? [given] : [given, rest]));
}

/** Owners of assigned intervals that lose something if the payout ends at `amount`. */
export function ownersAbove({ claims, amount }: { claims: Claim[]; amount: bigint }): string[] {
  return claims.filter(({ end }) => end !== NO_END && end > amount).map(({ owner }) => owner);
}

// ---- an amendment

/** A line before and after: `next` takes the place of `points`. */
export interface Amended extends Priced {
  next: Point[];
  delivered: bigint;
  rejected: bigint;
  decided: bigint;
}

export type AmendmentFault = "schedule" | "bounds" | "below-delivered" | "past";

/** What forbids new schedules, whoever signs them; null when nothing does. */
export function amendmentFault({ lines, capDays }: { lines: Amended[]; capDays: bigint }): AmendmentFault | null {
  for (const { next } of lines) if (!rises(next)) return "schedule";
  if (!fitsState({ schedules: lines.map(({ next }) => next), capDays })) return "bounds";
  for (const { points, next, good, delivered, rejected } of lines) {
    if (orderedBy(next) < delivered - rejected) return "below-delivered";
    if (valueAt({ points: next, good }) !== valueAt({ points, good })) return "past";
  }
  return null;
}

/**
 * Whether new schedules can pay an owner less: a lower price at some quantity that they reach, or fewer goods whose
 * worst net does not cover `top`, the end of the highest assigned interval.
 */
export function amendmentHurts(p: {
  lines: Amended[];
  rate: bigint;
  capDays: bigint;
  retention: bigint;
  forfeited: bigint;
  top: bigint;
}): boolean {
  if (p.lines.some(({ points, next }) => isCheaper(points, next))) return true;
  if (p.lines.every(({ points, next }) => orderedBy(next) >= orderedBy(points))) return false;
  const fullPenalty = MILLION - p.rate * p.capDays;
  const worst = p.lines.map(({ next, good, rejected, decided }) => ({
    points: next,
    good: good + (orderedBy(next) + rejected - decided) * fullPenalty,
  }));
  const earned = earnedOf({ lines: worst });
  return earned - heldBack({ earned, retention: p.retention, called: 0n, forfeited: p.forfeited }) < p.top;
}

/** Whether an order with these schedules keeps within what its state can hold. */
export function fitsState({ schedules, capDays }: { schedules: Point[][]; capDays: bigint }): boolean {
  const total = sum(schedules.map(totalOf));
  const ordered = schedules.map(orderedBy);
  const fits = ordered.every((quantity) => quantity > 0n && quantity < 1n << 40n && quantity * capDays <= MOST_LATE);
  return fits && total > 0n && total < (1n << 56n) - 1n;
}

/** What a schedule orders in the end. */
export function orderedBy(points: Point[]): bigint {
  return points.at(-1)?.quantity ?? 0n;
}

/** What a schedule costs in the end. */
export function totalOf(points: Point[]): bigint {
  return points.at(-1)?.money ?? 0n;
}

function rises(points: Point[]): boolean {
  return (
    points.length > 0 && piecesOf(points).every(({ from, to }) => to.quantity > from.quantity && to.money >= from.money)
  );
}

/** Both are straight between their corners, so one lies below the other somewhere only if it does at a corner. */
function isCheaper(points: Point[], next: Point[]): boolean {
  const end = orderedBy(next);
  const corners = [...points, ...next].map(({ quantity }) => quantity).filter((quantity) => quantity <= end);
  return corners.some((quantity) => {
    const [before, after] = [exactAt(points, quantity), exactAt(next, quantity)];
    return after.numerator * before.denominator < before.numerator * after.denominator;
  });
}

/** A schedule's money at a whole quantity, as a fraction; above its end, that of its end. */
function exactAt(points: Point[], quantity: bigint): { numerator: bigint; denominator: bigint } {
  const piece = piecesOf(points).find(({ to }) => quantity <= to.quantity);
  if (!piece) return { numerator: totalOf(points), denominator: 1n };
  const { from, to } = piece;
  const denominator = to.quantity - from.quantity;
  return { numerator: from.money * denominator + (to.money - from.money) * (quantity - from.quantity), denominator };
}

function piecesOf(points: Point[]): Piece[] {
  return points.map((to, i) => ({ from: points[i - 1] ?? { quantity: 0n, money: 0n }, to }));
}

// ---- integers

export function divideUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

export function sum(values: bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function max(...values: [bigint, ...bigint[]]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}

function clamp(value: bigint, low: bigint, high: bigint): bigint {
  return min(max(value, low), high);
}
