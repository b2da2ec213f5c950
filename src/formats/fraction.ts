import type { Decimal } from "../lib/decimal.ts";

/** An exact rational number; the denominator is positive. Prices per base quantity need it: 10 / 3 has no decimal. */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const ZERO: Fraction = { numerator: 0n, denominator: 1n };

export function fraction({ digits, scale }: Decimal): Fraction {
  return reduce(digits, 10n ** BigInt(scale));
}

export function add(a: Fraction, b: Fraction): Fraction {
  return reduce(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return add(a, { numerator: -b.numerator, denominator: b.denominator });
}

export function sum(numbers: Iterable<Fraction>): Fraction {
  let total = ZERO;
  for (const number of numbers) total = add(total, number);
  return total;
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return reduce(a.numerator * b.numerator, a.denominator * b.denominator);
}

/** `b` must not be zero. */
export function divide(a: Fraction, b: Fraction): Fraction {
  return multiply(
    a,
    b.numerator < 0n
      ? { numerator: -b.denominator, denominator: -b.numerator }
      : { numerator: b.denominator, denominator: b.numerator },
  );
}

/** Whether two numbers are at most `limit` apart. */
export function within(a: Fraction, b: Fraction, limit: Fraction): boolean {
  const { numerator, denominator } = subtract(a, b);
  return (numerator < 0n ? -numerator : numerator) * limit.denominator <= limit.numerator * denominator;
}

/** Half away from zero, to `decimals` places, as a scaled integer. */
export function roundToScaled({ numerator, denominator }: Fraction, decimals: number): bigint {
  const scaled = (numerator < 0n ? -numerator : numerator) * 10n ** BigInt(decimals);
  const rounded = (2n * scaled + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

function reduce(numerator: bigint, denominator: bigint): Fraction {
  let a = numerator < 0n ? -numerator : numerator;
  let b = denominator;
  while (b !== 0n) [a, b] = [b, a % b];
  return a <= 1n ? { numerator, denominator } : { numerator: numerator / a, denominator: denominator / a };
}
