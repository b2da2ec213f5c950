import type { SentTransaction } from "../../chain/transactions.ts";

/** Something that happened in the life of an order. */
export interface Step {
  what: string;
  /** The transaction that did it, where it was one. */
  transaction?: { hash: string; gasUsed: bigint; block: { number: number } };
}

/** A step as a line: when, what, and the transaction with its block and gas. */
export function formatStep(p: { step: Step; now: Date }): string {
  const { what, transaction } = p.step;
  const time = p.now.toTimeString().slice(0, 8);
  if (transaction === undefined) return `  ${time}  ${what}`;
  const gas = transaction.gasUsed.toLocaleString("en");
  return `  ${time}  ${what}\n            block ${transaction.block.number}, gas ${gas}, ${transaction.hash}`;
}

/** A transaction that somebody else sent, as a step shows it. */
export function shownTransaction(p: { hash: string; gas: bigint; block: number }): Pick<
  SentTransaction,
  "hash" | "gasUsed"
> & {
  block: { number: number };
} {
  return { hash: p.hash, gasUsed: p.gas, block: { number: p.block } };
}
