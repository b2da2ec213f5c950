import type { EventNote } from "./publishing.ts";

/** An event from its publication to the block that paid it; times in milliseconds since 1970. */
export interface Settled {
  published: number;
  paid: number;
}

export type Tally = ReturnType<typeof createTally>;

/**
 * Tells what was settled, from what was published and how far the chain says that each line was delivered. All events of
 * a line that add up to no more than that are settled. Where several events of a line are under way at a time, the one
 * that was published first counts as settled first.
 */
export function createTally() {
  const lines = new Map<string, { delivered: bigint; at: number; open: { upTo: bigint; at: number }[] }>();
  const settled: Settled[] = [];
  let published = 0;
  let reports = 0;

  const lineOf = (order: string, line: number) => {
    const key = `${order}-${line}`;
    const known = lines.get(key) ?? { delivered: 0n, at: 0, open: [] };
    lines.set(key, known);
    return known;
  };

  return {
    published({ order, line, upTo }: EventNote, at: number): void {
      published++;
      const known = lineOf(order, line);
      // The chain may be heard first.
      if (upTo <= known.delivered) settled.push({ published: at, paid: known.at });
      else known.open.push({ upTo, at });
    },

    /** The chain says that a line was delivered up to there. */
    confirmed(p: { order: string; line: number; delivered: bigint }, at: number): void {
      reports++;
      const known = lineOf(p.order, p.line);
      if (p.delivered <= known.delivered) return;
      known.delivered = p.delivered;
      known.at = at;
      const left = known.open.findIndex(({ upTo }) => upTo > p.delivered);
      const done = known.open.splice(0, left === -1 ? known.open.length : left);
      for (const { at: sent } of done) settled.push({ published: sent, paid: at });
    },

    /** Events that are settled, in that order. */
    settled: settled as readonly Settled[],
    counts: () => ({ published, settled: settled.length, inFlight: published - settled.length, reports }),
  };
}

/** The smallest of the values that at least this share of them does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
