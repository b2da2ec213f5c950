import type { Kysely } from "kysely";
import { linesFromBytes, OPTION_AMENDED, OPTION_DEVICES, unpackClauses } from "../chain/terms.ts";
import type { LineTerms } from "../chain/terms.ts";
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
  const all = [{ clauses, lines, time: 0 }, ...amendments];
  const last = all.at(-1) ?? { clauses, lines };
  const dues = all.map((terms) => ({ since: terms.time, due: unpackClauses(BigInt(terms.clauses)).due }));
  return { clauses: BigInt(last.clauses), lines: last.lines, dues };
}

/** What is ordered of each line, and its total: the last point of its price schedule. Schedule.sol has the layout. */
export function orderedLines({ clauses, lines }: { clauses: bigint; lines: string }): LineTerms[] {
  const { options, points } = unpackClauses(clauses);
  const words = [OPTION_AMENDED, OPTION_DEVICES].filter((option) => (options & option) !== 0).length;
  const schedules = linesFromBytes(`0x${lines.slice(2 + 64 * words)}`);
  return schedules.filter((_, i) => (i + 1) % points === 0);
}
