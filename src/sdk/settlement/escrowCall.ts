import type { TypedDataDomain } from "ethers";
import type { Approval, TypedDataSigner } from "../../chain/consent.ts";
import { NO_DEADLINE } from "../../chain/consent.ts";
import { interfaces } from "../../chain/contracts.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { encodeCall } from "../../chain/encode.ts";
import { packClaim } from "../../chain/claims.ts";
import type { Claim } from "../../chain/claims.ts";
import { orderOfTerms } from "../../chain/schedules.ts";
import { escrowDomain } from "../../chain/terms.ts";
import type { OrderTerms } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient, Client } from "../client.ts";
import { readClaims } from "./readClaims.ts";

/** An order that an action is about. */
export interface OrderReference {
  /** ISO 4217. */
  currency: string;
  /** The terms in force: those of the latest amendment, else the first ones. `readOrder` has them. */
  terms: OrderTerms;
}

/** The signatures of parties that do not send the transaction themselves. */
export interface ConsentParameters {
  /** What the signatures name, seconds since 1970; without signatures: none. */
  deadline?: number;
  /** As `signX` made them; a party that sends the transaction needs none. */
  approvals?: readonly Approval[];
}

/** The list of claims that an action passes on. */
export interface ClaimsParameters {
  /** The present list; default: it is read from the chain's events. */
  claims?: readonly Claim[];
}

/** What every offline signature takes. */
export interface SignParameters extends OrderReference {
  signer: TypedDataSigner;
  deployment: Deployment;
  /** Seconds since 1970, after which the signature is worth nothing. */
  deadline: number;
}

/** The EIP-712 domain of a currency's escrow. */
export function domainOf(p: { deployment: Deployment; currency: string }): TypedDataDomain {
  const { escrow } = currencyContracts(p);
  return escrowDomain({ chainId: p.deployment.chainId, escrow });
}

/** The id of the order that an action is about. */
export function orderIdOf(p: OrderReference & { deployment: Deployment }): string {
  return orderOfTerms({ domain: domainOf(p), terms: p.terms });
}

/** Sends a call of a currency's escrow. */
export async function callEscrow(p: {
  client: AccountClient;
  currency: string;
  name: string;
  args: readonly unknown[];
}): Promise<SentTransaction> {
  const { escrow } = currencyContracts({ deployment: p.client.deployment, currency: p.currency });
  return await p.client.write({ to: escrow, data: encodeCall({ abi: interfaces.supplierEscrow, ...p }) });
}

/** Deadline and signatures as the contract takes them. */
export function consentArguments({ deadline, approvals }: ConsentParameters): [number, readonly Approval[]] {
  return [deadline ?? NO_DEADLINE, approvals ?? []];
}

/** The present list of claims as the contract takes it. */
export async function claimWords(p: { client: Client } & OrderReference & ClaimsParameters): Promise<bigint[]> {
  const order = orderIdOf({ ...p, deployment: p.client.deployment });
  const claims = p.claims ?? (await readClaims({ client: p.client, currency: p.currency, order }));
  return claims.map(packClaim);
}

/** The order's sequence number: what signatures about the whole order name. */
export async function readSequence(p: { client: Client } & OrderReference): Promise<number> {
  const order = orderIdOf({ ...p, deployment: p.client.deployment });
  return Number((await p.client.contracts.currency(p.currency).escrow.orderOf(order)).seq);
}
