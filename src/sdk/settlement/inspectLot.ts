import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import { ZERO_HASH } from "../../chain/terms.ts";
import type { OrderConditions } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, claimWords, consentArguments, domainOf, orderIdOf } from "./escrowCall.ts";
import type { ClaimsParameters, ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

/** The buyer's answer about a lot. */
export interface InspectionAnswer {
  /** Number of the lot: `readLots` knows it. */
  lot: number;
  /** What is not accepted, in the line's scale; 0: all is accepted. */
  rejected: bigint;
  /** Hash of what shows the defects, 0x-hex; default: nothing. */
  evidence?: string;
}

export interface InspectLotParameters extends OrderReference, InspectionAnswer, ClaimsParameters, ConsentParameters {
  /** The buyer's account; with its signature any account. */
  client: AccountClient;
  conditions: OrderConditions;
}

/**
 * Answers a lot, once, within the inspection window: so much is rejected, the rest accepted and paid.
 *
 * @throws ChainError what the escrow says: the lot is answered or its time over, more is rejected than it holds
 * @example
 * await inspectLot({ client: buyer, currency: "KRW", terms, conditions, lot: 0, rejected: 20n, evidence });
 */
export async function inspectLot(p: InspectLotParameters): Promise<SentTransaction> {
  const { client, currency, terms, conditions, lot, rejected, evidence = ZERO_HASH } = p;
  const args = [terms, conditions, lot, rejected, evidence, await claimWords(p), ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "inspect", args });
}

/**
 * Signs an answer as the buyer, for somebody else to send. Needs no chain.
 *
 * @example
 * const approval = await signInspection({ signer, deployment, currency: "KRW", terms, lot: 0, rejected: 0n, deadline });
 */
export async function signInspection(p: SignParameters & InspectionAnswer): Promise<Approval> {
  const { signer, lot, rejected, evidence = ZERO_HASH, deadline } = p;
  const value = { order: orderIdOf(p), lot, rejected, evidence, deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "Inspection", value });
}
