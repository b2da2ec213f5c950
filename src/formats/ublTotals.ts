import type { Decimal } from "../lib/decimal.ts";
import {
  add,
  divide,
  fraction,
  multiply,
  roundToScaled,
  subtract,
  sum,
  within,
  ZERO,
  type Fraction,
} from "./fraction.ts";
import { splitByLargestRemainder } from "./largestRemainder.ts";
import type { Money } from "./ublMoney.ts";
import { aggregate, aggregates, basic, decimalOf, orderError, textOf } from "./ublText.ts";
import type { XmlElement } from "./xml.ts";

export interface OrderTotals {
  /** Minor units. */
  payable: bigint;
  source: "stated" | "computed";
  /** Each line's share of `payable`, in minor units. */
  shares: bigint[];
}

/** Bounds of the chain: line totals and their sum are below 2^56 minor units. */
const TOTAL_LIMIT = 2n ** 56n;
/** Places beyond the minor unit that a computed line amount keeps: a third has no last one. */
const COMPUTED_DECIMALS = 18;

/** A line's amount without tax: as stated, else quantity x price / base quantity with the line's charges and allowances. */
export function lineAmount(p: { item: XmlElement; quantity: Decimal; money: Money; where: string }): Fraction | null {
  const stated = p.money.amount(p.item, "LineExtensionAmount");
  if (stated !== null) return stated;
  const price = aggregate(p.item, "Price");
  const each = p.money.price(price);
  if (each === null) return null;
  const base = basic(price, "BaseQuantity");
  const per =
    base === undefined ? fraction({ digits: 1n, scale: 0 }) : fraction(decimalOf(base, `${p.where}: BaseQuantity`));
  if (per.numerator <= 0n) {
    throw orderError("order-quantity", `${p.where}: BaseQuantity is not above zero.`, {
      expected: "the quantity that the price is for",
    });
  }
  const computed = add(divide(multiply(fraction(p.quantity), each), per), allowanceCharges(p.item, p.money));
  const scale = p.money.minorUnit + COMPUTED_DECIMALS;
  return fraction({ digits: roundToScaled(computed, scale), scale });
}

/**
 * Brings the order's totals together and splits what is payable among the lines.
 * UBL: sum of lines + charges - allowances (+ tax) = TaxInclusiveAmount; - prepaid + rounding = PayableAmount. Lines may
 * have been priced with the tax inside; either reading is accepted, within one minor unit.
 * @throws FactoryChainError `order-totals` with both figures, `order-amount`, `order-amount-too-fine`, `order-too-large`
 */
export function bringTogether(p: {
  order: XmlElement;
  lines: readonly (Fraction | null)[];
  money: Money;
}): OrderTotals {
  const { money } = p;
  const total = aggregate(p.order, "AnticipatedMonetaryTotal");
  const stated = money.amount(total, "PayableAmount");
  const figures = compute(p.order, total, p.lines, money);
  if (stated === null && p.lines.some((amount) => amount === null)) {
    throw orderError("order-amount", "The order says neither what is payable nor what every line costs.", {
      expected: "AnticipatedMonetaryTotal/PayableAmount, or for each line LineExtensionAmount or Price and Quantity",
    });
  }
  const unpriced = p.lines.every((amount) => amount === null);
  if (stated !== null && !(unpriced && p.lines.length === 1)) checkTotals(total, stated, figures, money);
  const payable = roundToScaled(stated ?? figures.outside, money.minorUnit);
  if (payable <= 0n) {
    throw orderError("order-amount", `There is nothing to fund: ${money.show(payable)} is payable.`, {
      expected: "an amount above zero",
    });
  }
  if (payable >= TOTAL_LIMIT) {
    throw orderError("order-too-large", `${money.show(payable)} is more than an order can hold.`, {
      expected: "less than 2^56 minor units",
    });
  }
  return { payable, source: stated === null ? "computed" : "stated", shares: shares(p.lines, payable) };
}

interface Figures {
  lines: Fraction;
  tax: Fraction;
  /** Lines, charges and allowances, before tax. */
  net: Fraction;
  /** What would be payable with the tax inside the lines' amounts, and with it outside. */
  inside: Fraction;
  outside: Fraction;
  /** Rounding less prepaid: what separates the inclusive total from what is payable. */
  settled: Fraction;
}

function compute(
  order: XmlElement,
  total: XmlElement | undefined,
  amounts: readonly (Fraction | null)[],
  money: Money,
): Figures {
  const lines = sum(amounts.map((amount) => amount ?? ZERO));
  const net = add(lines, documentCharges(order, total, money));
  const tax = taxOf(order, money);
  const settled = subtract(
    money.amount(total, "PayableRoundingAmount") ?? ZERO,
    money.amount(total, "PrepaidAmount") ?? ZERO,
  );
  const inside = add(net, settled);
  return { lines, tax, net, inside, outside: add(inside, tax), settled };
}

