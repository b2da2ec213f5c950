import { interfaces } from "./contracts.ts";
import { compactSignature } from "./terms.ts";
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
    signers: signed.reduce((bits, { index }) => bits | (1n << BigInt(index)), 0n),
    signatures: signed.map(({ signature }) => signature),
  };
  const deliveries = reports.map(({ order, ...report }) => ({ terms: terms.get(order), report }));
  return interfaces.supplierEscrow.encodeFunctionData("confirm", [certificate, deliveries]);
}
