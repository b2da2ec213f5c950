import { percentile } from "./tally.ts";

/** How much later values may exceed earlier ones, as a share. */
export const TOLERANCE = 0.1;
/** Share of a run that is warm-up. */
const WARM_UP = 0.2;

/** A value at a time, in seconds since the start. */
export interface Sample {
  at: number;
  value: number;
}

export interface Flatness {
  flat: boolean;
  /** Medians of the second and of the last third after the warm-up. */
  second: number;
  last: number;
  /** Least-squares slope after the warm-up, an hour. */
  slopePerHour: number;
  max: number;
}

/** Whether a value is flat: after the warm-up, the median of the last third exceeds that of the second by 10% at most. */
export function flatnessOf(samples: readonly Sample[]): Flatness {
  const end = samples.at(-1)?.at ?? 0;
  const rest = samples.filter(({ at }) => at >= end * WARM_UP);
  const third = Math.floor(rest.length / 3);
  const median = (part: readonly Sample[]) =>
    percentile(
      part.map(({ value }) => value),
      0.5,
    );
  const [second, last] = [median(rest.slice(third, 2 * third)), median(rest.slice(2 * third))];
  return {
    flat: last <= second * (1 + TOLERANCE),
    second,
    last,
    slopePerHour: Math.round(slopeOf(rest) * 3_600),
    max: Math.max(...rest.map(({ value }) => value)),
  };
}

/** By least squares, a second. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [at, value] = [mean(samples.map((one) => one.at)), mean(samples.map((one) => one.value))];
  const over = samples.reduce((sum, one) => sum + (one.at - at) * (one.value - value), 0);
  const under = samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
