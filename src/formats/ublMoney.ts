import { formatDecimal, fromScaled, toScaled } from "../lib/decimal.ts";
import { minorUnitOf } from "./currency.ts";
import { fraction, type Fraction } from "./fraction.ts";
import { aggregates, basic, basics, decimalOf, descendants, isBasic, orderError } from "./ublText.ts";
import type { XmlElement } from "./xml.ts";

/** The order's one currency. */
export interface Money {
  currency: string;
  minorUnit: number;
  /** One minor unit, in the currency. */
  unit: Fraction;
  /** An amount as it stands, if it stands there. Finer than the minor unit is refused. */
  amount(parent: XmlElement | undefined, name: string): Fraction | null;
  /** A price as it stands: prices may be finer than the minor unit. */
  price(parent: XmlElement | undefined): Fraction | null;
  /** A text for people: "12.50 EUR". */
  show(scaled: bigint): string;
}

/** Elements that state money of the order itself. Substitutes, taxable bases and the like may be in other currencies. */
const ORDER_AMOUNTS = new Set(["LineExtensionAmount", "PayableAmount", "PriceAmount"]);

/**
 * The currency is PayableAmount's, else the document's, else that of the lines.
 * @throws FactoryChainError `OrderCurrency` when there is none or there are several, `CurrencyUnknown`
 */
export function moneyOf(order: XmlElement): Money {
  const stated = new Set<string>();
  for (const part of [order, ...aggregates(order, "AnticipatedMonetaryTotal"), ...aggregates(order, "OrderLine", "LineItem")]) {
    for (const element of part === order ? [] : ownAmounts(part)) {
      const code = element.attributes.get("currencyID")?.trim();
      if (code !== undefined && code !== "") stated.add(code);
    }
  }
  const document = basic(order, "DocumentCurrencyCode")?.text.trim();
  if (document !== undefined) stated.add(document);
  const [currency, other] = [...stated];
  if (currency === undefined || other !== undefined) {
    throw orderError("OrderCurrency", currency === undefined ? "The order names no currency." : `The order is in several currencies: ${[...stated].join(", ")}.`, {
      expected: "one currency, in DocumentCurrencyCode and in the currencyID of every amount",
    });
  }
  return createMoney(currency, minorUnitOf(currency));
}

function* ownAmounts(part: XmlElement): Generator<XmlElement> {
  for (const element of descendants(part)) {
    if (isBasic(element) && ORDER_AMOUNTS.has(element.name)) yield element;
  }
}

function createMoney(currency: string, minorUnit: number): Money {
  const show = (scaled: bigint) => `${formatDecimal(fromScaled(scaled, minorUnit))} ${currency}`;
  return {
    currency,
    minorUnit,
    unit: { numerator: 1n, denominator: 10n ** BigInt(minorUnit) },
    amount(parent, name) {
      const element = parent === undefined ? undefined : basics(parent, name).find((one) => isIn(one, currency));
      if (element === undefined) return null;
      const value = decimalOf(element, name);
      if (toScaled(value, minorUnit) === null) {
        throw orderError("OrderAmountTooFine", `${name} ${formatDecimal(value)} ${currency} is finer than the currency's minor unit.`, {
          expected: minorUnit === 0 ? `whole ${currency}` : `at most ${minorUnit} decimal places`,
        });
      }
      return fraction(value);
    },
    price(parent) {
      const element = basic(parent, "PriceAmount");
      return element === undefined ? null : fraction(decimalOf(element, "PriceAmount"));
    },
    show,
  };
}

/** An amount without a currencyID is in the document's currency. */
function isIn(element: XmlElement, currency: string): boolean {
  const code = element.attributes.get("currencyID")?.trim();
  return code === undefined || code === "" || code === currency;
}
