import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import { ZERO_HASH } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, consentArguments, domainOf, orderIdOf } from "./escrowCall.ts";
import type { ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

/** The buyer's claim on what is held back. */
export interface RetentionCall {
  /** In minor units, at most what is held back. */
  amount: bigint;
  /** Hash of what shows the defects, 0x-hex; default: nothing. */
  evidence?: string;
}

export interface CallRetentionParameters extends OrderReference, RetentionCall, ConsentParameters {
  /** The buyer's account; with its signature any account. */
  client: AccountClient;
}

/**
 * Calls on the retention, once, before its date. The payees may dispute it; their silence agrees.
 *
 * @throws ChainError what the escrow says: it was called on before, the date is over, less is held back
 * @example
 * await callRetention({ client: buyer, currency: "KRW", terms, amount: 300_000n, evidence });
 */
export async function callRetention(p: CallRetentionParameters): Promise<SentTransaction> {
  const { client, currency, terms, amount, evidence = ZERO_HASH } = p;
  const args = [terms, amount, evidence, ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "callRetention", args });
}

/**
 * Signs a call on the retention as the buyer, for somebody else to send. Needs no chain.
 *
 * @example
 * const approval = await signRetentionCall({ signer, deployment, currency: "KRW", terms, amount: 300_000n, deadline });
 */
export async function signRetentionCall(p: SignParameters & RetentionCall): Promise<Approval> {
  const { signer, amount, evidence = ZERO_HASH, deadline } = p;
  const value = { order: orderIdOf(p), amount, evidence, deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "RetentionCall", value });
}
