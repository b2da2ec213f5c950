import type { Kysely } from "kysely";
import { readLines } from "../chain/schedules.ts";
import { unpackClauses } from "../chain/terms.ts";
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

/** What is ordered of each line, and its total: the last point of its price schedule. */
export function orderedLines(terms: { clauses: bigint; lines: string }): LineTerms[] {
  return readLines(terms).schedules.map((schedule) => schedule.at(-1) ?? { quantity: 0n, total: 0n });
}
