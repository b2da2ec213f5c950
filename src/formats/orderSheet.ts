/** What relayers must know of an order and what is not on the chain in clear. Its hash is part of the terms. */
export interface OrderSheet {
  number: string;
  buyer: { identifiers: string[] };
  supplier: { identifiers: string[] };
  /** ISO instant in UTC. */
  issued: string;
  /** ISO 4217. */
  currency: string;
  minorUnit: number;
  lines: SheetLine[];
  /** 0x-hex, 32 bytes: without it nobody can guess the sheet from its hash. */
  salt: string;
}

export interface SheetLine {
  id: string;
  /** GTIN of 14 digits. */
  gtin: string | null;
  item: string | null;
  unit: string | null;
  /** The line's scale: quantities on the chain are in 10^-decimals of the unit. */
  decimals: number;
  /** Scaled integer. */
  quantity: string;
  /** Minor units. */
  total: string;
}

export function sheetHash(_sheet: OrderSheet): string {
  throw new Error("not implemented");
}

export function parseOrderSheet(_value: unknown): OrderSheet {
  throw new Error("not implemented");
}
