import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import { ZERO_HASH } from "../../chain/terms.ts";
import type { OrderConditions } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, claimWords, consentArguments, domainOf, orderIdOf } from "./escrowCall.ts";
import type { ClaimsParameters, ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

/** What is contested. */
export interface LotContest {
  /** Number of the lot; 4294967295: the call on the retention. */
  lot: number;
  /** Hash of what shows that the goods are as ordered, 0x-hex; default: nothing. */
  evidence?: string;
}

export interface DisputeLotParameters extends OrderReference, LotContest, ClaimsParameters, ConsentParameters {
  /** The party's account; with its signature any account. */
  client: AccountClient;
  conditions: OrderConditions;
  /** The supplier, or an owner of an unpaid claim; default: the client's account. */
  party?: string;
}

/**
 * Contests a rejection or the call on the retention within the answer window, so that the arbiter rules.
 *
 * @throws ChainError what the escrow says: nothing was rejected, the time is over, the party has no claim
 * @example
 * await disputeLot({ client: supplier, currency: "KRW", terms, conditions, lot: 0, evidence });
 */
export async function disputeLot(p: DisputeLotParameters): Promise<SentTransaction> {
  const { client, currency, terms, conditions, lot, evidence = ZERO_HASH, party = client.address } = p;
  const args = [terms, conditions, lot, party, evidence, await claimWords(p), ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "dispute", args });
}

/**
 * Signs a dispute as a party, for somebody else to send. Needs no chain.
 *
 * @example
 * const approval = await signDispute({ signer, deployment, currency: "KRW", terms, lot: 0, deadline });
 */
export async function signDispute(p: SignParameters & LotContest): Promise<Approval> {
  const { signer, lot, evidence = ZERO_HASH, deadline } = p;
  return await signConsent({
    signer,
    domain: domainOf(p),
    struct: "Dispute",
    value: { order: orderIdOf(p), lot, evidence, deadline },
  });
}
