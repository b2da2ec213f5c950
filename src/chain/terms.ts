import { concat, keccak256, Signature, TypedDataEncoder } from "ethers";
import type { SigningKey, TypedDataDomain, TypedDataField } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { memo } from "../lib/memo.ts";
import { BOOKING_BITS, CLAUSE_BITS, LINE_BITS, PROGRESS_BITS, pack, unpack } from "./words.ts";

/** Dates, rates and relayer group of an order; times and durations in seconds, rates in ppm. */
export interface Clauses {
  due: number;
  expiry: number;
  retentionUntil: number;
  grace: number;
  penaltyRate: number;
  capDays: number;
  retention: number;
  group: number;
  points: number;
  options: number;
}

/** One order line on the chain: quantity in the line's scale, total in minor units. */
export interface LineTerms {
  quantity: bigint;
  total: bigint;
}

/** Mirrors `OrderTerms` of OrderTerms.sol: what the escrow's functions take. */
export interface OrderTerms {
  buyer: string;
  supplier: string;
  clauses: bigint;
  conditions: string;
  lines: string;
}

/** Mirrors `OrderConditions` of OrderTerms.sol; durations in seconds, rates in ppm. */
export interface OrderConditions {
  arbiter: string;
  defaultSplit: number;
  inspection: number;
  answer: number;
  arbitration: number;
  statutoryTerm: number;
  statutoryInterest: number;
  sheet: string;
  documents: string;
}

/** What relayers say about one line of an order; quantities are cumulative and in the line's scale. */
export interface DeliveryReport {
  line: number;
  from: bigint;
  to: bigint;
  late: bigint;
  latest: number;
  root: string;
}

/** A report with the terms of its order. */
export interface Delivery {
  terms: OrderTerms;
  report: DeliveryReport;
}

/** What a quorum signs: reports about orders (by id), judged at one block. */
export interface DeliveryBatch {
  group: number;
  members: string[];
  proposer: string;
  blockNumber: number;
  blockHash: string;
  blockTime: number;
  reports: (DeliveryReport & { order: string })[];
}

/** Mirrors `Certificate` of DeliveryReport.sol: a batch without its reports, and who signed it. */
export interface Certificate extends Omit<DeliveryBatch, "reports"> {
  signers: number;
  signatures: CompactSignature[];
}

/** Mirrors `Booking`: what a confirmation changed. Earned and paid were added now, delivered and late are cumulative. */
export interface Booking {
  earned: bigint;
  /** Number of the inspection lot that was opened, plus one; 0: accepted at once. */
  lot: number;
  line: number;
  delivered: bigint;
  late: bigint;
  /** To the supplier; what owners of claims got is in OrderPaid. */
  paid: bigint;
}

/** An ECDSA signature in the compact form of ERC-2098. */
export interface CompactSignature {
  r: string;
  vs: string;
}

/** Option bits of the clauses. */
export const OPTION_INSPECTION = 1;
export const OPTION_DEVICES = 2;
export const OPTION_P256 = 4;
export const OPTION_AMENDED = 8;

export const ZERO_HASH = `0x${"0".repeat(64)}`;

const LINE_DIGITS = 24;

const AGREEMENT_TYPES = {
  Agreement: fields("address buyer,bytes32 conditions"),
};

const TERMS_TYPES = {
  OrderTerms: fields("address supplier,uint256 clauses,bytes lines,Agreement agreement"),
  ...AGREEMENT_TYPES,
};

const CONDITIONS_TYPES = {
  OrderConditions: fields(
    "address arbiter,uint32 defaultSplit,uint32 inspection,uint32 answer,uint32 arbitration,uint32 statutoryTerm," +
      "uint32 statutoryInterest,bytes32 sheet,bytes32 documents",
  ),
};

const JUDGEMENT_TYPES = {
  Judgement: fields("address proposer,uint64 blockNumber,bytes32 blockHash"),
};

const BATCH_TYPES = {
  DeliveryBatch: fields("uint40 group,bytes32 members,uint40 blockTime,Judgement judgement,DeliveryReport[] reports"),
  DeliveryReport: fields("bytes32 order,uint240 progress,bytes32 root"),
  ...JUDGEMENT_TYPES,
};

/** The EIP-712 domain of an escrow: what binds ids and signatures to one chain and one contract. */
export function escrowDomain({ chainId, escrow }: { chainId: number; escrow: string }): TypedDataDomain {
  return { name: "FactoryChain SupplierEscrow", version: "1", chainId, verifyingContract: escrow };
}

/**
 * Packs clauses into one word; the layout is in OrderTerms.sol.
 * @throws FactoryChainError `terms-range` when a value does not fit its width
 */
export function packClauses(clauses: Clauses): bigint {
  return pack(CLAUSE_BITS, { ...clauses });
}

/** The clauses in a word that `packClauses` or the chain made. An order is looked at for each of its events. */
export const unpackClauses = memo(10_000, (word: bigint): Readonly<Clauses> => {
  const entries = Object.entries(unpack(CLAUSE_BITS, word)).map(([name, value]) => [name, Number(value)]);
  return Object.freeze(Object.fromEntries(entries) as Clauses);
});

/**
 * Packs what a report says into one word; the layout is in DeliveryReport.sol.
 * @param order index of the report's order in the call; zero in what is signed
 * @throws FactoryChainError `terms-range` when a value does not fit its width
 */
export function packProgress({ report, order = 0 }: { report: DeliveryReport; order?: number }): bigint {
  const { line, from, to, late, latest } = report;
  return pack(PROGRESS_BITS, { order, line, from, to, late, latest, nothing: 0 });
}

