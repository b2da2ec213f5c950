// Random orders, and random things that happen to them: what is to happen is said in parts and places, and becomes an
// action by the state that the order is in. So any sequence can be made shorter, and still makes sense.
import fc from "../support/fastCheck.ts";
import { BEGIN } from "./chainScene.ts";
import { amendedBy, fundedOf, heldBackAt } from "./orderState.ts";
import type { LineState, OrderState } from "./orderState.ts";
import type { Action, RecordedClaim } from "./recorded.ts";
import { ownersHurt } from "./rules.ts";
import { MILLION, amendmentFault, divideUp, orderedBy, ownersAbove, totalOf, valueAt } from "./settlement.ts";
import type { Point } from "./settlement.ts";

const DAY = 86_400;
const PAYEES = ["mill", "forge", "bank", "fund", "buyer", "plant"];
const KINDS = [
  ...["confirm", "confirm", "confirm", "assign", "assign", "amend", "amend", "inspect", "claim_retention", "dispute"],
  ...["rule", "resolve", "settle", "refund", "cancel", "wait", "wait", "refuse"],
];

/** What is to happen. Parts are in millionths of what there is; `slip` makes an amount or a time wrong by one. */
export interface Intent {
  kind: string;
  /** Rather what some lot of the order waits for. */
  urgent: boolean;
  place: number;
  part: bigint;
  other: bigint;
  slip: bigint;
  /** With an old list of claims, where there was one. */
  stale: boolean;
  relayed: boolean;
}

const upTo = (max: bigint) => fc.bigInt({ min: 0n, max });
const parts = fc.oneof(fc.constantFrom(MILLION, 1n, MILLION / 2n), upTo(MILLION));
const days = (most: number) => fc.integer({ min: 1, max: most }).map((count) => count * DAY);

export const intents: fc.Arbitrary<Intent[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    urgent: fc.boolean(),
    place: fc.nat(7),
    part: parts,
    other: parts,
    slip: fc.constantFrom(0n, 0n, 0n, 0n, 0n, 0n, 1n, -1n),
    stale: fc.constantFrom(false, false, false, false, true),
    relayed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40, size: "max" },
);

/** Small where roundings matter, and as large as the chain's words allow. */
const lines = fc
  .array(
    fc.tuple(
      fc.oneof(upTo(12n), upTo(1_000n), upTo((1n << 40n) - 2n), fc.constant((1n << 40n) - 2n)),
      fc.oneof(upTo(30n), upTo(1_000_000n), upTo(1n << 53n), fc.constant((1n << 53n) + (1n << 52n))),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) => all.map(([quantity, money]) => [`${quantity + 1n}`, `${money + 1n}`]));

const penalties = fc.option(fc.record({ cap: fc.integer({ min: 1, max: 16 }), part: parts }), { nil: null });
const inspections = fc.option(days(4), { nil: null });
const retentions = fc.option(fc.constantFrom(1, 50_000, 333_333, 999_999), { nil: null });

/** The action that creates an order of any kind. */
export const creations: fc.Arbitrary<Action> = fc
  .record({ lines, penalties, inspections, retentions, split: parts, due: days(10), more: fc.nat(10 * DAY) })
  .map(({ lines, penalties, inspections, retentions, split, due, more }) => {
    const expiry = BEGIN + due + more;
    const disputable = { arbiter: "arbiter", answer: 2 * DAY, arbitration: 3 * DAY, split: Number(split) };
    return {
      ...{ do: "create", order: "order", by: "buyer", supplier: "plant", group: "g1", grace: DAY, lines },
      ...{ due: BEGIN + due, expiry },
      ...(penalties && { cap_days: penalties.cap, rate: (Number(penalties.part) / penalties.cap) | 0 }),
      ...((inspections ?? retentions) && disputable),
      ...(inspections && { window: inspections }),
      ...(retentions && { retention: retentions, retention_until: expiry + 3 * DAY }),
    };
  });

