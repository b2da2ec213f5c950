import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import { fundedBy } from "../../chain/schedules.ts";
import { orderId, unpackClauses } from "../../chain/terms.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { allowEscrow } from "./allowEscrow.ts";
import { callEscrow, claimWords, consentArguments, domainOf, orderIdOf, readSequence } from "./escrowCall.ts";
import type { ClaimsParameters, ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

export interface AmendOrderParameters extends OrderReference, ClaimsParameters, ConsentParameters {
  /** Buyer or supplier, with the other's signature; with both any account. */
  client: AccountClient;
  /** The terms to be: `amendTerms` writes them. */
  next: OrderTerms;
  /** The order's sequence number that was signed; default: the present one. */
  seq?: number;
}

/**
 * Puts other quantities, prices, dates or another relayer group in force, by consent of both, and of owners of claims
 * whom it can hurt. A higher total is taken from the buyer's allowance (given here when the buyer sends it, else by
 * `allowEscrow`), a lower one goes back. Announce the new terms to the relayers then.
 *
 * @throws ChainError what the escrow says: a signature is missing, what was accepted would change its value
 * @example
 * const next = amendTerms({ order: id, terms, changes: { due: later, expiry: later } });
 * const approval = await signAmendment({ signer, deployment, currency: "KRW", terms, next, seq, deadline });
 * await amendOrder({ client: buyer, currency: "KRW", terms, next, seq, deadline, approvals: [approval] });
 */
export async function amendOrder(p: AmendOrderParameters): Promise<SentTransaction> {
  const { client, currency, terms, next } = p;
  const more = fundedBy(next) - fundedBy(terms);
  if (more > 0n && client.address === terms.buyer) await allowEscrow({ client, currency, amount: more });
  const seq = p.seq ?? (await readSequence(p));
  const args = [terms, next, seq, await claimWords(p), ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "amend", args });
}

/**
 * Signs an amendment as buyer, supplier or owner of a claim. Needs no chain.
 *
 * @param p.seq the order's sequence number: `readOrder` knows it
 */
export async function signAmendment(p: SignParameters & { next: OrderTerms; seq: number }): Promise<Approval> {
  const { signer, next, seq, deadline } = p;
  const domain = domainOf(p);
  const { due, expiry } = unpackClauses(next.clauses);
  const terms = orderId({ domain, terms: next });
  const value = { order: orderIdOf(p), seq, terms, total: fundedBy(next), due, expiry, deadline };
  return await signConsent({ signer, domain, struct: "Amendment", value });
}
