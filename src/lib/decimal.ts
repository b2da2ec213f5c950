import { FactoryChainError } from "./errors.ts";

/** An exact decimal number: `digits` x 10^-`scale`. */
export interface Decimal {
  digits: bigint;
  /** How many decimal places, never negative. */
  scale: number;
}

const PLAIN = /^([+-]?)(\d+)(?:\.(\d*))?$|^([+-]?)\.(\d+)$/;
const JSON_NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** Longer literals are refused: nothing that is ordered or paid needs them, and arithmetic on them is not free. */
const LONGEST = 100;

/**
 * Reads an XML Schema decimal ("12", "-1.50", "+.5", "7."). Trailing zeros do not count as precision.
 * @throws FactoryChainError `not-a-decimal`
 */
export function parseDecimal(text: string): Decimal {
  const match = text.length <= LONGEST ? PLAIN.exec(text) : null;
  if (match === null) throw notADecimal(text, "a decimal number such as 12 or 0.25");
  const sign = match[1] ?? match[4] ?? "";
  const fraction = match[3] ?? match[5] ?? "";
  const digits = BigInt((match[2] ?? "0") + fraction);
  return trim({ digits: sign === "-" ? -digits : digits, scale: fraction.length });
}

/**
 * Reads a number's literal as JSON writes it, with an exponent at will, without going through a float.
 * @throws FactoryChainError `not-a-decimal`, also for exponents beyond +-40
 */
export function parseJsonNumber(literal: string): Decimal {
  const match = literal.length <= LONGEST ? JSON_NUMBER.exec(literal) : null;
  const exponent = Number(match?.[4] ?? "0");
  if (match === null || Math.abs(exponent) > 40) throw notADecimal(literal, "a JSON number such as 12, 0.25 or 1.2e3");
  const fraction = match[3] ?? "";
  const digits = BigInt(`${match[1]}${match[2]}${fraction}`);
  const scale = fraction.length - exponent;
  return trim(scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 });
}

/** The shortest plain text: "12", "-0.05". It reads back as the same number. */
export function formatDecimal({ digits, scale }: Decimal): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = text.slice(0, text.length - scale);
  const fraction = text.slice(text.length - scale).replace(/0+$/, "");
  return `${digits < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** `number` x 10^`decimals` as an integer, or null when it is finer than that. */
export function toScaled(number: Decimal, decimals: number): bigint | null {
  const { digits, scale } = trim(number);
  return scale > decimals ? null : digits * 10n ** BigInt(decimals - scale);
}

/** The number that `scaled` stands for at `decimals` places. */
export function fromScaled(scaled: bigint, decimals: number): Decimal {
  return trim({ digits: scaled, scale: decimals });
}

/** Takes trailing zeros off, so that `scale` is the precision that the number needs. */
export function trim({ digits, scale }: Decimal): Decimal {
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale -= 1;
  }
  return { digits, scale };
}

function notADecimal(text: string, expected: string): FactoryChainError {
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  return new FactoryChainError("not-a-decimal", `"${shown}" is not a decimal number.`, { expected });
}
