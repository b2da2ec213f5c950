import { formatDecimal, type Decimal } from "../lib/decimal.ts";
import { hasCheckDigit, toGtin14 } from "./gs1.ts";
import type { OrderLine, Party, PurchaseOrder } from "./purchaseOrder.ts";
import { issuedAt, latestDelivery } from "./ublDates.ts";
import { moneyOf } from "./ublMoney.ts";
import { aggregate, aggregates, basic, basics, decimalOf, orderError, textOf } from "./ublText.ts";
import { bringTogether, lineAmount } from "./ublTotals.ts";
import { parseXml, type XmlElement } from "./xml.ts";

const ORDER = "urn:oasis:names:specification:ubl:schema:xsd:Order-2";
/** A quantity on the chain is at most 2^40 in the line's scale. */
const QUANTITY_LIMIT = 2n ** 40n;
/** More would not fit into one transaction. */
const MOST_LINES = 1000;

/**
 * Reads a UBL 2 Order: docs/formats/order.md says what is read and how totals become lines.
 * @throws FactoryChainError `Xml...`, `order-foreign`, `order-number`, `order-party`, `order-lines`, `order-quantity`, `order-date`,
 * `order-currency`, `currency-unknown`, `order-amount`, `order-amount-too-fine`, `order-totals`, `order-too-large`
 */
export function parseUblOrder(xml: Uint8Array): PurchaseOrder {
  const order = parseXml(xml);
  if (order.namespace !== ORDER || order.name !== "Order") {
    throw orderError(
      "order-foreign",
      `The document is ${article(order.name)} in "${order.namespace.slice(0, 100)}", not an order.`,
      {
        expected: `an Order in ${ORDER} (UBL 2.0 or later)`,
        advice: "Name a file that holds a UBL Order.",
      },
    );
  }
  const number = textOf(order, "ID");
  if (number === null) throw orderError("order-number", "The order has no number.", { expected: "an ID in the order" });
  const money = moneyOf(order);
  const items = lineItems(order);
  const amounts = items.map(({ item, quantity, where }) => lineAmount({ item, quantity, money, where }));
  const totals = bringTogether({ order, lines: amounts, money });
  return {
    number,
    issued: issuedAt(order),
    currency: money.currency,
    minorUnit: money.minorUnit,
    buyer: partyOf(order, "BuyerCustomerParty", "buyer"),
    supplier: partyOf(order, "SellerSupplierParty", "seller"),
    lines: items.map(({ id, item, quantity }, index) => lineOf(id, item, quantity, totals.shares[index] ?? 0n)),
    payable: totals.payable.toString(),
    payableSource: totals.source,
    latestDelivery: latestDelivery(order),
  };
}

interface LineItem {
  id: string;
  item: XmlElement;
  quantity: Decimal;
  where: string;
}

function lineItems(order: XmlElement): LineItem[] {
  const lines = aggregates(order, "OrderLine");
  if (lines.length === 0)
    throw orderError("order-lines", "The order has no lines.", { expected: "at least one OrderLine" });
  if (lines.length > MOST_LINES) {
    throw orderError("order-lines", `The order has ${lines.length} lines.`, {
      expected: `at most ${MOST_LINES} lines`,
      advice: "Divide the order.",
    });
  }
  const seen = new Set<string>();
  return lines.map((line, index) => {
    const item = aggregate(line, "LineItem");
    const id = textOf(item, "ID");
    if (item === undefined || id === null) {
      throw orderError("order-lines", `Line ${index + 1} of the order has no id.`, {
        expected: "a LineItem with an ID in each OrderLine",
      });
    }
    if (seen.has(id))
      throw orderError("order-lines", `Two lines of the order have the id "${id}".`, {
        expected: "an id of its own for each line",
      });
    seen.add(id);
    return { id, item, quantity: quantityOf(item, id), where: `Line ${id}` };
  });
}

function quantityOf(item: XmlElement, id: string): Decimal {
  const element = basic(item, "Quantity");
  if (element === undefined)
    throw orderError("order-quantity", `Line ${id} has no quantity.`, { expected: "a Quantity above zero" });
  const quantity = decimalOf(element, `Line ${id}: Quantity`);
  if (quantity.digits <= 0n) {
    throw orderError("order-quantity", `Line ${id} orders ${formatDecimal(quantity)}.`, {
      expected: "a quantity above zero",
    });
  }
  if (quantity.digits > QUANTITY_LIMIT) {
    throw orderError("order-quantity", `Line ${id} orders ${formatDecimal(quantity)}: too many digits for the chain.`, {
      expected: "at most 2^40 of the finest unit that the quantity names",
      advice: "Order in a larger unit or with fewer decimal places.",
    });
  }
  return quantity;
}

function lineOf(id: string, item: XmlElement, quantity: Decimal, share: bigint): OrderLine {
  const goods = aggregate(item, "Item");
  const ids = ["Standard", "Sellers", "Buyers", "Manufacturers"].map((whose) =>
    goods === undefined ? undefined : basic(aggregate(goods, `${whose}ItemIdentification`), "ID"),
  );
  const [standard, ...others] = ids;
  const gtin =
    ids.map((one) => (one === undefined ? null : gtinOf(one, one === standard))).find((found) => found !== null) ??
    null;
  const named = [...others, gtin === null ? standard : undefined].find((one) => one !== undefined);
  return {
    id,
    gtin,
    item: named?.text.trim() ?? null,
    name: textOf(goods, "Name") ?? textOf(goods, "Description"),
    unit: basic(item, "Quantity")?.attributes.get("unitCode")?.trim() || null,
    quantity: formatDecimal(quantity),
    amount: share.toString(),
  };
}

/** A GTIN says so in its scheme (ISO 6523 code 0160, or "GTIN"); a standard number may also show it by length and check digit. */
function gtinOf(id: XmlElement, standard: boolean): string | null {
  const scheme = id.attributes.get("schemeID")?.trim().toUpperCase() ?? "";
  const gtin = toGtin14(id.text.trim());
  if (gtin === null) return null;
  return scheme === "0160" || scheme === "GTIN" || (standard && hasCheckDigit(id.text.trim())) ? gtin : null;
}

function partyOf(order: XmlElement, role: string, word: string): Party {
  const party = aggregate(order, role, "Party");
  const name =
    textOf(party && aggregate(party, "PartyName"), "Name") ??
    textOf(party && aggregate(party, "PartyLegalEntity"), "RegistrationName");
  const found =
    party === undefined
      ? []
      : [
          ...basics(party, "EndpointID"),
          ...aggregates(party, "PartyIdentification").flatMap((one) => basics(one, "ID")),
          ...aggregates(party, "PartyLegalEntity").flatMap((one) => basics(one, "CompanyID")),
          ...aggregates(party, "PartyTaxScheme").flatMap((one) => basics(one, "CompanyID")),
          ...aggregates(party, "PartyName").flatMap((one) => basics(one, "Name")),
          ...["PartyLegalEntity", "PartyTaxScheme"]
            .flatMap((part) => aggregates(party, part))
            .flatMap((one) => basics(one, "RegistrationName")),
        ];
  const identifiers = [...new Set(found.map((element) => element.text.trim()))];
  if (identifiers.length === 0) {
    throw orderError("order-party", `The order does not say who the ${word} is.`, {
      expected: `${role}/Party with an EndpointID, a PartyIdentification, a CompanyID or a name`,
    });
  }
  return { name, identifiers };
}

function article(name: string): string {
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name.slice(0, 60)}`;
}
