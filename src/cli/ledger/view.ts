import { partsOf } from "../../sdk/ledger/accounts.ts";
import type { Difference } from "../../sdk/ledger/reconcile.ts";
import { FactoryChainError } from "../../lib/errors.ts";
import { formatMoney, formatTable, shorten } from "../table.ts";
import type { Context } from "./csv.ts";
import { heldIn, totalsOf } from "./select.ts";
import type { Shown } from "./select.ts";

/** Names for a person, and the currencies' minor units. */
export interface Names extends Context {
  /** Numbers of orders, by id. */
  numbers: ReadonlyMap<string, string>;
  minorUnits: ReadonlyMap<string, number>;
}

/** The books as JSON; docs/formats/ledger.md describes them. */
export function toDocument(shown: readonly Shown[], names: Names): object {
  return {
    currencies: shown.map(({ ledger, entries, orders, accounts }) => ({
      currency: ledger.currency,
      minorUnit: names.minorUnits.get(ledger.currency) ?? 0,
      block: ledger.block,
      tokens: ledger.tokens,
      owed: totalsOf(ledger),
      orders: orders.map(({ terms, ...figures }) => ({
        number: names.numbers.get(figures.order) ?? null,
        ...figures,
        buyer: terms.buyer,
        supplier: terms.supplier,
        held: heldIn(ledger, figures.order),
      })),
      accounts: accounts.map(({ account, amount }) => ({
        ...partsOf(account),
        organisation: ownerOf(account, names),
        amount,
      })),
      entries: entries.map((entry, index) => ({
        entry: index + 1,
        time: names.times.get(entry.block) ?? null,
        ...entry,
      })),
      differences: ledger.differences,
    })),
  };
}

/** The same for a person. */
export function toText(shown: readonly Shown[], names: Names): string {
  return shown.map((one) => sections(one, names).join("\n\n")).join("\n\n");
}

function sections(shown: Shown, names: Names): string[] {
  const { ledger } = shown;
  const { currency, block, tokens, differences } = ledger;
  const money = (amount: bigint) => formatMoney({ amount, currency, minorUnit: names.minorUnits.get(currency) ?? 0 });
  const { orders, balances, gifts } = totalsOf(ledger);
  const gift = gifts === 0n ? "" : `, ${money(gifts)} nobody's: sent past its functions`;
  return [
    `${currency} at block ${block.number} of ${iso(block.time)}`,
    journalTable(shown, names, money),
    ordersTable(shown, names, money),
    accountsTable(shown, names, money),
    `The escrow has ${money(tokens)}: ${money(orders)} for orders, ${money(balances)} of balances${gift}.`,
    differences.length === 0
      ? "Events and chain agree to the last minor unit."
      : `EVENTS AND CHAIN DISAGREE in ${differences.length} figure${differences.length === 1 ? "" : "s"}.`,
  ];
}

type Money = (amount: bigint) => string;

function journalTable({ entries }: Shown, names: Names, money: Money): string {
  const rows = entries.flatMap(({ block, event, order, postings }, index) =>
    postings.map(({ account, amount }, k) =>
      k === 0
        ? [
            String(index + 1),
            iso(names.times.get(block) ?? 0),
            event,
            nameOf(order, names),
            shownAs(account, names),
            money(amount),
          ]
        : ["", "", "", "", shownAs(account, names), money(amount)],
    ),
  );
  if (rows.length === 0) return "Journal: no entries";
  return `Journal\n${formatTable({ head: ["", "time", "event", "order", "account", "amount"], rows, right: [0, 5] })}`;
}

function ordersTable({ orders, ledger }: Shown, names: Names, money: Money): string {
  if (orders.length === 0) return "Orders: none";
  const rows = orders.map(({ order, status, funded, paid, refunded, returned }) => {
    const amounts = [funded, paid, refunded + returned, heldIn(ledger, order)];
    return [nameOf(order, names), status, ...amounts.map(money)];
  });
  const head = ["order", "status", "funded", "= paid", "+ returned", "+ held"];
  return `Orders\n${formatTable({ head, rows, right: [2, 3, 4, 5] })}`;
}

function accountsTable({ accounts }: Shown, names: Names, money: Money): string {
  if (accounts.length === 0) return "Accounts: none";
  const sorted = accounts.toSorted((a, b) => (a.account < b.account ? -1 : 1));
  const rows = sorted.map(({ account, amount }) => [shownAs(account, names), money(amount)]);
  return `Accounts\n${formatTable({ head: ["account", "amount"], rows, right: [1] })}`;
}

/** An account for a person: what it is, and whose. */
function shownAs(account: string, names: Names): string {
  const { kind, holder } = partsOf(account);
  if (kind === "order") return `order ${nameOf(holder, names)}`;
  const organisation = ownerOf(account, names);
  const whose = organisation === null ? "" : ` (organisation ${organisation})`;
  return holder === "" ? kind : `${kind} ${shorten(holder)}${whose}`;
}

function ownerOf(account: string, { organisations }: Names): number | null {
  return organisations.get(partsOf(account).holder) ?? null;
}

function nameOf(order: string | null, { numbers }: Names): string {
  return order === null ? "-" : (numbers.get(order) ?? shorten(order));
}

function iso(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
}

const MOST_SHOWN = 20;

/** What is wrong, with both figures of each. */
export function differenceError(differences: readonly (Difference & { currency: string })[]): FactoryChainError {
  const shown = differences.slice(0, MOST_SHOWN).map(({ currency, account, what, ledger, chain }) => {
    return `  ${currency} ${account}, ${what}: ${ledger} by the events, ${chain} on the chain`;
  });
  const more = differences.length > MOST_SHOWN ? [`  and ${differences.length - MOST_SHOWN} more`] : [];
  return new FactoryChainError("ledger-difference", ["Events and chain disagree:", ...shown, ...more].join("\n"), {
    expected: "that every order and balance follows from the events, to the last minor unit",
    advice:
      "Ask another node (--rpc): one that lost or forged logs shows this. If it stays, stop using the escrow and report it.",
  });
}