/** The action that an intent is in this state; null where there is nothing to do. */
export function actionOf(
  intent: Intent,
  p: { order: OrderState; now: number; lists: RecordedClaim[][] },
): Action | null {
  const { order, now } = p;
  const waiting = [...order.lots.values()].map(({ ends, status }) => {
    return now >= ends ? "resolve" : { pending: "inspect", rejected: "dispute", disputed: "rule" }[status];
  });
  const kind =
    (intent.urgent && intent.kind !== "wait" ? waiting[intent.place % Math.max(1, waiting.length)] : undefined) ??
    intent.kind;
  const made = MAKERS[kind]!({ ...intent, order, now });
  const old = p.lists.slice(0, -1).filter((list) => list.length > 1);
  const stale = intent.stale && old.length > 0 && ["confirm", "inspect", "rule", "resolve"].includes(kind);
  return made && { do: kind, order: "order", ...made, ...(stale && { claims: old[intent.place % old.length]! }) };
}

type Made = Record<string, unknown> | null;
type Maker = (p: Intent & { order: OrderState; now: number }) => Made;

const MAKERS: Record<string, Maker> = {
  confirm({ order, now, place, part, other, slip, urgent }) {
    const index = place === 7 ? order.lines.length : place % order.lines.length;
    const line = order.lines[Math.min(index, order.lines.length - 1)]!;
    const room = orderedBy(line.points) + line.rejected - line.delivered;
    const quantity = partOf(room, part) + (urgent ? other : 0n) + (slip > 0n ? 1n : 0n);
    const late = line.late + partOf(quantity * order.capDays, other) + (slip > 0n ? line.late + 1n : 0n);
    const from = line.delivered + (slip < 0n ? 1n : 0n);
    return {
      ...{ line: index, from: `${from}`, cumulative: `${line.delivered + quantity}`, late: `${late}` },
      ...{ at: Math.min(now, order.expiry + (place === 6 ? 1 : 0)), signers: ["relayer1"] },
    };
  },
  inspect({ order, place, part, slip }) {
    const [lot, goods] = lotOf(order, "pending", place);
    const reject = partOf(goods?.quantity ?? 1n, part) * (slip < 0n ? 0n : 1n) + (slip > 0n ? 1n : 0n);
    return lot === "retention" ? null : { lot, reject: `${reject}`, by: "buyer" };
  },
  claim_retention({ order, now, part, slip }) {
    const amount = partOf(heldBackAt(order, now), part) + slip;
    return { amount: `${amount < 0n ? 0n : amount}`, by: "buyer" };
  },
  dispute({ order, place, part, slip }) {
    const parties = ["plant", ...ownersAbove({ claims: order.claims, amount: order.paid })];
    const by = slip < 0n ? "stranger" : parties[Number(part) % parties.length]!;
    return { lot: lotOf(order, "rejected", place)[0], by };
  },
  rule: ({ order, place, part, slip }) => ({
    ...{ lot: lotOf(order, "disputed", place)[0], share: Number(part + (slip > 0n ? 1n : 0n)) },
    by: slip < 0n ? "plant" : "arbiter",
  }),
  resolve({ order, place }) {
    const lots = [...order.lots.keys()];
    return { lot: lots[place % Math.max(1, lots.length)] ?? "0" };
  },
  settle: () => ({}),
  refund: () => ({}),
  cancel({ order, part, slip, place, urgent }) {
    if (place > 0) return null; // it is the end of a sequence
    const rest = fundedOf(order) - order.refunded - order.paid;
    const payout = order.paid + partOf(rest, part) + slip;
    const owners = ownersAbove({ claims: order.claims, amount: payout });
    const signed = everybody(["buyer", "plant", ...(urgent ? owners.slice(1) : owners)]);
    return payout < 0n ? null : { payout: `${payout}`, seq: order.seq, signed };
  },
  amend({ order, now, place, part, other, slip, urgent }) {
    const points = order.lines.map((line, i) => [["0", "0"], ...changedLine(line, (place + i) % 5, part, other)]);
    const move = slip === 0n ? 0 : Number(slip) * DAY;
    const due = Math.max(order.due + move, Math.min(now, order.due));
    const expiry = Math.max(order.expiry + (urgent ? move : 0), due);
    const amendment = { do: "amend", points, due, expiry, seq: order.seq };
    // Of schedules that are refused whoever signs, nobody can say whom they hurt.
    const fault = amendmentFault({ lines: amendedBy(amendment, order), capDays: order.capDays });
    const owners = fault !== null || (urgent && slip === 0n) ? [] : ownersHurt({ action: amendment, order });
    return { ...amendment, signed: everybody(["buyer", "plant", ...owners]) };
  },
  assign({ order, place, part, other, slip, urgent }) {
    const claim = order.claims[place % order.claims.length]!;
    const start = claim.start > order.paid ? claim.start : order.paid;
    const end = fundedOf(order) - order.refunded;
    const amount = partOf((claim.end < end ? claim.end : end) - start, part) + slip;
    if (amount < 0n) return null;
    const whole = start + amount === claim.end;
    const slots = whole && !urgent ? claim.slots : 1 + (Number(other) % 4);
    const to = PAYEES[Number(part + other) % PAYEES.length]!;
    const price = place % 2 === 0 ? { price: `${amount}` } : {};
    const signed = everybody([claim.owner, ...(place % 2 === 0 ? [to] : [])]);
    const maxStart = place === 6 ? start - 1n : start;
    if (maxStart < 0n) return null;
    return { id: claim.id, amount: `${amount}`, to, max_start: `${maxStart}`, seq: order.seq, slots, ...price, signed };
  },
  wait({ order, now, place, slip, part }) {
    const ends = [...order.lots.values()].map((lot) => lot.ends);
    const times = [...ends, order.due, order.expiry, order.expiry + order.grace, order.retentionUntil];
    const next = times.filter((time) => time > now + 1).sort((a, b) => a - b);
    const wanted = next[place % 3];
    return {
      seconds: wanted === undefined || place > 4 ? Number(partOf(BigInt(DAY), part)) : wanted - now + Number(slip),
    };
  },
  refuse: ({ place, part }) => ({ account: PAYEES[place % PAYEES.length]!, on: part > MILLION / 2n }),
};

