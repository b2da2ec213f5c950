import { AbiCoder, concat, id, keccak256, recoverAddress, Signature, TypedDataEncoder } from "ethers";
import type { Result } from "ethers";

// The types as contracts/README.md lists them.
const BATCH = id(
  "DeliveryBatch(uint40 group,bytes32 members,uint40 blockTime,Judgement judgement,DeliveryReport[] reports)" +
    "DeliveryReport(bytes32 order,uint240 progress,bytes32 root)" +
    "Judgement(address proposer,uint64 blockNumber,bytes32 blockHash)",
);
const REPORT = id("DeliveryReport(bytes32 order,uint240 progress,bytes32 root)");
const JUDGEMENT = id("Judgement(address proposer,uint64 blockNumber,bytes32 blockHash)");
const TERMS = id(
  "OrderTerms(address supplier,uint256 clauses,bytes lines,Agreement agreement)Agreement(address buyer,bytes32 conditions)",
);

/** A batch as its calldata has it. */
export interface Certified {
  group: number;
  blockTime: number;
  judgement: string;
  digest: string;
  signers: (string | null)[];
  reports: { order: string; line: number; from: bigint; to: bigint; root: string }[];
}

/** Reads the arguments of `confirm` and `confirmWith`: who signed what. */
export function readCertificate(p: { domain: string; args: Result }): Certified {
  const [certificate, orders, reports] = p.args as unknown as [Result, Result[], Result[]];
  const ids = orders.map((order) => orderIdOf(p.domain, order));
  const read = reports.map((report) => {
    const progress = report["progress"] as bigint;
    const part = (shift: bigint, bits: bigint): bigint => (progress >> shift) & ((1n << bits) - 1n);
    return {
      order: ids[Number(part(240n, 16n))] ?? "",
      line: Number(part(224n, 16n)),
      from: part(176n, 48n),
      to: part(128n, 48n),
      progress: part(0n, 240n),
      root: report["root"] as string,
    };
  });
  const hashes = read.map(({ order, progress, root }) =>
    hashOf(["bytes32", "bytes32", "uint240", "bytes32"], [REPORT, order, progress, root]),
  );
  const struct = hashOf(
    ["bytes32", "uint40", "bytes32", "uint40", "bytes32", "bytes32"],
    [
      ...[BATCH, certificate["group"], keccak256(certificate["members"] as string)],
      ...[certificate["blockTime"], certificate["judgement"], keccak256(concat(hashes))],
    ],
  );
  const digest = keccak256(concat(["0x1901", p.domain, struct]));
  const signatures = certificate["signatures"] as { r: string; vs: string }[];
  return {
    group: Number(certificate["group"]),
    blockTime: Number(certificate["blockTime"]),
    judgement: certificate["judgement"] as string,
    digest,
    signers: signatures.map((signature) => signerOf(digest, signature)),
    reports: read,
  };
}

/** What a certificate has in the place of its proposer and block. */
export function judgementOf(p: { proposer: string; number: number; hash: string }): string {
  return hashOf(["bytes32", "address", "uint64", "bytes32"], [JUDGEMENT, p.proposer, p.number, p.hash]);
}

/** A batch as relayers show it to each other; numbers beyond JSON's are texts. */
export interface ShownBatch {
  escrow: string;
  group: number;
  members: string[];
  proposer: string;
  block: { number: number; hash: string; time: number };
  reports: { order: string; line: number; from: string; to: string; late: string; latest: number; root: string }[];
}

/** The digest that members sign for it. */
export function digestOfBatch(p: { domain: string; batch: ShownBatch }): string {
  const { group, members, proposer, block, reports } = p.batch;
  const hashes = reports.map(({ order, line, from, to, late, latest, root }) => {
    const progress =
      (BigInt(line) << 224n) |
      (BigInt(from) << 176n) |
      (BigInt(to) << 128n) |
      (BigInt(late) << 80n) |
      (BigInt(latest) << 40n);
    return hashOf(["bytes32", "bytes32", "uint240", "bytes32"], [REPORT, order, progress, root]);
  });
  const struct = hashOf(
    ["bytes32", "uint40", "bytes32", "uint40", "bytes32", "bytes32"],
    [
      BATCH,
      group,
      keccak256(concat(members)),
      block.time,
      judgementOf({ proposer, ...block }),
      keccak256(concat(hashes)),
    ],
  );
  return keccak256(concat(["0x1901", p.domain, struct]));
}

export function domainOf(p: { chainId: number; escrow: string }): string {
  const { chainId, escrow: verifyingContract } = p;
  return TypedDataEncoder.hashDomain({
    ...{ name: "FactoryChain SupplierEscrow", version: "1" },
    ...{ chainId, verifyingContract },
  });
}

/** Whose signature it is; null: nobody's. */
export function recovered(digest: string, signature: string): string | null {
  try {
    return recoverAddress(digest, signature).toLowerCase();
  } catch {
    return null;
  }
}

function signerOf(digest: string, { r, vs }: { r: string; vs: string }): string | null {
  try {
    return recovered(digest, Signature.from({ r, yParityAndS: vs }).serialized);
  } catch {
    return null;
  }
}

function orderIdOf(domain: string, order: Result): string {
  const lines = keccak256(order["lines"] as string);
  const types = ["bytes32", "address", "uint256", "bytes32", "bytes32"];
  const struct = hashOf(types, [TERMS, order["supplier"], order["clauses"], lines, order["agreement"]]);
  return keccak256(concat(["0x1901", domain, struct]));
}

function hashOf(types: string[], values: unknown[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
}
