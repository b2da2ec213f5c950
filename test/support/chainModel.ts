import { Transaction } from "ethers";
import { RpcError } from "../../src/chain/errors.ts";
import type { RpcProvider } from "../../src/chain/provider.ts";

/** What a model chain holds: blocks with transactions of whoever sent them. */
export interface ModelChain extends RpcProvider {
  /** The transactions of the chain, in order. */
  included(): Transaction[];
  /** Puts what the pool holds into a block, as far as nonces allow. */
  mine(): void;
  /** Forgets what is pending. */
  losePending(): void;
  /** Takes blocks off the end, with what they held. @returns the number of the newest that stays */
  goBack(blocks: number): number;
  /** Every signed transaction that ever arrived, by nonce. */
  arrived: Map<number, Set<string>>;
}

interface ModelBlock {
  hash: string;
  parent: string;
  transactions: Transaction[];
}

/**
 * A chain in memory that answers what a sender asks, as Besu would. Blocks of different forks never share a hash.
 *
 * @param onArrival called with each transaction before the pool takes it
 */
export function createModelChain(p: { onArrival?: (transaction: Transaction) => void } = {}): ModelChain {
  let made = 0;
  const hashOf = () => `0x${(++made).toString(16).padStart(64, "0")}`;
  const blocks: ModelBlock[] = [{ hash: hashOf(), parent: `0x${"00".repeat(32)}`, transactions: [] }];
  const pool = new Map<number, Transaction>();
  const arrived = new Map<number, Set<string>>();

  const countAt = (block: number) => blocks.slice(0, block + 1).flatMap(({ transactions }) => transactions).length;
  const hex = (value: number) => `0x${value.toString(16)}`;

  function show(number: number, full: boolean): unknown {
    const block = blocks[number];
    if (block === undefined) return null;
    const { hash, parent, transactions } = block;
    const listed = transactions.map((transaction) =>
      full ? { hash: transaction.hash, from: transaction.from, nonce: hex(transaction.nonce) } : transaction.hash,
    );
    const fields = { number: hex(number), timestamp: hex(1_800_000_000 + number), gasLimit: hex(30_000_000) };
    return { ...fields, hash, parentHash: parent, transactions: listed };
  }

  function receive(raw: string): string {
    const transaction = Transaction.from(raw);
    const { nonce, hash } = transaction;
    p.onArrival?.(transaction);
    arrived.set(nonce, (arrived.get(nonce) ?? new Set()).add(raw));
    const refuse = (rpcCode: number, answer: string) =>
      new RpcError({ method: "eth_sendRawTransaction", rpcCode, answer });
    if (nonce < countAt(blocks.length - 1)) throw refuse(-32001, "Nonce too low");
    if (pool.get(nonce)?.hash === hash) throw refuse(-32000, "Known transaction");
    pool.set(nonce, transaction);
    return hash ?? "";
  }

  function receipt(hash: string): unknown {
    for (const [number, block] of blocks.entries()) {
      if (!block.transactions.some((transaction) => transaction.hash === hash)) continue;
      const where = { blockNumber: hex(number), blockHash: block.hash, transactionHash: hash };
      return { ...where, gasUsed: "0x5208", status: "0x1", logs: [] };
    }
    return null;
  }

  const numberOf = (tag: unknown) => (tag === "latest" ? blocks.length - 1 : Number(tag));
  const methods: Record<string, (params: unknown[]) => unknown> = {
    eth_getBlockByNumber: ([tag, full]) => show(numberOf(tag), full === true),
    eth_getBlockByHash: ([hash]) => {
      const number = blocks.findIndex((block) => block.hash === hash);
      return number < 0 ? null : show(number, false);
    },
    eth_getTransactionCount: ([, tag]) => hex(countAt(numberOf(tag))),
    eth_getTransactionReceipt: ([hash]) => receipt(String(hash)),
    eth_sendRawTransaction: ([raw]) => receive(String(raw)),
    eth_call: () => "0x",
  };

  return {
    arrived,
    included: () => blocks.flatMap(({ transactions }) => transactions),
    mine() {
      const transactions: Transaction[] = [];
      for (let nonce = countAt(blocks.length - 1); pool.has(nonce); nonce++) {
        transactions.push(pool.get(nonce) as Transaction);
        pool.delete(nonce);
      }
      blocks.push({ hash: hashOf(), parent: blocks.at(-1)?.hash ?? "", transactions });
    },
    losePending: () => pool.clear(),
    goBack(count) {
      blocks.splice(Math.max(1, blocks.length - count));
      for (const nonce of pool.keys()) if (nonce < countAt(blocks.length - 1)) pool.delete(nonce);
      return blocks.length - 1;
    },
    async send(method, params) {
      const answer = methods[method];
      if (answer === undefined) throw new RpcError({ method, rpcCode: -32601, answer: "Method not found" });
      return answer(params);
    },
  };
}
