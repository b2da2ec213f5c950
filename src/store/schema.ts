import type { TransactionState } from "../chain/transactions.ts";

/** Times are kept as decimal text: 32-bit integers end in 2038, and PostgreSQL returns wider ones as text. */
export interface TransactionTable {
  sender: string;
  nonce: number;
  id: string;
  recipient: string;
  data: string;
  /** Decimal. */
  gas: string;
  state: TransactionState;
  raw: string | null;
  hash: string | null;
  block_number: number | null;
  block_hash: string | null;
  block_time: string | null;
}

/** Blocks up to which a follower's effects are in this store. */
export interface CheckpointTable {
  number: number;
  hash: string;
  /** Decimal, seconds since 1970. */
  time: string;
}

/** What this store belongs to. */
export interface BindingTable {
  name: string;
  value: string;
}

/** Who may do what only one process at a time may do. */
export interface LeaseTable {
  name: string;
  /** Empty: it was given back. */
  holder: string;
  /** Grows by one each time the lease changes hands. */
  epoch: number;
  /** Seconds since 1970, by the database's clock. */
  expires: number;
}

/** The last id that was taken, by table. */
export interface CounterTable {
  name: string;
  last: number;
}

/** The tables that every store has. */
export interface CoreSchema {
  transactions: TransactionTable;
  checkpoints: CheckpointTable;
  bindings: BindingTable;
  leases: LeaseTable;
  counters: CounterTable;
}
