import { currencyContracts } from "../../chain/deployment.ts";
import { escrowDomain } from "../../chain/terms.ts";
import type { BlockRef, ChainLog } from "../../chain/transactions.ts";
import { readBlock, readHead, readLogs, refOf } from "../../chain/wire.ts";
import { RetryableError } from "../../lib/errors.ts";
import type { Client } from "../client.ts";
import { RANGE } from "../logs.ts";
import { moneyEvents, TRANSFER_TOPIC } from "./events.ts";
import { balancesOf, reconcile } from "./reconcile.ts";
import { readFigures } from "./readFigures.ts";
import type { Difference } from "./reconcile.ts";
import { writeJournal } from "./journal.ts";
import type { Entry } from "./journal.ts";
import type { OrderFigures } from "./orders.ts";

export interface ReadLedgerParameters {
  client: Client;
  /** ISO 4217. */
  currency: string;
}

/** The books of an escrow at one block. Amounts are in minor units. */
export interface Ledger {
  currency: string;
  block: BlockRef;
  /** In the chain's order; each sums to zero. */
  entries: Entry[];
  orders: OrderFigures[];
  /** By account, as `docs/formats/ledger.md` names them. */
  balances: Map<string, bigint>;
  /** The escrow's balance of the token. */
  tokens: bigint;
  /** Where events and chain disagree; empty: to the last minor unit they do not. */
  differences: Difference[];
}

/**
 * Rebuilds the double-entry ledger of a currency's escrow from events alone, and compares it with what the chain keeps,
 * both at the newest block.
 *
 * @throws ChainError `currency-not-deployed`; RetryableError `chain-moved` when that block was replaced meanwhile
 * @example
 * const { balances, differences } = await readLedger({ client, currency: "KRW" });
 */
export async function readLedger({ client, currency }: ReadLedgerParameters): Promise<Ledger> {
  const { escrow, token } = currencyContracts({ deployment: client.deployment, currency });
  const block = refOf(await readHead(client.provider));
  const logs = await readMoneyLogs({ client, escrow, token, to: block.number });
  const journal = writeJournal(moneyEvents({ logs, escrow, token, chainId: client.deployment.chainId }));
  const balances = balancesOf(journal.entries);
  const chain = await readFigures({ client, currency, journal, block: block.number });
  if ((await readBlock(client.provider, block.number))?.hash !== block.hash) throw moved(block);
  const domain = escrowDomain({ chainId: client.deployment.chainId, escrow });
  const differences = reconcile({ journal, chain, domain });
  const { entries, orders } = journal;
  return { currency, block, entries, orders: [...orders.values()], balances, tokens: chain.tokens, differences };
}

/** The escrow's logs, and its token's transfers to and from it. */
export async function readMoneyLogs(p: {
  client: Client;
  escrow: string;
  token: string;
  to: number;
}): Promise<ChainLog[]> {
  const { provider, deployment } = p.client;
  const escrow = `0x${p.escrow.slice(2).padStart(64, "0")}`;
  const logs: ChainLog[] = [];
  for (let from = deployment.block; from <= p.to; from += RANGE) {
    const range = { from, to: Math.min(from + RANGE - 1, p.to) };
    const found = await Promise.all([
      readLogs(provider, { ...range, addresses: [p.escrow] }),
      readLogs(provider, { ...range, addresses: [p.token], topics: [TRANSFER_TOPIC, escrow] }),
      readLogs(provider, { ...range, addresses: [p.token], topics: [TRANSFER_TOPIC, null, escrow] }),
    ]);
    logs.push(...found.flat());
  }
  return logs;
}

function moved({ number }: BlockRef): RetryableError {
  return new RetryableError("chain-moved", `Block ${number} was replaced while it was read.`, {
    advice: "Read the ledger again.",
  });
}
