/** What the auditor is told: what was sent, and what was seen on the wire. Nothing of it comes from a relayer's own account. */
export interface History {
  chainId: number;
  escrow: string;
  token: string;
  group: number;
  /** Addresses, lowercase, in the group's order. */
  members: string[];
  threshold: number;
  /** Those that attack: what they sign is no promise of ours. */
  hostile: string[];
  orders: AuditedOrder[];
  events: SentEvent[];
  /** Signed transactions as the proxies before the nodes saw them. */
  transactions: SentBytes[];
  /** Batches that relayers were shown or asked to sign, each with one signature. */
  shares: HeardShare[];
  /** What relayers hold at the end; only for what has to be there. */
  stores: HeldEvents[];
}

export interface AuditedOrder {
  id: string;
  terms: { buyer: string; supplier: string; clauses: bigint; conditions: string; lines: string };
  lines: { quantity: bigint; total: bigint }[];
}

/** An event that a device signed for one line of one order. */
export interface SentEvent {
  /** Device id, 0x-hex. */
  device: string;
  eventId: string;
  /** Keccak-256 of the event's canonical JSON, 0x-hex. */
  content: string;
  order: string;
  line: number;
  /** In the line's scale. */
  quantity: bigint;
  /**
   * valid: it must count once, as far as the line has room. either: it has a rival under the same id, so it may count or
   * not, but never both. Whatever else was sent must never count, and is not listed.
   */
  kind: "valid" | "either";
  /** The broker acknowledged it. */
  acknowledged: boolean;
}

export interface SentBytes {
  /** Address of the relayer whose proxy it was. */
  relayer: string;
  raw: string;
  /** How often that relayer had lost its store before: what it knew then is gone. */
  life: number;
}

export interface HeardShare {
  digest: string;
  /** Names the batch: escrow, group, proposer and block. */
  id: string;
  signature: string;
}

export interface HeldEvents {
  relayer: string;
  events: { device: string; eventId: string; content: string; status: string; reason: string | null }[];
}

/** What the chain says, read past every relayer. */
export interface ChainFacts {
  members: string[];
  threshold: number;
  confirmations: Confirmation[];
  /** Delivered of each line, by order. */
  delivered: Map<string, bigint[]>;
  /** What each supplier holds: balance and credit. */
  holdings: Map<string, bigint>;
  /** What the escrow holds. */
  escrowBalance: bigint;
  /** What buyers paid in for the orders. */
  funded: bigint;
}

/** A report that counted, with the certificate that it came with. */
export interface Confirmation {
  order: string;
  line: number;
  delivered: bigint;
  earned: bigint;
  paid: bigint;
  root: string;
  transaction: string;
  /** From the transaction's calldata. */
  from: bigint;
  to: bigint;
  digest: string;
  group: number;
  /** Who signed the digest, as recovered; null for a signature of nobody. */
  signers: (string | null)[];
}

export type Verdict = "lost" | "doubled" | "false" | "equivocation" | "nonce" | "payment" | "store" | "process";

/** Something that must never be. */
export interface Violation {
  verdict: Verdict;
  what: string;
}
