import { AXIS_END } from "../../chain/claims.ts";
import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import type { OrderConditions } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { allowEscrow } from "./allowEscrow.ts";
import { callEscrow, claimWords, consentArguments, domainOf, orderIdOf, readSequence } from "./escrowCall.ts";
import type { ClaimsParameters, ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

/** Who gets which part of a claim, on what terms. */
export interface Assignment {
  /** Id of the owner's claim; 0: all of an order that was never assigned. `readClaims` knows it. */
  claim: number;
  /** The lowest part of it that is not paid, in minor units. */
  amount: bigint;
  /** The part may begin at most here on the payout axis, in minor units; default: anywhere. */
  maxStart?: bigint;
  /** The new owner, 0x-hex. */
  to: string;
  /** How many claims that part may become; default: 1. A claim that is passed on whole keeps all of its slots. */
  slots?: number;
  /** What the new owner pays for it, in minor units; default: it is given. */
  price?: bigint;
}

export interface AssignClaimParameters extends OrderReference, Assignment, ClaimsParameters, ConsentParameters {
  /** The claim's owner, and with a price the new one: one sends, the other has signed; with both any account. */
  client: AccountClient;
  conditions: OrderConditions;
  /** The order's sequence number that was signed; default: the present one. */
  seq?: number;
}

/**
 * Gives or sells the lowest unpaid part of a claim: to the next tier, or to a financier, money against claim. The price
 * comes from the new owner's allowance: given here when the new owner sends it, else by `allowEscrow`.
 *
 * @throws ChainError what the escrow says: no such claim, the part does not fit, a signature is missing
 * @example
 * await assignClaim({ client: supplier, currency: "KRW", terms, conditions, claim: 0, amount: 4_000_000n, to, slots: 4 });
 */
export async function assignClaim(p: AssignClaimParameters): Promise<SentTransaction> {
  const { client, currency, terms, conditions } = p;
  const assignment = withDefaults(p);
  const { price, to } = assignment;
  if (price > 0n && client.address === to.toLowerCase()) await allowEscrow({ client, currency, amount: price });
  const seq = p.seq ?? (await readSequence(p));
  const args = [terms, conditions, assignment, seq, await claimWords(p), ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "assign", args });
}

/**
 * Signs an assignment as the claim's owner, or as its buyer. Needs no chain.
 *
 * @param p.seq the order's sequence number: `readOrder` knows it
 */
export async function signAssignment(p: SignParameters & Assignment & { seq: number }): Promise<Approval> {
  const { signer, seq, deadline } = p;
  const value = { order: orderIdOf(p), seq, ...withDefaults(p), deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "Assignment", value });
}

function withDefaults({ claim, amount, maxStart = AXIS_END, to, slots = 1, price = 0n }: Assignment) {
  return { claim, amount, maxStart, to, slots, price };
}
