import { signConsent } from "../../chain/consent.ts";
import type { Approval } from "../../chain/consent.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { allowEscrow } from "./allowEscrow.ts";
import { callEscrow, consentArguments, domainOf, orderIdOf } from "./escrowCall.ts";
import type { ConsentParameters, OrderReference, SignParameters } from "./escrowCall.ts";

export interface IssueCreditNoteParameters extends OrderReference, ConsentParameters {
  /** The supplier's account; with its signature any account. */
  client: AccountClient;
  /** In minor units. */
  amount: bigint;
}

/**
 * Gives money of the supplier back to the buyer, after a payout. It changes nothing of the order. The supplier's
 * allowance pays: given here when the supplier sends it, else by `allowEscrow`.
 *
 * @throws ChainError what token or escrow say: nothing was named, the supplier's money is too little
 * @example
 * await issueCreditNote({ client: supplier, currency: "KRW", terms, amount: 50_000n });
 */
export async function issueCreditNote(p: IssueCreditNoteParameters): Promise<SentTransaction> {
  const { client, currency, terms, amount } = p;
  if (client.address === terms.supplier) await allowEscrow({ client, currency, amount });
  return await callEscrow({ client, currency, name: "creditNote", args: [terms, amount, ...consentArguments(p)] });
}

/**
 * Signs a credit note as the supplier, for somebody else to send. Needs no chain.
 *
 * @param p.amount minor units
 * @param p.nonce the supplier's next one in the escrow: `readBalances` knows it
 */
export async function signCreditNote(p: SignParameters & { amount: bigint; nonce: bigint }): Promise<Approval> {
  const { signer, amount, nonce, deadline } = p;
  const value = { order: orderIdOf(p), amount, nonce, deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "CreditNote", value });
}
