import { partsOf } from "../../sdk/ledger/accounts.ts";
import type { Shown } from "./select.ts";

const COLUMNS = [
  "currency",
  "entry",
  "block",
  "time",
  "transaction",
  "log",
  "event",
  "order",
  "account",
  "holder",
  "organisation",
  "amount",
] as const;

/** What of the books is not in the ledger itself. */
export interface Context {
  /** When a block was made, in seconds since 1970. */
  times: ReadonlyMap<number, number>;
  /** Id of the organisation that an address belongs to. */
  organisations: ReadonlyMap<string, number>;
}

/**
 * Postings as CSV (RFC 4180): one line each, amounts in minor units; those of one entry sum to zero. No value holds a
 * comma, a quote, or anything that a spreadsheet takes for a formula but the minus of an amount.
 */
export function toCsv(shown: readonly Shown[], { times, organisations }: Context): string {
  const rows = shown.flatMap(({ ledger, entries }) =>
    entries.flatMap((entry, index) =>
      entry.postings.map(({ account, amount }) => {
        const { kind, holder } = partsOf(account);
        const time = times.get(entry.block);
        return [
          ledger.currency,
          index + 1,
          entry.block,
          time === undefined ? "" : new Date(time * 1000).toISOString(),
          entry.transaction,
          entry.log,
          entry.event,
          entry.order ?? "",
          kind,
          holder,
          organisations.get(holder) ?? "",
          amount,
        ].join(",");
      }),
    ),
  );
  return [COLUMNS.join(","), ...rows].map((row) => `${row}\r\n`).join("");
}
