import { orderId } from "../../chain/terms.ts";
import type { TypedDataDomain } from "ethers";
import { balanceOf, GIFTS, heldFor, partsOf, UNEXPLAINED } from "./accounts.ts";
import type { Entry, Journal } from "./journal.ts";
import { heldOf } from "./orders.ts";
import type { OrderFigures } from "./orders.ts";

/** What the chain says of an order; amounts in minor units. */
export interface ChainOrder {
  status: OrderFigures["status"] | "none";
  earned: bigint;
  paid: bigint;
  refunded: bigint;
  forfeited: bigint;
  /** Digest of the amended terms in force; null: none. */
  amended: string | null;
}

/** What the chain says at one block. */
export interface ChainFigures {
  orders: ReadonlyMap<string, ChainOrder>;
  /** `creditOf`, by account. */
  credits: ReadonlyMap<string, bigint>;
  /** The escrow's balance of the token. */
  tokens: bigint;
}

/** Two figures of one thing that should be equal. */
export interface Difference {
  /** Account, or order. */
  account: string;
  what: string;
  ledger: string;
  chain: string;
}

/** The balance of every account that the entries name. */
export function balancesOf(entries: readonly Entry[]): Map<string, bigint> {
  const balances = new Map<string, bigint>();
  for (const { postings } of entries) {
    for (const { account, amount } of postings) balances.set(account, (balances.get(account) ?? 0n) + amount);
  }
  return balances;
}

/**
 * Compares a journal with the chain, to the last minor unit; nothing is returned when they agree.
 *
 * @param domain of the escrow; binds the terms in the events to the orders' ids
 */
export function reconcile(p: { journal: Journal; chain: ChainFigures; domain: TypedDataDomain }): Difference[] {
  const { journal, chain, domain } = p;
  const balances = balancesOf(journal.entries);
  return [
    ...orderDifferences({ journal, chain, domain, balances }),
    ...balanceDifferences({ chain, balances }),
    ...tokenDifferences({ journal, chain, balances }),
    ...unexplained(journal.entries),
  ];
}

function orderDifferences(p: {
  journal: Journal;
  chain: ChainFigures;
  domain: TypedDataDomain;
  balances: ReadonlyMap<string, bigint>;
}): Difference[] {
  return [...p.journal.orders.values()].flatMap((order) => {
    const account = heldFor(order.order);
    const chain = p.chain.orders.get(order.order) ?? NONE;
    const compare = (what: string, ledger: unknown, there: unknown) => difference({ account, what, ledger, there });
    const inForce = orderId({ domain: p.domain, terms: order.terms });
    return [
      ...compare("status", order.status, chain.status),
      ...compare("terms in force", inForce, chain.amended ?? order.order),
      ...compare("earned", order.earned, chain.earned),
      ...compare("paid", order.paid, chain.paid),
      ...compare("refunded", order.refunded, chain.refunded),
      ...compare("forfeited", order.forfeited, chain.forfeited),
      ...compare("held", p.balances.get(account) ?? 0n, chainHeld(order, chain)),
    ];
  });
}

const NONE: ChainOrder = { status: "none", earned: 0n, paid: 0n, refunded: 0n, forfeited: 0n, amended: null };

/** Funded less paid less refunded: the first figure follows from the terms, whose digest the chain keeps. */
function chainHeld({ funded }: OrderFigures, chain: ChainOrder): bigint {
  return chain.status === "open" || chain.status === "ended"
    ? heldOf({ status: chain.status, funded, paid: chain.paid, refunded: chain.refunded })
    : 0n;
}

function balanceDifferences(p: { chain: ChainFigures; balances: ReadonlyMap<string, bigint> }): Difference[] {
  return [...p.chain.credits].flatMap(([address, credit]) => {
    const account = balanceOf(address);
    return difference({ account, what: "balance", ledger: p.balances.get(account) ?? 0n, there: credit });
  });
}

/** What the tokens' movements say, and what the chain's own figures say that the escrow owes, against what it has. */
function tokenDifferences(p: {
  journal: Journal;
  chain: ChainFigures;
  balances: ReadonlyMap<string, bigint>;
}): Difference[] {
  const { chain, balances } = p;
  const wallets = [...balances].filter(([account]) => partsOf(account).kind === "wallet");
  const moved = -wallets.reduce((sum, [, amount]) => sum + amount, 0n);
  const held = [...p.journal.orders.values()].map((order) => chainHeld(order, chain.orders.get(order.order) ?? NONE));
  const owed = [...held, ...chain.credits.values()].reduce((sum, amount) => sum + amount, 0n);
  const gifts = balances.get(GIFTS) ?? 0n;
  return [
    ...difference({ account: "escrow", what: "tokens that moved", ledger: moved, there: chain.tokens }),
    ...difference({ account: "escrow", what: "what it owes, and gifts", ledger: owed + gifts, there: chain.tokens }),
  ];
}

function unexplained(entries: readonly Entry[]): Difference[] {
  return entries.flatMap(({ event, transaction, log, postings }) => {
    const found = postings.filter(({ account, amount }) => account === UNEXPLAINED && amount !== 0n);
    const what = `${event}, log ${log} of ${transaction}`;
    return found.map(({ account, amount }) => ({ account, what, ledger: String(amount), chain: "0" }));
  });
}

function difference(p: { account: string; what: string; ledger: unknown; there: unknown }): Difference[] {
  const { account, what, ledger, there } = p;
  return ledger === there ? [] : [{ account, what, ledger: String(ledger), chain: String(there) }];
}
