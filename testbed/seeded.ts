/** Chances that a seed decides. */
export interface Rng {
  /** From 0 up to, not with, 1. */
  next(): number;
  chance(probability: number): boolean;
  /** From 0 up to, not with, `below`. */
  nat(below: number): number;
  pick<T>(list: readonly T[]): T;
}

/** The same chances for the same seed, on every machine (mulberry32). */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const nat = (below: number): number => Math.floor(next() * below);
  return {
    next,
    nat,
    chance: (probability) => next() < probability,
    pick: <T>(list: readonly T[]) => list[nat(list.length)] as T,
  };
}
