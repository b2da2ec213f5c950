import { interfaces } from "./contracts.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { BYTES_BESIDE_DATA, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_GAS } from "./preflight.ts";
import type { DeviceSignature } from "./deviceSignatures.ts";
import { compactSignature, confirmArguments } from "./terms.ts";
import type { DeliveryBatch, OrderTerms } from "./terms.ts";

/** A member's signature over a batch, in any form that ethers reads. */
export interface Share {
  member: string;
  signature: string;
}

/**
 * Calldata that confirms a batch which a quorum signed: `SupplierEscrow.confirmWith` where an order of it was assigned, so
 * that every owner of a claim is paid in the same transaction, or demands device signatures, else `confirm`.
 *
 * @param terms the terms in force of every order in the batch, by its id
 * @param claims the present list of every order that was assigned, by its id; words of Claim.sol
 * @param devices of every order that demands them, by its id, a signature for each of its reports, in their order
 * @throws FactoryChainError `terms-missing` when one of them is not there
 */
export function encodeConfirm({
  batch,
  shares,
  terms,
  claims = new Map(),
  devices = new Map(),
}: {
  batch: DeliveryBatch;
  shares: readonly Share[];
  terms: ReadonlyMap<string, OrderTerms>;
  claims?: ReadonlyMap<string, readonly bigint[]>;
  devices?: ReadonlyMap<string, readonly DeviceSignature[]>;
}): string {
  const { reports, ...judged } = batch;
  const signed = shares
    .map(({ member, signature }) => ({ index: batch.members.indexOf(member), signature: compactSignature(signature) }))
    .filter(({ index }) => index >= 0)
    .sort((a, b) => a.index - b.index);
  const certificate = {
    ...judged,
    signers: signed.reduce((bits, { index }) => bits + 2 ** index, 0),
    signatures: signed.map(({ signature }) => signature),
  };
  const deliveries = reports.map(({ order, ...report }) => ({ terms: known(terms, order), report }));
  const values = confirmArguments({ certificate, deliveries });
  // As `confirmArguments` lists the orders: each once, where it comes first.
  const orders = [...new Set(reports.map(({ order }) => order))];
  if (!orders.some((order) => claims.has(order) || devices.has(order)))
    return interfaces.supplierEscrow.encodeFunctionData("confirm", values);
  const evidence = orders.map((order) => ({ claims: claims.get(order) ?? [], devices: devices.get(order) ?? [] }));
  return interfaces.supplierEscrow.encodeFunctionData("confirmWith", [...values, evidence]);
}

function known(terms: ReadonlyMap<string, OrderTerms>, order: string): OrderTerms {
  const found = terms.get(order);
  if (found === undefined) throw new FactoryChainError("terms-missing", `The terms of order ${order} are missing.`);
  return found;
}

/** Of a report, what the cost of its batch depends on. */
export interface ReportSize {
  order: string;
  /** Bytes of the lines in the order's terms. */
  bytes: number;
  /** Claims of the order; none where it was not assigned. */
  claims: number;
  /** Hashes in the proof of the device's key; null or absent where the order demands no device signature. */
  proof?: number | null;
  /** Who is paid at once. Absent: it opens a lot, or may. */
  payee?: string | undefined;
  /** Whether something of its line was delivered before. */
  again?: boolean;
}

/** Room for the checks of a certificate, and for what a payout's push reserves. */
const BASE_GAS = 350_000n;
/** A report that opens a lot. */
const LOT_GAS = 90_000n;
/** Any other one: of a line that was delivered before, and of one that was not. */
const REPORT_GAS = { again: 35_000n, first: 60_000n };
/** A payee that had no money: all that a batch pays one is paid in one transfer. */
const PAYEE_GAS = 35_000n;
/** A report carries its order's lines, at the 40 gas that EIP-7623 asks for a byte at most. */
const BYTE_GAS = 40n;
/** A claim whose owner was not yet paid: its word, its place in the new list and in the event, and the push. */
const CLAIM_GAS = 35_000n;
/** A device's signature: its words, its statement, and what P-256 costs. */
const DEVICE_GAS = 30_000n;
/** A hash of a proof: its word, and a hash over it. */
const PROOF_GAS = 2_000n;

const WORD = 32;
/** Calldata for no report: selector, three places and two lengths, and a certificate of 32 members who all signed. */
const BASE_BYTES = BYTES_BESIDE_DATA + 4 + 5 * WORD + (6 * WORD + (WORD + 640) + (WORD + 32 * 2 * WORD));
/** Its progress and its root. */
const REPORT_BYTES = 2 * WORD;
/** Beside an order's lines: their place, their length, and four words of terms and where they are. */
const ORDER_BYTES = 6 * WORD;
/** The list of evidence, and of one order the two lists in it: where they are, and how long. */
const EVIDENCE_BYTES = { base: 2 * WORD, order: 5 * WORD };
/** Where a device's signature is, its key, itself, and where its proof is and how long. */
const DEVICE_BYTES = 7 * WORD;

/** What a batch takes of its transaction: units of gas, and bytes once signed. */
export interface BatchCost {
  gas: bigint;
  bytes: number;
}

/** Measures a batch that grows by one report after the other. */
export function createMeter() {
  let cost = { gas: BASE_GAS, bytes: BASE_BYTES, evidence: 0, evidenced: false };
  const orders = new Set<string>();
  const payees = new Set<string>();

  function grown({ order, bytes, claims, proof = null, payee, again = false }: ReportSize): typeof cost {
    const own = payee === undefined ? LOT_GAS : again ? REPORT_GAS.again : REPORT_GAS.first;
    const forPayee = payee === undefined || payees.has(payee) ? 0n : PAYEE_GAS;
    const forDevice = proof === null ? 0n : DEVICE_GAS + PROOF_GAS * BigInt(proof);
    const next = {
      gas: cost.gas + own + forPayee + forDevice + BYTE_GAS * BigInt(bytes),
      bytes: cost.bytes + REPORT_BYTES,
      evidence: cost.evidence + (proof === null ? 0 : DEVICE_BYTES + WORD * proof),
      evidenced: cost.evidenced || claims > 0 || proof !== null,
    };
    if (orders.has(order)) return next;
    next.gas += CLAIM_GAS * BigInt(claims);
    next.bytes += ORDER_BYTES + WORD * Math.ceil(bytes / WORD);
    next.evidence += EVIDENCE_BYTES.order + WORD * claims;
    return next;
  }

  const costOf = ({ gas, bytes, evidence, evidenced }: typeof cost): BatchCost => {
    return { gas, bytes: bytes + (evidenced ? EVIDENCE_BYTES.base + evidence : 0) };
  };

  return {
    with: (size: ReportSize): BatchCost => costOf(grown(size)),
    add(size: ReportSize): void {
      cost = grown(size);
      orders.add(size.order);
      if (size.payee !== undefined) payees.add(size.payee);
    },
    total: (): BatchCost => costOf(cost),
  };
}

/** What a batch takes at most; test/chain/confirmCost.test.ts measures what its gas must suffice for. */
export function confirmCost(reports: readonly ReportSize[]): BatchCost {
  const meter = createMeter();
  for (const report of reports) meter.add(report);
  return meter.total();
}

/** Whether a transaction finds room for it. */
export function fitsTransaction({ gas, bytes }: BatchCost): boolean {
  return gas <= MAX_TRANSACTION_GAS && bytes <= MAX_TRANSACTION_BYTES;
}
