import { heldFor, partsOf } from "../../sdk/ledger/accounts.ts";
import type { Entry } from "../../sdk/ledger/journal.ts";
import type { OrderFigures } from "../../sdk/ledger/orders.ts";
import type { Ledger } from "../../sdk/ledger/readLedger.ts";

/** Which part of the books somebody wants to see; null: all. */
export interface Selection {
  /** An order's id. */
  order: string | null;
  /** Addresses, lowercase. */
  accounts: ReadonlySet<string> | null;
}

/** What is shown of a ledger: entries, orders and accounts that concern the selection. */
export interface Shown {
  ledger: Ledger;
  entries: Entry[];
  orders: OrderFigures[];
  accounts: { account: string; amount: bigint }[];
}

/**
 * The part of a ledger that concerns an order, or an organisation's accounts: its own entries, and of an organisation
 * also the orders that it bought or supplies. Balances are always those of the whole ledger.
 */
export function select(ledger: Ledger, { order, accounts }: Selection): Shown {
  const isOneOf = (address: string) => accounts === null || accounts.has(address);
  const isOwn = (account: string) => isOneOf(partsOf(account).holder);
  const orders = ledger.orders.filter(
    ({ order: id, terms }) => (order === null || id === order) && (isOneOf(terms.buyer) || isOneOf(terms.supplier)),
  );
  const names = new Set(orders.map((one) => one.order));
  const entries = ledger.entries.filter((entry) => {
    const touched = entry.postings.some(({ account }) => isOwn(account));
    const ofOrder = entry.order !== null && names.has(entry.order);
    if (order !== null) return entry.order === order && (touched || ofOrder);
    return touched || (accounts !== null && ofOrder);
  });
  const touched = new Set(entries.flatMap(({ postings }) => postings.map(({ account }) => account)));
  const balances = [...ledger.balances].filter(([account]) => {
    const { kind } = partsOf(account);
    if (kind === "order") return false;
    return order === null ? isOwn(account) : touched.has(account) && isOwn(account);
  });
  return { ledger, entries, orders, accounts: balances.map(([account, amount]) => ({ account, amount })) };
}

/** What the escrow owes in all, by whom it owes it to. */
export function totalsOf(ledger: Ledger): { orders: bigint; balances: bigint; gifts: bigint } {
  const totals = { orders: 0n, balances: 0n, gifts: 0n };
  for (const [account, amount] of ledger.balances) {
    const { kind } = partsOf(account);
    if (kind === "order") totals.orders += amount;
    if (kind === "balance") totals.balances += amount;
    if (kind === "gifts") totals.gifts += amount;
  }
  return totals;
}

/** What the escrow holds for an order, by the entries. */
export function heldIn(ledger: Ledger, order: string): bigint {
  return ledger.balances.get(heldFor(order)) ?? 0n;
}
