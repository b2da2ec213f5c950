import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, claimWords, consentArguments, domainOf, orderIdOf, readSequence } from "./escrowCall.ts";
import type { ClaimsParameters, ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

export interface CancelOrderParameters extends OrderReference, ClaimsParameters, ConsentParameters {
  /** Buyer or supplier, with the other's signature; with both any account. */
  client: AccountClient;
  /** Where the cumulative payout ends, in minor units: at least what was paid. */
  payout: bigint;
  /** The order's sequence number that was signed; default: the present one. */
  seq?: number;
}

/**
 * Ends an order by consent of both, and of every owner whose claim ends above the payout. The rest goes back.
 *
 * @throws ChainError what the escrow says: a signature is missing or about another state, the payout is impossible
 * @example
 * const approval = await signCancellation({ signer, deployment, currency: "KRW", terms, payout: 0n, seq, deadline });
 * await cancelOrder({ client: buyer, currency: "KRW", terms, payout: 0n, seq, deadline, approvals: [approval] });
 */
export async function cancelOrder(p: CancelOrderParameters): Promise<SentTransaction> {
  const { client, currency, terms, payout } = p;
  const seq = p.seq ?? (await readSequence(p));
  const args = [terms, payout, seq, await claimWords(p), ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "cancel", args });
}

/**
 * Signs a cancellation as buyer, supplier or owner of a claim. Needs no chain.
 *
 * @param p.payout cumulative, in minor units
 * @param p.seq the order's sequence number: `readOrder` knows it
 */
export async function signCancellation(p: SignParameters & { payout: bigint; seq: number }): Promise<Approval> {
  const { signer, payout, seq, deadline } = p;
  const value = { order: orderIdOf(p), seq, payout, deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "Cancellation", value });
}
