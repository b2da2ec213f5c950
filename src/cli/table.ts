import { formatDecimal, fromScaled } from "../lib/decimal.ts";

/** Which side a column's text stands on. */
type Side = "left" | "right";

/** Rows as lines of text, with the columns under each other; a row of one text stands alone. */
export function formatTable(p: {
  head: readonly string[];
  rows: readonly (readonly string[])[];
  right?: readonly number[];
}): string {
  const all = [p.head, ...p.rows];
  const widths = p.head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ""))));
  const sideOf = (column: number): Side => (p.right?.includes(column) === true ? "right" : "left");
  const lines = all.map((row) =>
    widths.map((width, column) => pad({ text: row[column] ?? "", width, side: sideOf(column) })).join("  "),
  );
  return lines.map((line) => `  ${line.trimEnd()}`).join("\n");
}

/** An amount in minor units as people write it: 12,273,525 KRW, 1,250.00 EUR. */
export function formatMoney(p: { amount: bigint; minorUnit: number; currency: string }): string {
  const negative = p.amount < 0n;
  const digits = (negative ? -p.amount : p.amount).toString().padStart(p.minorUnit + 1, "0");
  const whole = digits.slice(0, digits.length - p.minorUnit).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = p.minorUnit === 0 ? "" : `.${digits.slice(-p.minorUnit)}`;
  return `${negative ? "-" : ""}${whole}${fraction} ${p.currency}`;
}

/** A scaled quantity with its unit. */
export function formatQuantity(p: { quantity: bigint; decimals: number; unit: string | null }): string {
  return `${formatDecimal(fromScaled(p.quantity, p.decimals))}${p.unit === null ? "" : ` ${p.unit}`}`;
}

/** The beginning and the end of an id. */
export function shorten(id: string): string {
  return id.length <= 14 ? id : `${id.slice(0, 8)}..${id.slice(-4)}`;
}

function pad({ text, width, side }: { text: string; width: number; side: Side }): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return side === "left" ? text + space : space + text;
}

/** Columns that a text takes on a terminal: wide characters take two. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /[ᄀ-ᅟ⺀-꓏가-힣豈-﫿︰-﹏＀-｠￠-￦]/u.test(character) ? 2 : 1;
  return width;
}
