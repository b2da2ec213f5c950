import { ZERO_HASH } from "../../chain/terms.ts";
import { quantity } from "../../chain/wire.ts";
import type { Client } from "../client.ts";
import { partsOf } from "./accounts.ts";
import type { Journal } from "./journal.ts";
import type { ChainFigures, ChainOrder } from "./reconcile.ts";

/** Requests under way at once. */
const WIDTH = 16;
const STATUS = ["none", "open", "ended", "closed"] as const;

/** What the chain keeps at a block of everything that a journal names. */
export async function readFigures(p: {
  client: Client;
  currency: string;
  journal: Journal;
  block: number;
}): Promise<ChainFigures> {
  const { escrow, token } = p.client.contracts.currency(p.currency);
  const at = { blockTag: quantity(p.block) };
  const orders = await inTurns([...p.journal.orders.keys()], async (order): Promise<[string, ChainOrder]> => {
    const [{ status, earned, paid }, { refunded, forfeited }, terms] = await Promise.all([
      escrow.orderOf(order, at),
      escrow.moneyOf(order, at),
      escrow.termsOf(order, at),
    ]);
    const amended = terms === ZERO_HASH ? null : terms.toLowerCase();
    return [order, { status: STATUS[Number(status)] ?? "none", earned, paid, refunded, forfeited, amended }];
  });
  const accounts = p.journal.entries.flatMap(({ postings }) => postings.map(({ account }) => partsOf(account)));
  const parts = accounts.filter(({ kind }) => kind === "wallet" || kind === "balance");
  const addresses = [...new Set(parts.map(({ holder }) => holder))];
  const credits = await inTurns(addresses, async (address): Promise<[string, bigint]> => {
    return [address, await escrow.creditOf(address, at)];
  });
  const tokens = await token.balanceOf(await escrow.getAddress(), at);
  return { orders: new Map(orders), credits: new Map(credits), tokens };
}

/** Asks for many things, a few at once. */
export async function inTurns<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let i = 0; i < all.length; i += WIDTH) {
    answers.push(...(await Promise.all(all.slice(i, i + WIDTH).map(ask))));
  }
  return answers;
}
