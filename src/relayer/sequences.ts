import type { Kysely, Selectable } from "kysely";
import type { RelayerTables } from "./tables.ts";

/** Runs of missing numbers that are kept of a device; of more, the oldest are forgotten, and only counted. */
const MOST_GAPS = 64;

/** How far a device has counted its events, and which numbers never came. */
export interface SequenceReport {
  device: string;
  highest: number;
  /** Missing numbers as [from, to], both included, in rising order. */
  gaps: [number, number][];
  /** How many numbers are missing, those that are forgotten included. */
  missing: number;
  /** Missing numbers below the first gap that is kept. */
  forgotten: number;
  /** When one last changed it, seconds since 1970. */
  updated: number;
}

type State = Pick<SequenceReport, "highest" | "gaps" | "forgotten">;

/**
 * Notes the numbers that devices gave their events. A gap says that something is missing here, and is filled when it
 * comes; it stops nothing. What was before the first event that ever came is no gap: nobody knows how a device began.
 */
export async function noteSequence(p: {
  db: Kysely<RelayerTables>;
  now: number;
  events: readonly { device: string; sequence: number }[];
}): Promise<void> {
  const { db, now, events } = p;
  if (events.length === 0) return;
  const devices = [...new Set(events.map(({ device }) => device))];
  const rows = await db.selectFrom("device_sequences").selectAll().where("device", "in", devices).execute();
  const known = new Map<string, State>(rows.map((row) => [row.device, reportOf(row)]));
  for (const { device, sequence } of events) known.set(device, next(known.get(device), sequence));
  const changed = [...known].map(([device, { highest, gaps, forgotten }]) => {
    return { device, highest, gaps: JSON.stringify(gaps), forgotten, updated: now };
  });
  await db
    .insertInto("device_sequences")
    .values(changed)
    .onConflict((conflict) =>
      conflict.column("device").doUpdateSet((row) => ({
        highest: row.ref("excluded.highest"),
        gaps: row.ref("excluded.gaps"),
        forgotten: row.ref("excluded.forgotten"),
        updated: row.ref("excluded.updated"),
      })),
    )
    .execute();
}

/** Devices that count their events, by device id. */
export async function listSequences(p: {
  db: Kysely<RelayerTables>;
  /** Device id after which the list goes on. */
  after?: string;
  limit: number;
  /** Only those with gaps. */
  incomplete?: boolean;
}): Promise<SequenceReport[]> {
  let query = p.db
    .selectFrom("device_sequences")
    .selectAll()
    .where("device", ">", p.after ?? "");
  if (p.incomplete) query = query.where((row) => row.or([row("gaps", "!=", "[]"), row("forgotten", ">", 0)]));
  return (await query.orderBy("device").limit(p.limit).execute()).map(reportOf);
}

/** One device's; undefined when it never gave a number. */
export async function findSequence(db: Kysely<RelayerTables>, device: string): Promise<SequenceReport | undefined> {
  const row = await db.selectFrom("device_sequences").selectAll().where("device", "=", device).executeTakeFirst();
  return row && reportOf(row);
}

function next(state: State | undefined, sequence: number): State {
  if (!state) return { highest: sequence, gaps: [], forgotten: 0 };
  const { highest, forgotten } = state;
  const left = state.gaps.flatMap((gap) => without(gap, sequence));
  const gaps: [number, number][] = sequence > highest + 1 ? [...left, [highest + 1, sequence - 1]] : left;
  const dropped = gaps.slice(0, Math.max(0, gaps.length - MOST_GAPS));
  return {
    highest: Math.max(highest, sequence),
    gaps: gaps.slice(dropped.length),
    forgotten: forgotten + sizeOf(dropped),
  };
}

function without([from, to]: [number, number], sequence: number): [number, number][] {
  if (sequence < from || sequence > to) return [[from, to]];
  const left: [number, number] = [from, sequence - 1];
  const right: [number, number] = [sequence + 1, to];
  return [left, right].filter(([start, end]) => start <= end);
}

function sizeOf(gaps: readonly [number, number][]): number {
  return gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

function reportOf(row: Selectable<RelayerTables["device_sequences"]>): SequenceReport {
  const { device, highest, forgotten, updated } = row;
  const gaps = JSON.parse(row.gaps) as [number, number][];
  return { device, highest, gaps, missing: forgotten + sizeOf(gaps), forgotten, updated };
}
