import { FUNDING_SOURCES, signConsent } from "../../chain/consent.ts";
import type { Approval, FundingSource, TokenSignature, TypedDataSigner } from "../../chain/consent.ts";
import type { Deployment } from "../../chain/deployment.ts";
import { fundedBy } from "../../chain/schedules.ts";
import { unpackClauses, ZERO_HASH } from "../../chain/terms.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { allowEscrow } from "./allowEscrow.ts";
import { callEscrow, consentArguments, domainOf } from "./escrowCall.ts";
import type { ConsentParameters } from "./escrowCall.ts";
import type { OrderDocument } from "./orderDocument.ts";

export interface OpenOrderParameters extends ConsentParameters {
  /** The buyer's account, or anybody's with the buyer's signature. */
  client: AccountClient;
  order: OrderDocument;
  /** Where the money comes from; default: the buyer's allowance. */
  source?: FundingSource;
  /** With the sources permit and authorization: the buyer's signature for the token. */
  token?: TokenSignature;
}

export interface OpenOrderReturnType {
  /** The allowance; null where none was needed, or the buyer does not send the transaction. */
  allowance: SentTransaction | null;
  creation: SentTransaction;
}

const NO_TOKEN_SIGNATURE: TokenSignature = { validAfter: 0, validBefore: 0, v: 0, r: ZERO_HASH, s: ZERO_HASH };

/**
 * Opens and funds an order with any clauses, from any source. Announce it to the relayers first.
 *
 * @throws ChainError what token or escrow say: dates, windows, rates or arbiter that do not fit, too little money, a
 *   signature that is missing
 * @example
 * await announceOrder({ order, relayers });
 * await openOrder({ client: buyer, order, source: "balance" });
 */
export async function openOrder(p: OpenOrderParameters): Promise<OpenOrderReturnType> {
  const { client, order, source = "allowance" } = p;
  const { currency } = order.sheet;
  const own = client.address === order.terms.buyer && source === "allowance";
  const allowance = own ? await allowEscrow({ client, currency, amount: fundedBy(order.terms) }) : null;
  const [deadline, approvals] = consentArguments(p);
  const funding = { source: FUNDING_SOURCES[source], deadline, approvals, token: p.token ?? NO_TOKEN_SIGNATURE };
  const args = [order.terms, order.conditions, funding];
  return { allowance, creation: await callEscrow({ client, currency, name: "openOrder", args }) };
}

/**
 * Signs the opening of an order as its buyer, for somebody else to send. Needs no chain. With the source authorization
 * the token's signature is all that is needed: `signOrderAuthorization`.
 *
 * @param p.deadline seconds since 1970
 * @example
 * const approval = await signOrderCreation({ signer: wallet, deployment, order, source: "balance", deadline });
 */
export async function signOrderCreation(p: {
  signer: TypedDataSigner;
  deployment: Deployment;
  order: OrderDocument;
  source: FundingSource;
  deadline: number;
}): Promise<Approval> {
  const { signer, deployment, order, source, deadline } = p;
  const { due, expiry } = unpackClauses(order.terms.clauses);
  return await signConsent({
    signer,
    domain: domainOf({ deployment, currency: order.sheet.currency }),
    struct: "OrderCreation",
    value: {
      order: order.id,
      supplier: order.terms.supplier,
      total: fundedBy(order.terms),
      due,
      expiry,
      source: FUNDING_SOURCES[source],
      deadline,
    },
  });
}
