import { balanceOf, GIFTS, UNEXPLAINED, walletOf } from "./accounts.ts";
import type { LedgerEvent, Place } from "./events.ts";
import { movesOf, sourceOf } from "./moves.ts";
import type { Move } from "./moves.ts";
import { follow } from "./orders.ts";
import type { OrderFigures } from "./orders.ts";

/** Money that an account got (positive) or gave, in minor units. */
export interface Posting {
  account: string;
  amount: bigint;
}

/** What one event did to the accounts; its postings sum to zero, and those that gave come first. */
export interface Entry extends Place {
  event: string;
  /** Null where the event names none. */
  order: string | null;
  postings: Posting[];
}

export interface Journal {
  entries: Entry[];
  orders: Map<string, OrderFigures>;
}

/** A move whose target is not known yet: no token moved so far, and nothing was credited. */
interface Waiting {
  entry: Entry;
  payee: string;
  orCredit: boolean;
  left: bigint;
}

/**
 * Writes the double-entry journal of an escrow from its events and its token's transfers, in the chain's order.
 *
 * Money leaves in the order in which events announced it, and payments of one payee in a row are one transfer: so each
 * transfer or credit fills the oldest announced payments of its payee within the transaction. What the events leave open
 * is posted to `unexplained`.
 */
export function writeJournal(events: readonly LedgerEvent[]): Journal {
  const orders = new Map<string, OrderFigures>();
  const entries: Entry[] = [];
  for (const transaction of byTransaction(events)) entries.push(...writeTransaction(transaction, orders));
  return { entries, orders };
}

function byTransaction(events: readonly LedgerEvent[]): LedgerEvent[][] {
  const all: LedgerEvent[][] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (last?.[0]?.transaction === event.transaction) last.push(event);
    else all.push([event]);
  }
  return all;
}

function writeTransaction(events: readonly LedgerEvent[], orders: Map<string, OrderFigures>): Entry[] {
  const entries: Entry[] = [];
  const waiting: Waiting[] = [];
  const pulls: { entry: Entry; payer: string; move: Move }[] = []; // one at most

  function open(event: LedgerEvent): Entry {
    const { block, transaction, log, name } = event;
    const order = "order" in event ? event.order : null;
    const entry: Entry = { block, transaction, log, event: name, order, postings: [] };
    entries.push(entry);
    return entry;
  }

  /** The transfer that should follow an event at once does not. */
  function endPull(): void {
    const pull = pulls.pop();
    if (pull !== undefined) post(pull.entry, sourceOf(pull.move.from, "nothing moved"), -pull.move.amount);
  }

  function announce(event: LedgerEvent): void {
    const moves = movesOf(event, orders);
    follow(orders, event);
    if (moves.length === 0) return;
    const entry = open(event);
    for (const move of moves) {
      if ("account" in move.from) post(entry, move.from.account, -move.amount);
      else pulls.push({ entry, payer: move.from.payer, move });
      if ("account" in move.to) post(entry, move.to.account, move.amount);
      else waiting.push({ entry, payee: move.to.payee, orCredit: move.to.orCredit, left: move.amount });
    }
  }

  function arrive(event: LedgerEvent, from: string, amount: bigint): void {
    const pull = pulls[0];
    if (pull?.payer === from && pull.move.amount === amount) {
      pulls.pop();
      post(pull.entry, walletOf(from), -amount);
      return;
    }
    endPull();
    if (amount === 0n) return;
    const entry = open(event);
    post(entry, walletOf(from), -amount);
    post(entry, GIFTS, amount);
  }

  /** Money left for a payee, or was credited to it: it fills what was announced, the oldest first. */
  function carryOut(event: LedgerEvent, payee: string, amount: bigint): void {
    endPull();
    const pushed = event.name === "Transfer";
    const account = pushed ? walletOf(payee) : balanceOf(payee);
    for (const one of waiting) {
      if (one.payee !== payee || (!pushed && !one.orCredit)) continue;
      const part = one.left < amount ? one.left : amount;
      one.left -= part;
      amount -= part;
      if (part > 0n) post(one.entry, account, part);
    }
    if (amount === 0n) return;
    const entry = open(event);
    post(entry, UNEXPLAINED, -amount);
    post(entry, account, amount);
  }

  for (const event of events) {
    if (event.name === "PaymentCredited") carryOut(event, event.payee, event.amount);
    else if (event.name !== "Transfer") {
      endPull();
      announce(event);
    } else if (event.direction === "in") arrive(event, event.other, event.amount);
    else carryOut(event, event.other, event.amount);
  }
  endPull();
  for (const { entry, left } of waiting) if (left > 0n) post(entry, UNEXPLAINED, left);
  for (const { postings } of entries) postings.sort((a, b) => Number(a.amount > 0n) - Number(b.amount > 0n));
  return entries;
}

/** Adds to what an entry says of an account. Two things that are unexplained do not explain each other. */
function post(entry: Entry, account: string, amount: bigint): void {
  const known = account === UNEXPLAINED ? undefined : entry.postings.find((one) => one.account === account);
  if (known === undefined) entry.postings.push({ account, amount });
  else known.amount += amount;
}
