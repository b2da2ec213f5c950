// Which mutants are tried: as many slots as wanted, spread evenly over all files, and in each slot the first that counts.

/** Splits a list into `count` neighbourhoods of equal size; within each the seed decides the order. */
export function slots<T>({ all, count, seed }: { all: T[]; count: number; seed: number }): T[][] {
  const width = Math.max(1, all.length / count);
  const random = generator(seed);
  return Array.from({ length: Math.min(count, all.length) }, (_, i) => {
    const slot = all.slice(Math.floor(i * width), Math.floor((i + 1) * width));
    return slot
      .map((item) => ({ item, key: random() }))
      .sort((left, right) => left.key - right.key)
      .map(({ item }) => item);
  });
}

/** The same numbers for the same seed, on every machine: a linear congruential generator (Numerical Recipes). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}
