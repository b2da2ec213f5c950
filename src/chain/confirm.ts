import { interfaces } from "./contracts.ts";
import { FactoryChainError } from "../lib/errors.ts";
import { compactSignature, confirmArguments } from "./terms.ts";
import type { DeliveryBatch, OrderTerms } from "./terms.ts";

/** A member's signature over a batch, in any form that ethers reads. */
export interface Share {
  member: string;
  signature: string;
}

/**
 * Calldata of `SupplierEscrow.confirm` for a batch that a quorum signed.
 *
 * @param terms the terms in force of every order in the batch, by its id
 * @throws FactoryChainError `terms-missing` when one of them is not there
 */
export function encodeConfirm({
  batch,
  shares,
  terms,
}: {
  batch: DeliveryBatch;
  shares: readonly Share[];
  terms: ReadonlyMap<string, OrderTerms>;
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
  return interfaces.supplierEscrow.encodeFunctionData("confirm", confirmArguments({ certificate, deliveries }));
}

function known(terms: ReadonlyMap<string, OrderTerms>, order: string): OrderTerms {
  const found = terms.get(order);
  if (found === undefined) throw new FactoryChainError("terms-missing", `The terms of order ${order} are missing.`);
  return found;
}

/** Room for the checks of a certificate, and for what a payout's push reserves. */
const BASE_GAS = 350_000n;
/** A report of a line not yet delivered that pays an account not yet paid. */
const REPORT_GAS = 90_000n;
/** A report carries its order's lines, 12 bytes each, at the 40 gas that EIP-7623 asks for a byte at most. */
const LINE_GAS = 480n;

/**
 * Gas limit for a batch.
 *
 * @param lines per report, how many lines its order has
 */
export function confirmGas(lines: readonly number[]): bigint {
  return lines.reduce((sum, count) => sum + REPORT_GAS + LINE_GAS * BigInt(count), BASE_GAS);
}
