// An order of a recorded run, as replay.ts keeps it, from the record and back.
import type { Action, RecordedOrder } from "./recorded.ts";
import { MILLION, NO_END, heldBack, orderedBy, sum, totalOf } from "./settlement.ts";
import type { Amended, Claim, Point, assign, countReport } from "./settlement.ts";

const SLOTS = 16;

export interface LineState {
  points: Point[];
  delivered: bigint;
  late: bigint;
  rejected: bigint;
  decided: bigint;
  good: bigint;
}

export interface LotState {
  line: number | null;
  quantity: bigint;
  late: bigint;
  ends: number;
  status: "pending" | "rejected" | "disputed";
}

export interface OrderState {
  buyer: string;
  supplier: string;
  arbiter: string;
  lines: LineState[];
  rate: bigint;
  capDays: bigint;
  window: number;
  answer: number;
  arbitration: number;
  split: bigint;
  retention: bigint;
  retentionUntil: number;
  due: number;
  expiry: number;
  grace: number;
  open: boolean;
  ended: boolean;
  called: boolean; // on the retention
  seq: number;
  earned: bigint;
  paid: bigint;
  refunded: bigint;
  forfeited: bigint;
  lots: Map<string, LotState>;
  nextLot: number;
  nextId: number;
  claims: Claim[];
}

/** What an assignment asks for, in the terms of the arithmetic. */
export function assignmentOf(a: Action, order: OrderState): Parameters<typeof assign>[0] {
  const { claims, paid, nextId } = order;
  const ask = { id: Number(a.id), amount: big(a.amount), to: String(a.to), maxStart: big(a.max_start) };
  return { claims, paid, most: fundedOf(order) - order.refunded, nextId, ...ask, slots: Number(a.slots ?? 1) };
}

/** What a report says about its line. */
export function reportOf(a: Action, order: OrderState): Parameters<typeof countReport>[0] {
  const line = order.lines[Number(a.line)]!;
  const report = { from: big(a.from), to: big(a.cumulative), reportedLate: big(a.late) };
  return { ...line, ordered: orderedBy(line.points), ...report, capDays: order.capDays };
}

/** The lines of an amendment, as they are and as they are to be. */
export function amendedBy(a: Action, order: OrderState): Amended[] {
  const schedules = pointsOf(a);
  return order.lines.map((line, i) => ({ ...line, next: schedules[i]! }));
}

/** The schedules of an amendment without the origin that they all begin with. */
export function pointsOf(a: Action): Point[][] {
  const schedules = a.points as [string, string][][];
  return schedules.map((points) =>
    points.slice(1).map(([quantity, money]) => ({ quantity: BigInt(quantity), money: BigInt(money) })),
  );
}

/** What the buyer paid in, by the present schedules. */
export function fundedOf({ lines }: OrderState): bigint {
  return sum(lines.map(({ points }) => totalOf(points)));
}

/** What of an order is not paid at a time, though it was earned. */
export function heldBackAt(order: OrderState, now: number): bigint {
  const retention = now < order.retentionUntil ? order.retention : 0n;
  return heldBack({ ...order, retention, called: order.lots.get("retention")?.quantity ?? 0n });
}

/** An order as its creation leaves it. */
export function orderOf(a: Action): OrderState {
  const lines = (a.lines as [string, string][]).map(([quantity, money]) => ({
    points: [{ quantity: BigInt(quantity), money: BigInt(money) }],
    ...{ delivered: 0n, late: 0n, rejected: 0n, decided: 0n, good: 0n },
  }));
  const supplier = String(a.supplier);
  return {
    buyer: String(a.buyer ?? a.by),
    supplier,
    arbiter: String(a.arbiter ?? ""),
    lines,
    ...{ rate: big(a.rate), capDays: big(a.cap_days), split: big(a.split ?? MILLION), retention: big(a.retention) },
    ...{ window: Number(a.window ?? 0), answer: Number(a.answer ?? 0), arbitration: Number(a.arbitration ?? 0) },
    ...{ retentionUntil: Number(a.retention_until ?? 0), due: Number(a.due) },
    ...{
      expiry: Number(a.expiry),
      grace: Number(a.grace),
      open: true,
      ended: false,
      called: false,
      seq: 0,
      earned: 0n,
      paid: 0n,
      refunded: 0n,
      forfeited: 0n,
    },
    ...{ lots: new Map(), nextLot: 0, nextId: 1 },
    claims: [{ start: 0n, end: NO_END, owner: supplier, slots: SLOTS, id: 0 }],
  };
}

/** An order as the record has it. */
export function recordOf(order: OrderState): RecordedOrder {
  const { open, ended, seq, earned, paid, refunded, lines, lots, claims } = order;
  const funded = fundedOf(order);
  return {
    ...{ open, ended, seq, funded: `${funded}`, earned: `${earned}`, paid: `${paid}`, refunded: `${refunded}` },
    held: `${funded - paid - refunded}`,
    delivered: lines.map(({ delivered }) => `${delivered}`),
    late: lines.map(({ late }) => `${late}`),
    rejected: lines.map(({ rejected }) => `${rejected}`),
    good: lines.map(({ good }) => `${good}`),
    lots: Object.fromEntries(
      [...lots].map(([number, l]) => [number, [l.line, `${l.quantity}`, `${l.late}`, l.ends, l.status]]),
    ),
    claims: claims.map(({ start, end, owner, slots, id }) => [`${start}`, `${end}`, owner, slots, id]),
  };
}

/** Accounts as the record has them. */
export function textOf(accounts: Map<string, bigint>): Record<string, string> {
  return Object.fromEntries([...accounts].map(([name, amount]) => [name, `${amount}`]));
}

/** An argument that is an amount or a quantity; none is zero. */
export function big(value: unknown): bigint {
  return BigInt((value ?? 0) as string | number | bigint);
}
