/** An organisation as the order names it. */
export interface Party {
  name: string | null;
  /** GLN, endpoint, registration and tax numbers, and the name, in the order in which they stand; no scheme prefixes. */
  identifiers: string[];
}

export interface OrderLine {
  id: string;
  /** GTIN of 14 digits. */
  gtin: string | null;
  /** The seller's, else the buyer's item number. */
  item: string | null;
  name: string | null;
  unit: string | null;
  /** An exact decimal. */
  quantity: string;
  /** The line's share of what is payable, in minor units. */
  amount: string;
}

export interface PurchaseOrder {
  number: string;
  /** ISO instant in UTC; null when the order has no issue date. */
  issued: string | null;
  /** ISO 4217 code and its minor unit. */
  currency: string;
  minorUnit: number;
  buyer: Party;
  supplier: Party;
  lines: OrderLine[];
  /** What is funded, in minor units: the sum of the lines' amounts. */
  payable: string;
  /** Where `payable` comes from: stated in the order, or computed because the order states none. */
  payableSource: "stated" | "computed";
  /** The latest delivery date named anywhere, YYYY-MM-DD. */
  latestDelivery: string | null;
}
