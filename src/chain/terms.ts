import { AbiCoder, keccak256, Signature, TypedDataEncoder } from "ethers";
import type { SigningKey, TypedDataDomain, TypedDataField } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";

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
  origin: string;
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

/** Mirrors `DeliveryReport` of DeliveryReport.sol; quantities cumulative and in the line's scale. */
export interface DeliveryReport {
  line: number;
  from: bigint;
  to: bigint;
  late: bigint;
  latest: number;
  root: string;
}

/** What a quorum signs: reports about orders, judged at one block. */
export interface DeliveryBatch {
  group: number;
  members: string[];
  proposer: string;
  blockNumber: number;
  blockHash: string;
  blockTime: number;
  reports: (DeliveryReport & { order: string })[];
}

/** An ECDSA signature in the compact form of ERC-2098. */
export interface CompactSignature {
  r: string;
  vs: string;
}

/** Option bits of the clauses. */
export const OPTION_INSPECTION = 1;
export const OPTION_DEVICE_SIGNATURES = 2;

export const ZERO_HASH = `0x${"0".repeat(64)}`;

const CLAUSE_BITS: readonly (readonly [keyof Clauses, number])[] = [
  ["due", 40],
  ["expiry", 40],
  ["retentionUntil", 40],
  ["grace", 24],
  ["penaltyRate", 20],
  ["capDays", 14],
  ["retention", 20],
  ["group", 40],
  ["points", 8],
  ["options", 10],
];

const QUANTITY_BITS = 40;
const MONEY_BITS = 56;
const LINE_DIGITS = (QUANTITY_BITS + MONEY_BITS) / 4;

const TERMS_TYPES: Record<string, TypedDataField[]> = {
  OrderTerms: fields(
    "address buyer,address supplier,uint40 due,uint40 expiry,uint40 retentionUntil,uint24 grace,uint24 penaltyRate," +
      "uint16 capDays,uint24 retention,uint40 group,uint8 points,uint16 options,bytes32 conditions,bytes32 origin,bytes lines",
  ),
};

const CONDITIONS_TYPES: Record<string, TypedDataField[]> = {
  OrderConditions: fields(
    "address arbiter,uint32 defaultSplit,uint32 inspection,uint32 answer,uint32 arbitration,uint32 statutoryTerm," +
      "uint32 statutoryInterest,bytes32 sheet,bytes32 documents",
  ),
};

const BATCH_TYPES: Record<string, TypedDataField[]> = {
  DeliveryBatch: fields(
    "uint40 group,bytes32 members,address proposer,uint64 blockNumber,bytes32 blockHash,uint40 blockTime,DeliveryReport[] reports",
  ),
  DeliveryReport: fields("bytes32 order,uint16 line,uint48 from,uint48 to,uint48 late,uint40 latest,bytes32 root"),
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
  let word = 0n;
  for (const [name, bits] of CLAUSE_BITS) {
    word = (word << BigInt(bits)) | inRange(name, BigInt(clauses[name]), bits);
  }
  return word;
}

/** The clauses in a word that `packClauses` or the chain made. */
export function unpackClauses(word: bigint): Clauses {
  const clauses: Partial<Clauses> = {};
  for (const [name, bits] of [...CLAUSE_BITS].reverse()) {
    clauses[name] = Number(BigInt.asUintN(bits, word));
    word >>= BigInt(bits);
  }
  return clauses as Clauses;
}

/**
 * The lines of first terms as bytes: 5 of quantity and 7 of money for each.
 * @throws FactoryChainError `terms-range` when a value does not fit its width
 */
export function linesToBytes(lines: LineTerms[]): string {
  const words = lines.map(
    ({ quantity, total }) =>
      (inRange("quantity", quantity, QUANTITY_BITS) << BigInt(MONEY_BITS)) | inRange("total", total, MONEY_BITS),
  );
  return `0x${words.map((word) => word.toString(16).padStart(LINE_DIGITS, "0")).join("")}`;
}

/**
 * The lines in bytes that `linesToBytes` or the chain made.
 * @throws FactoryChainError `terms-lines` when the bytes are not whole lines
 */
export function linesFromBytes(bytes: string): LineTerms[] {
  const digits = bytes.slice(2);
  if (!/^0x([0-9a-f]{2})*$/i.test(bytes) || digits.length % LINE_DIGITS !== 0) {
    throw new FactoryChainError("terms-lines", "The order's lines are not whole.", {
      expected: "12 bytes a line, as 0x-hex",
    });
  }
  return Array.from({ length: digits.length / LINE_DIGITS }, (_, index) => {
    const word = BigInt(`0x${digits.slice(index * LINE_DIGITS, (index + 1) * LINE_DIGITS)}`);
    return { quantity: word >> BigInt(MONEY_BITS), total: BigInt.asUintN(MONEY_BITS, word) };
  });
}

/** The EIP-712 hashStruct of terms. */
export function termsHash(terms: OrderTerms): string {
  return TypedDataEncoder.hashStruct("OrderTerms", TERMS_TYPES, unpacked(terms));
}

/** The order's id: the EIP-712 digest of its first terms. It is what a buyer's wallet signs, too. */
export function orderId({ domain, terms }: { domain: TypedDataDomain; terms: OrderTerms }): string {
  return TypedDataEncoder.hash(domain, TERMS_TYPES, unpacked(terms));
}

/** The EIP-712 hashStruct of conditions: what terms carry as `conditions`. */
export function hashConditions(conditions: OrderConditions): string {
  return TypedDataEncoder.hashStruct("OrderConditions", CONDITIONS_TYPES, conditions);
}

/** The hash of a relayer group's members that a batch names: keccak-256 over the addresses, each padded to a word. */
export function hashMembers(members: string[]): string {
  const words = members.map((member) => AbiCoder.defaultAbiCoder().encode(["address"], [member]).slice(2));
  return keccak256(`0x${words.join("")}`);
}

/** The digest that relayers sign for a batch. */
export function batchDigest({ domain, batch }: { domain: TypedDataDomain; batch: DeliveryBatch }): string {
  return TypedDataEncoder.hash(domain, BATCH_TYPES, { ...batch, members: hashMembers(batch.members) });
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

function unpacked(terms: OrderTerms): Record<string, unknown> {
  return { ...terms, ...unpackClauses(terms.clauses) };
}

function fields(list: string): TypedDataField[] {
  return list.split(",").map((field) => {
    const [type = "", name = ""] = field.split(" ");
    return { name, type };
  });
}

function inRange(name: string, value: bigint, bits: number): bigint {
  if (value < 0n || value >> BigInt(bits) !== 0n) {
    throw new FactoryChainError("terms-range", `The order's ${name} is ${value}.`, {
      expected: `a whole number from 0 and below 2^${bits}`,
    });
  }
  return value;
}
