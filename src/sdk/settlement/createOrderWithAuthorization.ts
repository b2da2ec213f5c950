import { signTokenAuthorization, tokenDomain } from "../../chain/consent.ts";
import type { TokenSignature, TypedDataSigner } from "../../chain/consent.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { fundedBy } from "../../chain/schedules.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { callEscrow } from "./escrowCall.ts";
import type { OrderDocument } from "./orderDocument.ts";

export interface CreateOrderWithAuthorizationParameters {
  /** Any account. */
  client: AccountClient;
  order: OrderDocument;
  /** The buyer's: see `signOrderAuthorization`. */
  authorization: TokenSignature;
}

/**
 * Funds a plain order by its buyer's ERC-3009 authorization, whose nonce is the order's id: it binds money and terms, so
 * anybody may send it.
 *
 * @throws ChainError what token or escrow say: the authorization is for something else, too little money
 * @example
 * const authorization = await signOrderAuthorization({ signer: wallet, deployment, order, tokenName, validBefore });
 * await createOrderWithAuthorization({ client: anybody, order, authorization });
 */
export async function createOrderWithAuthorization(
  p: CreateOrderWithAuthorizationParameters,
): Promise<SentTransaction> {
  const { client, order, authorization } = p;
  const args = [order.terms, authorization];
  return await callEscrow({ client, currency: order.sheet.currency, name: "createOrderWithAuthorization", args });
}

/**
 * Signs an authorization over an order's total that only this order can use. Needs no chain.
 *
 * @param p.tokenName the token's name; `readTokenSigning` knows it
 * @param p.validBefore seconds since 1970
 */
export async function signOrderAuthorization(p: {
  signer: TypedDataSigner;
  deployment: Deployment;
  order: OrderDocument;
  tokenName: string;
  validBefore: number;
}): Promise<TokenSignature> {
  const { signer, deployment, order, tokenName, validBefore } = p;
  const { token, escrow } = currencyContracts({ deployment, currency: order.sheet.currency });
  const domain = tokenDomain({ name: tokenName, chainId: deployment.chainId, token });
  const amount = fundedBy(order.terms);
  return await signTokenAuthorization({ signer, domain, to: escrow, amount, nonce: order.id, validBefore });
}
