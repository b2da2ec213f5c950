import type { Kysely } from "kysely";
import type { DemandedKeys } from "../chain/deviceSignatures.ts";
import {
  linesFromBytes,
  OPTION_AMENDED,
  OPTION_DEVICES,
  OPTION_INSPECTION,
  OPTION_P256,
  unpackClauses,
} from "../chain/terms.ts";
import type { LineTerms } from "../chain/terms.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { RelayerTables } from "./tables.ts";

/** The terms of an order that an amendment may change, as they were at a block. */
export interface TermsInForce {
  clauses: bigint;
  lines: string;
  /** Due dates, each in force from a time on until the next one; seconds since 1970. The first one was from the start. */
  dues: { since: number; due: number }[];
}

/** Terms in force at a block; without one as they are now. */
export async function termsInForce({
  db,
  order: { id, clauses, lines },
  block = Number.MAX_SAFE_INTEGER,
}: {
  db: Kysely<RelayerTables>;
  /** First terms. */
  order: Pick<RelayerTables["chain_orders"], "id" | "clauses" | "lines">;
  block?: number;
}): Promise<TermsInForce> {
  const amendments = await db
    .selectFrom("chain_amendments")
    .select(["clauses", "lines", "time"])
    .where("order_id", "=", id)
    .where("block", "<=", block)
    .orderBy("block")
    .orderBy("log_index")
    .execute();
  return termsAfter({ clauses, lines }, amendments);
}

type Terms = Pick<RelayerTables["chain_orders"], "clauses" | "lines">;

/** Terms in force after these amendments, in their order. */
export function termsAfter(first: Terms, amendments: readonly (Terms & { time: number })[]): TermsInForce {
  const all = [{ ...first, time: 0 }, ...amendments];
  const last = all.at(-1) ?? first;
  const dues = all.map((terms) => ({ since: terms.time, due: unpackClauses(BigInt(terms.clauses)).due }));
  return { clauses: BigInt(last.clauses), lines: last.lines, dues };
}

/** Whether deliveries are paid when they were inspected, not at once. */
export function isInspected(clauses: bigint): boolean {
  return (unpackClauses(clauses).options & OPTION_INSPECTION) !== 0;
}

/** Hex digits of a point of a price schedule, and of what may stand before the schedules. Schedule.sol has the layout. */
const POINT = 24;
const HEAD = 64;

/**
 * What is ordered of each line, and its total: the last point of its price schedule. It reads these points alone: an
 * order is looked at for every event, and an amendment may have tens of thousands of points.
 *
 * @throws FactoryChainError `terms-lines` when the bytes are not whole lines
 */
export function orderedLines({ clauses, lines }: { clauses: bigint; lines: string }): LineTerms[] {
  const { options, points } = unpackClauses(clauses);
  const heads = [OPTION_AMENDED, OPTION_DEVICES].filter((option) => (options & option) !== 0).length;
  const [first, length] = [2 + heads * HEAD, points * POINT];
  if (points === 0 || (lines.length - first) % length !== 0) {
    throw new FactoryChainError("terms-lines", "The order's lines are not whole.", {
      expected: "the heads that the options ask for, then 12 bytes for each point of each line, as 0x-hex",
    });
  }
  const last: string[] = [];
  for (let end = first + length; end <= lines.length; end += length) last.push(lines.slice(end - POINT, end));
  return linesFromBytes(`0x${last.join("")}`);
}

/** The keys of the devices of which one must sign each report; null: none. Their root stands last before the schedules. */
export function demandedKeys({ clauses, lines }: { clauses: bigint; lines: string }): DemandedKeys | null {
  const { options } = unpackClauses(clauses);
  if ((options & OPTION_DEVICES) === 0) return null;
  const start = 2 + ((options & OPTION_AMENDED) === 0 ? 0 : HEAD);
  return { root: `0x${lines.slice(start, start + HEAD)}`.toLowerCase(), p256: (options & OPTION_P256) !== 0 };
}
