/** A block as the runtime remembers it. */
export interface BlockRef {
  number: number;
  /** 0x-hex, lowercase. */
  hash: string;
  /** Seconds since 1970. */
  time: number;
}

/** What somebody wants to have on the chain. `id` is unique per sender: the same intent twice is one transaction. */
export interface Intent {
  id: string;
  /** 0x-hex address of the contract. */
  to: string;
  /** 0x-hex calldata. */
  data: string;
  /** Gas limit, in units of gas. */
  gas: bigint;
}

/** A log as the chain reported it. */
export interface ChainLog {
  address: string;
  topics: string[];
  data: string;
  blockNumber: number;
  blockHash: string;
  transactionHash: string;
  /** Position in the block. */
  index: number;
}

/** A transaction that the chain executed. One that was reverted is an error instead. */
export interface SentTransaction {
  hash: string;
  block: BlockRef;
  /** Of the whole transaction, in units of gas. */
  gasUsed: bigint;
  status: "succeeded";
  logs: ChainLog[];
}

/**
 * Where a transaction is in its life. It only moves forward, but for `reopen`:
 * - `intent`: nonce and intent are durable, nothing was signed that could have left;
 * - `prepared`: the signed bytes are durable; from now on these bytes are sent, and no others, for this nonce;
 * - `included`: a block holds it;
 * - `replaced`: a block holds another transaction with its nonce; it can never be included.
 */
export type TransactionState = "intent" | "prepared" | "included" | "replaced";

/** What is kept of a transaction. */
export interface TransactionRecord extends Intent {
  /** 0x-hex address, lowercase. */
  sender: string;
  nonce: number;
  state: TransactionState;
  /** The signed transaction; null while `intent`. */
  raw: string | null;
  /** Its hash; null while `intent`. */
  hash: string | null;
  /** The block that holds it, or its replacement; null before. */
  block: BlockRef | null;
}

/**
 * What a sender needs to be kept. Every method that changes something is durable when its promise resolves, and is
 * one database transaction.
 */
export interface TransactionStore {
  /** The record of an intent, whatever became of it. */
  find(p: { sender: string; id: string }): Promise<TransactionRecord | null>;

  /**
   * Records an intent under the next nonce: the highest recorded one + 1, but at least `floor` (what the chain says).
   * An intent that is known keeps its nonce and is returned as it is.
   */
  reserve(p: { sender: string; intent: Intent; floor: number }): Promise<TransactionRecord>;

  /** `intent` -> `prepared`. Refuses to give a nonce other bytes than it has. */
  prepare(p: { sender: string; nonce: number; raw: string; hash: string }): Promise<void>;

  /** `prepared` -> `included` | `replaced`, `intent` -> `replaced`. */
  conclude(p: { sender: string; nonce: number; state: "included" | "replaced"; block: BlockRef }): Promise<void>;

  /** The chain went back: what was concluded above this block, or from this nonce on, is `prepared` again. */
  reopen(p: { sender: string; above: number } | { sender: string; from: number }): Promise<void>;

  /** What is neither included nor replaced, by nonce. */
  open(sender: string): Promise<TransactionRecord[]>;

  /** The next nonce by the records alone; 0 without any. */
  next(sender: string): Promise<number>;
}
