import { formatDecimal, fromScaled, toScaled } from "../lib/decimal.ts";
import { minorUnitOf } from "./currency.ts";
import { fraction, type Fraction } from "./fraction.ts";
import { aggregates, basic, basics, decimalOf, orderError } from "./ublText.ts";
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

/**
 * The currency is that of what is payable and of the lines' amounts, else that of the prices, else the document's: UBL
 * makes DocumentCurrencyCode the default for amounts that name none.
 * @throws FactoryChainError `order-currency` when there is none or there are several, `currency-unknown`
 */
export function moneyOf(order: XmlElement): Money {
  const total = aggregates(order, "AnticipatedMonetaryTotal").flatMap((one) => basics(one, "PayableAmount"));
  const items = aggregates(order, "OrderLine", "LineItem");
  const amounts = currenciesOf([...total, ...items.flatMap((item) => basics(item, "LineExtensionAmount"))]);
  const prices = currenciesOf(
    items.flatMap((item) => aggregates(item, "Price").flatMap((price) => basics(price, "PriceAmount"))),
  );
  const document = basic(order, "DocumentCurrencyCode")?.text.trim();
  if (document !== undefined) minorUnitOf(document);

  const stated = [amounts, prices].find((codes) => codes.length > 0) ?? (document === undefined ? [] : [document]);
  const [currency, other] = stated;
  if (currency === undefined || other !== undefined) {
    const what =
      currency === undefined
        ? "The order names no currency."
        : `The order is in several currencies: ${stated.join(", ")}.`;
    throw orderError("order-currency", what, { expected: "one currency, in the currencyID of every amount" });
  }
  return createMoney(currency, minorUnitOf(currency));
}

function currenciesOf(amounts: XmlElement[]): string[] {
  return [...new Set(amounts.map(currencyOf).filter((code) => code !== ""))];
}

function currencyOf(amount: XmlElement): string {
  return amount.attributes.get("currencyID")?.trim() ?? "";
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
        throw orderError(
          "order-amount-too-fine",
          `${name} ${formatDecimal(value)} ${currency} is finer than the currency's minor unit.`,
          {
            expected: minorUnit === 0 ? `whole ${currency}` : `at most ${minorUnit} decimal places`,
          },
        );
      }
      return fraction(value);
    },
    price(parent) {
      const element = basic(parent, "PriceAmount");
      return element === undefined || !isIn(element, currency) ? null : fraction(decimalOf(element, "PriceAmount"));
    },
    show,
  };
}

/** An amount without a currencyID is in the order's currency. */
function isIn(element: XmlElement, currency: string): boolean {
  return ["", currency].includes(currencyOf(element));
}
