import { signTokenPermit, tokenDomain } from "../../chain/consent.ts";
import type { TokenSignature, TypedDataSigner } from "../../chain/consent.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow } from "./escrowCall.ts";
import type { OrderDocument } from "./orderDocument.ts";

export interface CreateOrderWithPermitParameters {
  /** The buyer's account. */
  client: AccountClient;
  order: OrderDocument;
  /** Of exactly the order's total: see `signPermit`. */
  permit: TokenSignature;
}

/**
 * Funds a plain order by an EIP-2612 permit: one transaction, no allowance before. A permit that somebody else used
 * first does no harm.
 *
 * @throws ChainError what token or escrow say: the permit is for something else, too little money
 * @example
 * const { tokenName, nonce } = await readTokenSigning({ client, currency: "KRW", account: wallet.address });
 * const permit = await signPermit({ signer: wallet, deployment, currency: "KRW", tokenName, nonce, amount, deadline });
 * await createOrderWithPermit({ client: buyer, order, permit });
 */
export async function createOrderWithPermit(p: CreateOrderWithPermitParameters): Promise<SentTransaction> {
  const { client, order, permit } = p;
  const args = [order.terms, permit];
  return await callEscrow({ client, currency: order.sheet.currency, name: "createOrderWithPermit", args });
}

/**
 * Signs a permit for the escrow to take an amount. Needs no chain.
 *
 * @param p.tokenName the token's name; `readTokenSigning` knows it
 * @param p.nonce the signer's next one in the token
 * @param p.amount minor units
 * @param p.deadline seconds since 1970
 */
export async function signPermit(p: {
  signer: TypedDataSigner;
  deployment: Deployment;
  currency: string;
  tokenName: string;
  nonce: bigint;
  amount: bigint;
  deadline: number;
}): Promise<TokenSignature> {
  const { token, escrow } = currencyContracts(p);
  const domain = tokenDomain({ name: p.tokenName, chainId: p.deployment.chainId, token });
  return await signTokenPermit({ ...p, domain, spender: escrow });
}
