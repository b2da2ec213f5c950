import { interfaces } from "./contracts.ts";
import { FactoryChainError } from "../lib/errors.ts";
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

/** What a report adds to the gas of its batch. */
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

/** Measures a batch that grows by one report after the other. */
export function createGasMeter() {
  let gas = BASE_GAS;
  const orders = new Set<string>();
  const payees = new Set<string>();

  /** The gas limit with one more report. */
  function withOne({ order, bytes, claims, proof = null, payee, again = false }: ReportSize): bigint {
    const own = payee === undefined ? LOT_GAS : again ? REPORT_GAS.again : REPORT_GAS.first;
    const forPayee = payee === undefined || payees.has(payee) ? 0n : PAYEE_GAS;
    const forClaims = orders.has(order) ? 0n : CLAIM_GAS * BigInt(claims);
    const forDevice = proof === null ? 0n : DEVICE_GAS + PROOF_GAS * BigInt(proof);
    return gas + own + forPayee + forClaims + forDevice + BYTE_GAS * BigInt(bytes);
  }

  return {
    with: withOne,
    add(size: ReportSize): void {
      gas = withOne(size);
      orders.add(size.order);
      if (size.payee !== undefined) payees.add(size.payee);
    },
    total: (): bigint => gas,
  };
}

/** Gas limit for a batch; test/chain/confirmGas.test.ts measures what it must suffice for. */
export function confirmGas(reports: readonly ReportSize[]): bigint {
  const meter = createGasMeter();
  for (const report of reports) meter.add(report);
  return meter.total();
}
