import { concat, dataLength, dataSlice, isHexString } from "ethers";
import type { TypedDataDomain } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { confirmCost, fitsTransaction } from "./confirm.ts";
import {
  OPTION_AMENDED,
  OPTION_DEVICES,
  linesFromBytes,
  linesToBytes,
  orderId,
  packClauses,
  unpackClauses,
} from "./terms.ts";
import type { OrderTerms } from "./terms.ts";

/** A point of a price schedule: cumulative quantity in the line's scale, and what it is worth in minor units. */
export interface Point {
  quantity: bigint;
  total: bigint;
}

/** Prices of a line: from (0, 0) in straight lines from point to point. The last one is what is ordered, and its total. */
export type Schedule = readonly Point[];

/** What the `lines` of an order's terms hold. */
export interface TermsLines {
  /** The order's id in amended terms; null in first ones, whose digest it is. */
  order: string | null;
  /** Merkle root of the devices' keys; null where the order demands no device signatures. */
  devices: string | null;
  /** One for each line. */
  schedules: Schedule[];
}

/** Quantities count in units of the line's scale, what is worth money in millionths of a unit. */
export const MILLION = 1_000_000n;

/** Hashes in the proof of a device's key, as many as relayers take. */
const LONGEST_PROOF = 32;
const WORD = 32;

/**
 * Reads the lines of terms. Points that repeat the one before them, which fill up a schedule, are left out.
 * @throws FactoryChainError `terms-lines` when the bytes are not whole schedules behind their heads
 */
export function readLines({ clauses, lines }: Pick<OrderTerms, "clauses" | "lines">): TermsLines {
  const { options, points } = unpackClauses(clauses);
  const amended = (options & OPTION_AMENDED) !== 0;
  const signed = (options & OPTION_DEVICES) !== 0;
  const head = (amended ? WORD : 0) + (signed ? WORD : 0);
  if (!isHexString(lines) || lines.length % 2 !== 0 || dataLength(lines) < head || points === 0) throw notWhole();
  const all = linesFromBytes(dataSlice(lines, head));
  if (all.length === 0 || all.length % points !== 0) throw notWhole();
  const schedules = Array.from({ length: all.length / points }, (_, line) =>
    all
      .slice(line * points, (line + 1) * points)
      .filter((point, index, list) => index === 0 || point.quantity !== list[index - 1]?.quantity),
  );
  return {
    order: amended ? dataSlice(lines, 0, WORD) : null,
    devices: signed ? dataSlice(lines, head - WORD, head) : null,
    schedules,
  };
}

/**
 * The lines of terms as bytes, and how many points each schedule was given: as many as the longest one has.
 * @throws FactoryChainError `terms-range` when a value does not fit its width
 */
export function writeLines({ order, devices, schedules }: TermsLines): { lines: string; points: number } {
  const points = Math.max(1, ...schedules.map((schedule) => schedule.length));
  const filled = schedules.flatMap((schedule) => {
    const last = schedule.at(-1);
    if (last === undefined) throw notWhole();
    return [...schedule, ...Array.from({ length: points - schedule.length }, () => last)];
  });
  return { lines: concat([order ?? "0x", devices ?? "0x", linesToBytes(filled)]), points };
}

/** Value of `good` millionths of a unit of a line, in minor units: floor of its price schedule, as Schedule.sol has it. */
export function valueAt(schedule: Schedule, good: bigint): bigint {
  let from: Point = { quantity: 0n, total: 0n };
  for (const to of schedule) {
    if (good <= to.quantity * MILLION && to.quantity !== from.quantity) {
      const per = (to.quantity - from.quantity) * MILLION;
      return (from.total * per + (to.total - from.total) * (good - from.quantity * MILLION)) / per;
    }
    from = to;
  }
  return from.total;
}

/** What the buyer paid in for terms, in minor units: the sum of the lines' totals. */
export function fundedBy(terms: Pick<OrderTerms, "clauses" | "lines">): bigint {
  return readLines(terms).schedules.reduce((sum, schedule) => sum + (schedule.at(-1)?.total ?? 0n), 0n);
}

/** The id of the order that terms belong to, be they its first ones or amended ones. */
export function orderOfTerms(p: { domain: TypedDataDomain; terms: OrderTerms }): string {
  return readLines(p.terms).order ?? orderId(p);
}

/** What an amendment may change; what is not named stays. */
export interface AmendmentChanges {
  /** Seconds since 1970. */
  due?: number;
  /** Seconds since 1970. */
  expiry?: number;
  /** Id of another relayer group. */
  group?: number;
  /** One for each line. It keeps the value of what was accepted: see `changeLine`. */
  schedules?: readonly Schedule[];
}

/**
 * The terms that an amendment puts in force.
 * @param p.order the order's id
 * @throws FactoryChainError `terms-range`, `terms-lines`; `terms-size` when no transaction could confirm a delivery
 */
export function amendTerms(p: { order: string; terms: OrderTerms; changes: AmendmentChanges }): OrderTerms {
  const { order, terms, changes } = p;
  const { schedules, ...dates } = changes;
  const present = readLines(terms);
  const next = writeLines({ order, devices: present.devices, schedules: [...(schedules ?? present.schedules)] });
  const clauses = unpackClauses(terms.clauses);
  const options = clauses.options | OPTION_AMENDED;
  const bytes = dataLength(next.lines);
  const proof = present.devices === null ? null : LONGEST_PROOF;
  if (!fitsTransaction(confirmCost([{ order, bytes, claims: 0, proof }])))
    throw new FactoryChainError("terms-size", `Lines of ${bytes} bytes leave no room to confirm a delivery.`, {
      expected:
        "lines that fit, with a certificate, into one transaction; each change of price keeps a point of all lines",
      advice: "Cancel what is not delivered, and order it anew.",
    });
  return {
    ...terms,
    clauses: packClauses({ ...clauses, ...dates, options, points: next.points }),
    lines: next.lines,
  };
}

/**
 * A schedule with another quantity or price for what is not yet delivered: as it was up to `kept`, then straight to the
 * new end.
 * @param p.kept what was delivered and not rejected, in the line's scale
 * @param p.good what of it is worth money by now, in millionths of a unit, whose value may not change; default: all of it
 */
export function changeLine(p: {
  schedule: Schedule;
  kept: bigint;
  good?: bigint;
  quantity: bigint;
  total: bigint;
}): Schedule {
  const { schedule, kept, quantity, total, good = p.kept * MILLION } = p;
  const before = schedule.filter((point) => point.quantity < kept);
  const end = { quantity, total };
  if (kept === 0n || kept === quantity) return [...before, end];
  // Where the cut is no whole minor unit, it is rounded so that the value at `good` stays.
  const here = valueAt(schedule, kept * MILLION);
  const cut = [here, here + 1n].map((money) => [...before, { quantity: kept, total: money }, end]);
  return cut.find((next) => valueAt(next, good) === valueAt(schedule, good)) ?? cut[0] ?? [];
}

function notWhole(): FactoryChainError {
  return new FactoryChainError("terms-lines", "The order's lines are not whole.", {
    expected: "the heads that the options ask for, then 12 bytes for each point of each line, as 0x-hex",
  });
}
