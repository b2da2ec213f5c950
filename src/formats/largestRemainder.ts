import type { Fraction } from "./fraction.ts";

/**
 * Splits `total` in proportion to the weights: everybody gets the floor of an exact share, and what is left goes, one
 * each, to the largest remainders (the first of equals). The parts sum to `total` exactly.
 * @param p.weights not negative, and not all zero
 */
export function splitByLargestRemainder(p: { total: bigint; weights: readonly Fraction[] }): bigint[] {
  const common = p.weights.reduce((denominator, weight) => lcm(denominator, weight.denominator), 1n);
  const weights = p.weights.map((weight) => weight.numerator * (common / weight.denominator));
  const sum = weights.reduce((a, b) => a + b, 0n);
  const parts = weights.map((weight) => (p.total * weight) / sum);
  const remainders = weights.map((weight, index) => ({ index, left: (p.total * weight) % sum }));
  remainders.sort((a, b) => (a.left === b.left ? a.index - b.index : a.left < b.left ? 1 : -1));
  const missing = Number(p.total - parts.reduce((a, b) => a + b, 0n));
  for (const { index } of remainders.slice(0, missing)) parts[index] = (parts[index] ?? 0n) + 1n;
  return parts;
}

function lcm(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return (a / x) * b;
}