function checkTotals(total: XmlElement | undefined, payable: Fraction, figures: Figures, money: Money): void {
  const close = (a: Fraction, b: Fraction) => within(a, b, money.unit);
  const show = (value: Fraction) => money.show(roundToScaled(value, money.minorUnit));
  const differ = (name: string, said: Fraction, computed: string) =>
    orderError(
      "order-totals",
      `The order's totals do not add up: ${name} is ${show(said)}, its parts give ${computed}.`,
      {
        expected: "lines + charges - allowances + tax - prepaid + rounding, within one minor unit",
      },
    );
  const either =
    figures.tax.numerator === 0n
      ? show(figures.outside)
      : `${show(figures.outside)} with the tax added and ${show(figures.inside)} with the tax inside`;
  if (!close(payable, figures.outside) && !close(payable, figures.inside))
    throw differ("PayableAmount", payable, either);

  const lines = money.amount(total, "LineExtensionAmount");
  if (lines !== null && !close(lines, figures.lines)) throw differ("LineExtensionAmount", lines, show(figures.lines));
  const inclusive = money.amount(total, "TaxInclusiveAmount");
  if (inclusive !== null && !close(add(inclusive, figures.settled), payable)) {
    throw differ("TaxInclusiveAmount", inclusive, show(subtract(payable, figures.settled)));
  }
  // Some national profiles (OIOUBL) put the tax itself into TaxExclusiveAmount.
  const exclusive = money.amount(total, "TaxExclusiveAmount");
  const readings = [figures.net, subtract(figures.net, figures.tax), figures.tax];
  if (exclusive !== null && !readings.some((reading) => close(exclusive, reading)))
    throw differ("TaxExclusiveAmount", exclusive, show(figures.net));
}

/** Charges less allowances of the document; where only their totals are stated, these. */
function documentCharges(order: XmlElement, total: XmlElement | undefined, money: Money): Fraction {
  if (aggregates(order, "AllowanceCharge").length > 0) return allowanceCharges(order, money);
  return subtract(
    money.amount(total, "ChargeTotalAmount") ?? ZERO,
    money.amount(total, "AllowanceTotalAmount") ?? ZERO,
  );
}

function allowanceCharges(parent: XmlElement, money: Money): Fraction {
  return sum(
    aggregates(parent, "AllowanceCharge").map((element) => {
      const amount = money.amount(element, "Amount");
      if (amount === null && basic(element, "Amount") !== undefined) {
        throw orderError("order-currency", `An AllowanceCharge is not in ${money.currency}, as the order is.`, {
          expected: "one currency",
        });
      }
      const charge = textOf(element, "ChargeIndicator");
      if (amount === null || !/^(?:true|false|1|0)$/.test(charge ?? "")) {
        throw orderError("order-amount", "An AllowanceCharge does not say what it is or how much.", {
          expected: "ChargeIndicator true or false, and an Amount",
        });
      }
      return charge === "true" || charge === "1" ? amount : subtract(ZERO, amount);
    }),
  );
}

/** The document's tax; where it states none, that of its lines. */
function taxOf(order: XmlElement, money: Money): Fraction {
  const totals = aggregates(order, "TaxTotal").map((element) => money.amount(element, "TaxAmount"));
  if (totals.length > 0) return sum(totals.map((amount) => amount ?? ZERO));
  return sum(
    aggregates(order, "OrderLine", "LineItem").map((item) => {
      const line = money.amount(item, "TotalTaxAmount");
      return line ?? sum(aggregates(item, "TaxTotal").map((element) => money.amount(element, "TaxAmount") ?? ZERO));
    }),
  );
}

function shares(lines: readonly (Fraction | null)[], payable: bigint): bigint[] {
  if (lines.length === 1) return [payable];
  const weights = lines.map((amount) => amount ?? ZERO);
  const negative = weights.findIndex((weight) => weight.numerator < 0n);
  if (negative >= 0) {
    throw orderError("order-amount", `The amount of line ${negative + 1} in the order is negative.`, {
      expected: "lines of zero or more; a discount as an AllowanceCharge",
    });
  }
  if (weights.every((weight) => weight.numerator === 0n)) {
    throw orderError(
      "order-amount",
      "No line says what it costs, so the payable amount cannot be divided among them.",
      {
        expected: "LineExtensionAmount, or Price and Quantity, for each line",
      },
    );
  }
  return splitByLargestRemainder({ total: payable, weights });
}
