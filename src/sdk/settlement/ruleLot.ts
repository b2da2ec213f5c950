import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import type { OrderConditions } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, claimWords, consentArguments, domainOf, orderIdOf } from "./escrowCall.ts";
import type { ClaimsParameters, ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

/** What the arbiter decides. */
export interface LotRuling {
  /** Number of the lot; 4294967295: the call on the retention. */
  lot: number;
  /** Of the disputed value, what is due to the payees, in ppm: 0 to 1,000,000. */
  share: number;
}

export interface RuleLotParameters extends OrderReference, LotRuling, ClaimsParameters, ConsentParameters {
  /** The arbiter's account; with its signature any account. */
  client: AccountClient;
  conditions: OrderConditions;
}

/**
 * Rules on a dispute within the arbitration window, and pays what became payable by it.
 *
 * @throws ChainError what the escrow says: nothing is disputed, the time is over, the caller is not the arbiter
 * @example
 * await ruleLot({ client: arbiter, currency: "KRW", terms, conditions, lot: 0, share: 500_000 });
 */
export async function ruleLot(p: RuleLotParameters): Promise<SentTransaction> {
  const { client, currency, terms, conditions, lot, share } = p;
  const args = [terms, conditions, lot, share, await claimWords(p), ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "rule", args });
}

/**
 * Signs a ruling as the arbiter, for somebody else to send. Needs no chain.
 *
 * @example
 * const approval = await signRuling({ signer, deployment, currency: "KRW", terms, lot: 0, share: 500_000, deadline });
 */
export async function signRuling(p: SignParameters & LotRuling): Promise<Approval> {
  const { signer, lot, share, deadline } = p;
  const value = { order: orderIdOf(p), lot, share, deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "Ruling", value });
}
