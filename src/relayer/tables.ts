import type { Generated } from "kysely";
import type { Encoding } from "./encoding.ts";
import type { MessageStatus, Reason } from "./status.ts";

/** The relayer's own tables, as `migrations.ts` creates them. */
export interface RelayerTables {
  chain_accounts: { account: string; organisation: number; from_block: number; to_block: number | null };
  chain_devices: {
    device: string;
    owner: number;
    curve: string;
    x: string;
    y: string;
    valid_from: number;
    valid_until: number;
    block: number;
    revoked_block: number | null;
  };
  chain_groups: { escrow: string; grp: number; threshold: number; members: string; block: number };
  chain_group_changes: {
    escrow: string;
    grp: number;
    member: string;
    change: "added" | "retired";
    block: number;
    log_index: number;
  };
  chain_orders: {
    id: string;
    escrow: string;
    buyer: string;
    supplier: string;
    clauses: string;
    conditions: string;
    lines: string;
    block: number;
    ended_block: number | null;
    closed_block: number | null;
  };
  chain_confirmations: {
    order_id: string;
    line: number;
    delivered: string;
    late: string;
    /** Number of the inspection lot that was opened; null: accepted at once. */
    lot: number | null;
    root: string;
    block: number;
    log_index: number;
    tx: string;
  };
  /** Terms after an amendment; `time` is that of its block. */
  chain_amendments: {
    order_id: string;
    clauses: string;
    lines: string;
    time: number;
    block: number;
    log_index: number;
  };
  /** What buyers rejected; it makes room for replacements from the block on at which it is final. */
  chain_rejections: {
    order_id: string;
    lot: number;
    line: number;
    quantity: string;
    block: number;
    final_block: number | null;
  };
  /** The claims on an assigned order after each event that changed them. */
  chain_claims: { order_id: string; book: string; block: number; log_index: number };
  sheets: { order_id: string; number: string; document: string };
  messages: {
    id: number;
    received: number;
    topic: string;
    /** Who is behind it: a device that signed it, otherwise whoever handed it over, as far as is known. */
    source: string;
    /** Bytes that it takes here, roughly. */
    size: number;
    /** Empty where the event has it. */
    payload: string;
    encoding: Encoding;
    device: string | null;
    event_id: string | null;
    event: number | null;
    status: MessageStatus;
    reason: Reason | null;
    detail: string | null;
  };
  events: {
    id: number;
    device: string;
    event_id: string;
    content: string;
    kind: "delivery" | "correction";
    time: number;
    /** When it came, seconds since 1970. */
    received: number;
    /** Bytes that it takes here, roughly. */
    size: Generated<number>;
    body: string;
    payload: string;
    encoding: Encoding;
    order_id: string | null;
    status: MessageStatus;
    reason: Reason | null;
    detail: string | null;
    acknowledged: Generated<string>;
    final_at: number | null;
    /** 1: judged since it came or was opened again. */
    judged: Generated<number>;
  };
  /** Messages of an event after its first one that brought other device signatures. */
  event_signatures: {
    event: number;
    hash: string;
    place: number;
    signatures: string;
    payload: string;
    encoding: Encoding;
  };
  /** How far devices have counted their events, and which numbers are missing (JSON). */
  device_sequences: { device: string; highest: number; gaps: string; forgotten: number; updated: number };
  /** Since when orders are known to be closed: what is kept of them goes some time later. */
  closed_orders: { order_id: string; seen: number };
  signed_digests: { batch_id: string; digest: string };
  batches: {
    digest: string;
    batch_id: string;
    escrow: string;
    grp: number;
    proposer: string;
    block: number;
    block_time: number;
    document: string;
    state: BatchState;
  };
  shares: { digest: string; member: string; signature: string };
  /** What each member signed last, by block: one that lost its store is told. */
  newest_shares: { member: string; block: number; digest: string; signature: string };
  /** Batches that others signed and this relayer did not; `member` is the one whose signature was shown. */
  heard_batches: {
    digest: string;
    member: string;
    escrow: string;
    grp: number;
    block: number;
    block_time: number;
    size: number;
    document: string;
  };
  /** Confirmed roots whose events are not known here; the time is that of the block, where it is known yet. */
  unopened_roots: { root: string; block: number; time: number | null };
  /** Whether the store is whole: new, lost or whole. */
  recovery: { name: string; value: string };
  /** How far this relayer has taken in what a peer holds. */
  recovery_peers: { peer: string; after: number };
  root_events: { root: string; device: string; event_id: string; content: string; quantity: string };
}

/** open: shares are gathered; certified: k signed; done: every line moved on or the certificate died. */
export type BatchState = "open" | "certified" | "done";
