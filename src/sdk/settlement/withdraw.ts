import { signConsent } from "../../chain/consent.ts";
import type { Approval, TypedDataSigner } from "../../chain/consent.ts";
import type { Deployment } from "../../chain/deployment.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow, consentArguments, domainOf } from "./escrowCall.ts";
import type { ConsentParameters } from "./escrowCall.ts";

export interface WithdrawParameters extends ConsentParameters {
  /** The account that has the balance; with its signature any account. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  /** In minor units. */
  amount: bigint;
  /** Who gets the money; default: the account itself. */
  to?: string;
  /** Whose balance it is; default: the client's. */
  account?: string;
}

/**
 * Withdraws from a balance in the escrow: what was deposited, and what could not be paid out when it fell due.
 *
 * @throws ChainError `currency-not-deployed`, or what the escrow says: the balance is smaller, a signature is missing
 * @example
 * await withdraw({ client: supplier, currency: "KRW", amount: 1_000n });
 */
export async function withdraw(p: WithdrawParameters): Promise<SentTransaction> {
  const { client, currency, amount, account = client.address } = p;
  const to = p.to ?? account;
  if (account === client.address) return await callEscrow({ client, currency, name: "withdraw", args: [amount, to] });
  const args = [account, amount, to, ...consentArguments(p)];
  return await callEscrow({ client, currency, name: "withdrawFor", args });
}

/**
 * Signs a withdrawal for somebody else to send. Needs no chain.
 *
 * @param p.nonce the signer's next one in the escrow: `readBalances` knows it
 * @param p.deadline seconds since 1970
 * @example
 * const approval = await signWithdrawal({ signer, deployment, currency: "KRW", amount, to, nonce: 0n, deadline });
 * await withdraw({ client: anybody, currency: "KRW", amount, to, account, deadline, approvals: [approval] });
 */
export async function signWithdrawal(p: {
  signer: TypedDataSigner;
  deployment: Deployment;
  currency: string;
  amount: bigint;
  to: string;
  nonce: bigint;
  deadline: number;
}): Promise<Approval> {
  const { signer, amount, to, nonce, deadline } = p;
  const value = { account: signer.address, amount, to, nonce, deadline };
  return await signConsent({ signer, domain: domainOf(p), struct: "Withdrawal", value });
}
