import { AbiCoder, concat, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { z } from "zod";
import { batchPreimage, escrowDomain, hashMembers } from "../chain/terms.ts";
import type { DeviceSignature } from "../chain/deviceSignatures.ts";
import type { DeliveryBatch } from "../chain/terms.ts";
import type { BlockRef } from "../chain/transactions.ts";
import { merkleLeaf, merkleRoot } from "../lib/merkle.ts";

/** What names an event: unique for ever per device. */
export interface EventKey {
  device: string;
  eventId: string;
}

/** An event as a report counts it: `quantity` is in the line's scale. */
export interface ReportEvent extends EventKey {
  /** Hash of the event's content; two contents of one key are a conflict. */
  content: string;
  quantity: bigint;
}

/** One line of one order: cumulative quantities and late unit-days, and the new events behind them. */
export interface Report {
  order: string;
  line: number;
  from: bigint;
  to: bigint;
  late: bigint;
  latest: number;
  root: string;
  events: ReportEvent[];
  /** Where the order demands one: a device's signature, which the contract checks itself. Relayers do not sign it. */
  device?: DeviceSignature | undefined;
}

/** What relayers sign: reports that hold at one block, put forward by one member of a group. */
export interface Batch {
  escrow: string;
  group: number;
  members: string[];
  proposer: string;
  block: BlockRef;
  reports: Report[];
}

/** At most one digest is signed for one batch id: one proposal per proposer and block. */
export function batchId(batch: Omit<Batch, "reports">): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ["address", "uint40", "bytes32", "address", "uint64"],
      [batch.escrow, batch.group, hashMembers(batch.members), batch.proposer, batch.block.number],
    ),
  );
}

/** The batch as the contract takes it. */
export function deliveryBatch({ group, members, proposer, block, reports }: Batch): DeliveryBatch {
  return {
    group,
    members,
    proposer,
    blockNumber: block.number,
    blockHash: block.hash,
    blockTime: block.time,
    reports: reports.map(({ order, line, from, to, late, latest, root }) => ({
      order,
      line,
      from,
      to,
      late,
      latest,
      root,
    })),
  };
}

/** What is signed of batches that are in memory: each is asked for several times, and a large one takes milliseconds. */
const signed = new WeakMap<Batch, { chainId: number; preimage: string; digest: string }>();

/** The digest that members sign. A batch is never changed. */
export function digestOf(p: { chainId: number; batch: Batch }): string {
  return signedOf(p).digest;
}

/** What that digest is the keccak-256 of. */
export function preimageOf(p: { chainId: number; batch: Batch }): string {
  return signedOf(p).preimage;
}

function signedOf({ chainId, batch }: { chainId: number; batch: Batch }): { preimage: string; digest: string } {
  const known = signed.get(batch);
  if (known?.chainId === chainId) return known;
  const domain = escrowDomain({ chainId, escrow: batch.escrow });
  const preimage = batchPreimage({ domain, batch: deliveryBatch(batch) });
  const found = { chainId, preimage, digest: keccak256(preimage) };
  signed.set(batch, found);
  return found;
}

/** Merkle root over (key, content, quantity) of a report's events, sorted by key. */
export function eventsRoot(events: readonly ReportEvent[]): string {
  const leaves = [...events].sort(byKey).map((event) =>
    // Static types only, so this is their ABI encoding.
    merkleLeaf(
      concat([event.device, keccak256(toUtf8Bytes(event.eventId)), event.content, toBeHex(event.quantity, 32)]),
    ),
  );
  return merkleRoot(leaves);
}

/** Order of events in a report. */
export function byKey(a: EventKey, b: EventKey): number {
  return compare(a.device, b.device) || compare(a.eventId, b.eventId);
}

/** Order of reports in a batch: one payee's reports stand together, so that they are paid in one transfer. */
export function byPayee(payeeOf: (order: string) => string): (a: Report, b: Report) => number {
  return (a, b) => compare(payeeOf(a.order), payeeOf(b.order)) || compare(a.order, b.order) || a.line - b.line;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-fA-F]{${String(bytes * 2)}}$`))
    .toLowerCase();
const uint = (bits: number) =>
  z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(BigInt)
    .refine((value) => value < 1n << BigInt(bits));
const count = z.number().int().nonnegative();
const uint40 = count.max(2 ** 40 - 1);

/** An event that a report lists, as it goes over the wire. */
export const reportEventSchema = z.strictObject({
  device: hex(32),
  eventId: z
    .string()
    .min(1)
    .max(2048)
    .refine((text) => text.isWellFormed()),
  content: hex(32),
  quantity: uint(48),
});

const batchSchema = z.strictObject({
  escrow: hex(20),
  group: uint40,
  members: z.array(hex(20)).min(1).max(32),
  proposer: hex(20),
  block: z.strictObject({ number: count, hash: hex(32), time: uint40 }),
  reports: z
    .array(
      z.strictObject({
        order: hex(32),
        line: count.max(0xffff),
        from: uint(48),
        to: uint(48),
        late: uint(48),
        latest: uint40,
        root: hex(32),
        events: z.array(reportEventSchema).min(1).max(10_000),
        device: z
          .strictObject({ x: hex(32), y: hex(32), r: hex(32), s: hex(32), proof: z.array(hex(32)).max(32) })
          .optional(),
      }),
    )
    .min(1)
    .max(500),
});

/** JSON form of a batch, as it goes into the store. */
export function batchToJson(batch: Batch): string {
  return toJson(batch);
}

/** Parses what a peer sent. @throws ZodError when it is no batch */
export function batchFromJson(value: unknown): Batch {
  return batchSchema.parse(value);
}

/** Batches of the store by their digests, those read last: each is looked at with every block. */
const stored = new Map<string, { document: string; batch: Batch }>();
const MOST_STORED = 64;

/** A batch as the store has it. */
export function storedBatch({ digest, document }: { digest: string; document: string }): Batch {
  const known = stored.get(digest);
  const batch = known?.document === document ? known.batch : batchFromJson(JSON.parse(document));
  stored.delete(digest);
  stored.set(digest, { document, batch });
  const [oldest] = stored.keys();
  if (stored.size > MOST_STORED && oldest !== undefined) stored.delete(oldest);
  return batch;
}

/** A batch as its proposer puts it to the others: what another one sends under its name is worth nothing. */
export interface Proposal {
  batch: Batch;
  /** The proposer's, over the batch's digest: the first share. */
  signature: string;
}

const proposalSchema = z.strictObject({ batch: batchSchema, signature: z.string().max(200) });

/** JSON form of a proposal, as it goes to peers. */
export function proposalToJson(proposal: Proposal): string {
  return toJson(proposal);
}

/** Parses what a peer sent. @throws ZodError when it is no proposal */
export function proposalFromJson(value: unknown): Proposal {
  return proposalSchema.parse(value);
}

function toJson(value: object): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === "bigint" ? member.toString() : member));
}