/** Of an amount a part, at least one unit where there is one. */
function partOf(amount: bigint, part: bigint): bigint {
  return amount <= 0n ? 0n : divideUp(amount * part, MILLION);
}

function everybody(names: string[]): string[] {
  return [...new Set(names)];
}

/** A lot that is in a state, or any, or one that there never was. */
function lotOf(order: OrderState, status: string, place: number) {
  const lots = [...order.lots];
  const fitting = lots.filter(([, lot]) => lot.status === status);
  const among = fitting.length > 0 ? fitting : lots;
  return among[place % Math.max(1, among.length)] ?? (["0", undefined] as const);
}

/** A line's schedule as it is, with more of it, with less of it, with another price for the rest, or repriced. */
function changedLine(line: LineState, kind: number, part: bigint, other: bigint): [string, string][] {
  const { points, good } = line;
  const [ordered, total] = [orderedBy(points), totalOf(points)];
  const text = (list: Point[]) => list.map(({ quantity, money }): [string, string] => [`${quantity}`, `${money}`]);
  if (kind === 1) {
    const last = { quantity: ordered + partOf(ordered, part), money: total + partOf(total, other) };
    // The last point once more is no other schedule in terms: it fills up those that have fewer points.
    return text(last.quantity === ordered && last.money === total ? points : [...points, last]);
  }
  const kept = max(line.delivered - line.rejected, divideUp(good, MILLION));
  if (kind === 2) {
    const quantity = kept + partOf(ordered - kept, part);
    const money = valueAt({ points, good: quantity * MILLION }) + (other % 2n);
    return text([...points.filter((point) => point.quantity < quantity), { quantity, money }]);
  }
  if (kind === 3 && kept > 0n && kept < ordered) {
    const money = valueAt({ points, good: kept * MILLION });
    const before = points.filter((point) => point.quantity < kept);
    return text([...before, { quantity: kept, money }, { quantity: ordered, money: money + partOf(total, part) }]);
  }
  if (kind === 4) return text(points.map(({ quantity, money }) => ({ quantity, money: money + partOf(money, other) })));
  return text(points);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
