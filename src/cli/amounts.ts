import { parseDecimal, toScaled } from "../lib/decimal.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { Session } from "./session.ts";

/**
 * An amount as people write it ("1250.50"), in minor units.
 *
 * @throws FactoryChainError `amount-invalid`, `not-a-decimal`
 */
export function parseAmount(p: { text: string; minorUnit: number }): bigint {
  const amount = toScaled(parseDecimal(p.text), p.minorUnit);
  if (amount !== null && amount >= 0n) return amount;
  throw new FactoryChainError("amount-invalid", `${p.text} is no amount of the currency.`, {
    expected: `zero or more, with at most ${p.minorUnit} decimal places`,
  });
}

/** Decimal places of a currency. */
export function minorUnitOf(p: { session: Session; currency: string }): number {
  return p.session.client.deployment.currencies[p.currency]?.minorUnit ?? 0;
}

/**
 * A percentage as people write it ("2.5"), in ppm.
 *
 * @throws FactoryChainError `percent-invalid`, `not-a-decimal`
 */
export function parsePercent(text: string): number {
  const ppm = toScaled(parseDecimal(text), 4);
  if (ppm !== null && ppm >= 0n && ppm <= 1_000_000n) return Number(ppm);
  throw new FactoryChainError("percent-invalid", `${text} is no percentage that can be used.`, {
    expected: "0 to 100, with at most 4 decimal places",
  });
}

/**
 * The end (UTC) of a day, in seconds since 1970.
 *
 * @throws FactoryChainError `date-invalid`
 */
export function parseDay(text: string): number {
  const start = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  if (!Number.isNaN(start)) return start / 1000 + 86_399;
  throw new FactoryChainError("date-invalid", `${text} is no date.`, { expected: "a date such as 2027-03-31" });
}