/** What `packProgress` packed, and the index of the order that it is about. */
export function unpackProgress(word: bigint): Omit<DeliveryReport, "root"> & { order: number } {
  const { order = 0n, line = 0n, from = 0n, to = 0n, late = 0n, latest = 0n } = unpack(PROGRESS_BITS, word);
  return { order: Number(order), line: Number(line), from, to, late, latest: Number(latest) };
}

/** A booking as the contract packs it. */
export function packBooking(booking: Booking): bigint {
  return pack(BOOKING_BITS, { ...booking });
}

/** The booking in a `DeliveryConfirmed` event. */
export function unpackBooking(word: bigint): Booking {
  const { earned = 0n, lot = 0n, line = 0n, delivered = 0n, late = 0n, paid = 0n } = unpack(BOOKING_BITS, word);
  return { earned, lot: Number(lot), line: Number(line), delivered, late, paid };
}

/**
 * The lines of first terms as bytes: 5 of quantity and 7 of money for each.
 * @throws FactoryChainError `terms-range` when a value does not fit its width
 */
export function linesToBytes(lines: LineTerms[]): string {
  const points = lines.map((line) =>
    pack(LINE_BITS, { ...line })
      .toString(16)
      .padStart(LINE_DIGITS, "0"),
  );
  return `0x${points.join("")}`;
}

/**
 * The lines in bytes that `linesToBytes` or the chain made.
 * @throws FactoryChainError `terms-lines` when the bytes are not whole lines
 */
export function linesFromBytes(bytes: string): LineTerms[] {
  if (!/^0x([0-9a-f]{24})*$/i.test(bytes)) {
    throw new FactoryChainError("terms-lines", "The order's lines are not whole.", {
      expected: "12 bytes a line, as 0x-hex",
    });
  }
  return (bytes.slice(2).match(/.{24}/g) ?? []).map((point) => {
    const { quantity = 0n, total = 0n } = unpack(LINE_BITS, BigInt(`0x${point}`));
    return { quantity, total };
  });
}

/** The order's id: the EIP-712 digest of its first terms. It is what a buyer's wallet signs, too. */
export function orderId({ domain, terms }: { domain: TypedDataDomain; terms: OrderTerms }): string {
  return TypedDataEncoder.hash(domain, TERMS_TYPES, unpacked(terms));
}

/** The EIP-712 hashStruct of conditions: what terms carry as `conditions`. */
export function hashConditions(conditions: OrderConditions): string {
  return TypedDataEncoder.hashStruct("OrderConditions", CONDITIONS_TYPES, conditions);
}

/** The hash of a relayer group's members that a batch names: keccak-256 over the packed addresses. */
export function hashMembers(members: string[]): string {
  return keccak256(concat(members));
}

/** The digest that relayers sign for a batch. */
export function batchDigest({ domain, batch }: { domain: TypedDataDomain; batch: DeliveryBatch }): string {
  return TypedDataEncoder.hash(domain, BATCH_TYPES, signedBatch(batch));
}

/** What that digest is the keccak-256 of: 0x1901, the domain's hash, the struct's hash; for signers that hash themselves. */
export function batchPreimage({ domain, batch }: { domain: TypedDataDomain; batch: DeliveryBatch }): string {
  return TypedDataEncoder.encode(domain, BATCH_TYPES, signedBatch(batch));
}

/**
 * The arguments of the escrow's `confirm`, as ethers takes them: of each order's terms what a confirmation needs, once,
 * and reports that name it by index. Reports keep their order: it is what was signed.
 */
export function confirmArguments({ certificate, deliveries }: { certificate: Certificate; deliveries: Delivery[] }) {
  const { group, blockTime, signers, members, signatures } = certificate;
  const judgement = TypedDataEncoder.hashStruct("Judgement", JUDGEMENT_TYPES, certificate);
  const orders = new Map<string, { index: number; terms: OrderTerms }>();
  const reports = deliveries.map(({ terms, report }) => {
    const { buyer, supplier, clauses, conditions, lines } = terms;
    const key = [buyer, supplier, clauses, conditions, lines].join().toLowerCase();
    const order = orders.get(key) ?? { index: orders.size, terms };
    orders.set(key, order);
    return { progress: packProgress({ report, order: order.index }), root: report.root };
  });
  return [
    { group, blockTime, signers, judgement, members: concat(members), signatures },
    [...orders.values()].map(({ terms: { supplier, clauses, lines, ...agreement } }) => {
      return { supplier, clauses, agreement: hashAgreement(agreement), lines };
    }),
    reports,
  ] as const;
}

/** Signs a digest in the compact form that the contract takes; s is low, as it must be. */
export function signCompact({ key, digest }: { key: SigningKey; digest: string }): CompactSignature {
  return compactSignature(key.sign(digest));
}

/** Any form of an ECDSA signature that ethers reads, in the compact form. */
export function compactSignature(signature: Signature | string): CompactSignature {
  const { r, yParityAndS } = Signature.from(signature);
  return { r, vs: yParityAndS };
}

function hashAgreement(agreement: Pick<OrderTerms, "buyer" | "conditions">): string {
  return TypedDataEncoder.hashStruct("Agreement", AGREEMENT_TYPES, agreement);
}

function signedBatch(batch: DeliveryBatch): Record<string, unknown> {
  return {
    ...batch,
    members: hashMembers(batch.members),
    judgement: batch,
    reports: batch.reports.map((report) => ({ ...report, progress: packProgress({ report }) })),
  };
}

function unpacked(terms: OrderTerms): Record<string, unknown> {
  return { ...terms, ...unpackClauses(terms.clauses), agreement: terms };
}

/** The fields of an EIP-712 struct, as `type name` with commas between. */
export function fields(list: string): TypedDataField[] {
  return list.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}
