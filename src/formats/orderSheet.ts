import { keccak256, toUtf8Bytes } from "ethers";
import { z } from "zod";
import { canonicalJson } from "../lib/canonical.ts";
import { parseDecimal, toScaled } from "../lib/decimal.ts";
import { FactoryChainError } from "../lib/errors.ts";
import type { OrderLine, PurchaseOrder } from "./purchaseOrder.ts";

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

const QUANTITY_LIMIT = 2n ** 40n;
const TOTAL_LIMIT = 2n ** 56n;
/** Decimal places that a measured quantity gets, whatever the order wrote: scales weigh more finely than people order. */
const MEASURED_DECIMALS = 3;
/** UN/ECE Recommendation 20: mass, volume, length, area, energy, time. Everything else is counted. */
const MEASURED_UNITS = new Set(
  "KGM GRM MGM TNE DTN DJ LBR ONZ STN LTN HGM MTR KMT CMT MMT DMT FOT INH YRD SMI MTK CMK DMK KMK FTK INK YDK HAR MTQ CMQ DMQ FTQ INQ YDQ LTR HLT DLT CLT MLT GLL GLI BLL KWH MWH JOU KJO GV HUR MIN SEC".split(
    " ",
  ),
);

const COUNT = /^(?:0|[1-9]\d{0,17})$/;
/** A whole number as text. One check, not two: a second one would run on what the first one refuses. */
const count = (from: bigint, to: bigint) =>
  z.string().refine((value) => COUNT.test(value) && BigInt(value) >= from && BigInt(value) <= to);
const text = z
  .string()
  .min(1)
  .max(1000)
  .refine((value) => value.isWellFormed());
const party = z.strictObject({ identifiers: z.array(text).min(1).max(100) });
const line = z.strictObject({
  id: text,
  gtin: z
    .string()
    .regex(/^\d{14}$/)
    .nullable(),
  item: text.nullable(),
  unit: text.nullable(),
  decimals: z.int().min(0).max(12),
  quantity: count(1n, QUANTITY_LIMIT),
  total: count(0n, TOTAL_LIMIT - 1n),
});
const sheet = z.strictObject({
  number: text,
  buyer: party,
  supplier: party,
  issued: z.string().refine(isInstant),
  currency: z.string().regex(/^[A-Z]{3}$/),
  minorUnit: z.int().min(0).max(4),
  lines: z
    .array(line)
    .min(1)
    .refine((lines) => new Set(lines.map(({ id }) => id)).size === lines.length)
    .refine((lines) => lines.every(({ total }) => COUNT.test(total)) && sumOf(lines) < TOTAL_LIMIT),
  salt: z.string().regex(/^0x[0-9a-f]{64}$/),
});

/**
 * The sheet of an order. A line's scale is the precision of its quantity, at least three decimals for units that are
 * measured, as far as the quantity stays at most 2^40.
 * @param p.salt 0x-hex, 32 random bytes
 * @throws FactoryChainError `order-date` without an issue date
 */
export function toOrderSheet(p: { order: PurchaseOrder; salt: string }): OrderSheet {
  const { order } = p;
  if (order.issued === null) {
    throw new FactoryChainError("order-date", `Order ${order.number} has no issue date.`, {
      expected: "an IssueDate: it decides which deliveries can belong to the order",
      advice: "Add the date to the order, or use --rebase-dates.",
    });
  }
  return parseOrderSheet({
    number: order.number,
    buyer: { identifiers: order.buyer.identifiers },
    supplier: { identifiers: order.supplier.identifiers },
    issued: order.issued,
    currency: order.currency,
    minorUnit: order.minorUnit,
    lines: order.lines.map(toSheetLine),
    salt: p.salt,
  });
}

/** Keccak-256 of the sheet's canonical JSON (RFC 8785), 0x-hex. */
export function sheetHash(sheet: OrderSheet): string {
  return keccak256(toUtf8Bytes(canonicalJson(sheet)));
}

/**
 * Checks that a value from outside is an order sheet, with nothing more in it.
 * @throws FactoryChainError `order-sheet-invalid`
 */
export function parseOrderSheet(value: unknown): OrderSheet {
  const result = sheet.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.map(String).join(".") ?? "";
  throw new FactoryChainError("order-sheet-invalid", `The order sheet is wrong at "${path}".`, {
    expected: "an order sheet as docs/formats/order.md describes it",
    cause: result.error,
  });
}

function toSheetLine(line: OrderLine): SheetLine {
  const quantity = parseDecimal(line.quantity);
  const wanted = MEASURED_UNITS.has(line.unit ?? "") ? Math.max(quantity.scale, MEASURED_DECIMALS) : quantity.scale;
  let decimals = wanted;
  while (decimals > quantity.scale && (toScaled(quantity, decimals) ?? 0n) > QUANTITY_LIMIT) decimals -= 1;
  const scaled = toScaled(quantity, decimals) ?? 0n;
  const { id, gtin, item, unit } = line;
  return { id, gtin, item, unit, decimals, quantity: scaled.toString(), total: line.amount };
}

function sumOf(lines: readonly { total: string }[]): bigint {
  return lines.reduce((sum, { total }) => sum + BigInt(total), 0n);
}

function isInstant(value: string): boolean {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? Date.parse(value) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString() === value.replace("Z", ".000Z");
}
