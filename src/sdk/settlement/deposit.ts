import { AbiCoder, keccak256 } from "ethers";
import { signTokenAuthorization, tokenDomain } from "../../chain/consent.ts";
import type { TokenSignature, TypedDataSigner } from "../../chain/consent.ts";
import { currencyContracts } from "../../chain/deployment.ts";
import type { Deployment } from "../../chain/deployment.ts";
import type { SentTransaction } from "../../chain/transactions.ts";
import type { AccountClient } from "../client.ts";
import { allowEscrow } from "./allowEscrow.ts";
import { callEscrow } from "./escrowCall.ts";

export interface DepositParameters {
  /** Whose balance grows; with an authorization any account. */
  client: AccountClient;
  /** ISO 4217. */
  currency: string;
  /** In minor units. */
  amount: bigint;
  /** The signature of somebody else whose money it is, and whose balance grows. */
  authorization?: {
    account: string;
    /** 0x-hex of 32 bytes, as it was signed. */
    salt: string;
    token: TokenSignature;
  };
}

/**
 * Adds to a balance in the escrow, from which orders are opened and which can be withdrawn at any time.
 *
 * @throws ChainError what token or escrow say: too little money, an authorization that was used
 * @example
 * await deposit({ client: buyer, currency: "KRW", amount: 50_000_000n });
 */
export async function deposit(p: DepositParameters): Promise<SentTransaction> {
  const { client, currency, amount, authorization } = p;
  if (authorization === undefined) {
    await allowEscrow({ client, currency, amount });
    return await callEscrow({ client, currency, name: "deposit", args: [amount] });
  }
  const { account, salt, token } = authorization;
  return await callEscrow({ client, currency, name: "depositWithAuthorization", args: [account, amount, salt, token] });
}

/**
 * Signs a deposit for somebody else to send. Needs no chain.
 *
 * @param p.tokenName the token's name; `readTokenSigning` knows it
 * @param p.salt 0x-hex of 32 random bytes
 * @param p.validBefore seconds since 1970
 * @example
 * const token = await signDeposit({ signer: wallet, deployment, currency: "KRW", tokenName, amount, salt, validBefore });
 * await deposit({ client: anybody, currency: "KRW", amount, authorization: { account: wallet.address, salt, token } });
 */
export async function signDeposit(p: {
  signer: TypedDataSigner;
  deployment: Deployment;
  currency: string;
  tokenName: string;
  amount: bigint;
  salt: string;
  validBefore: number;
}): Promise<TokenSignature> {
  const { signer, deployment, amount, validBefore } = p;
  const { token, escrow } = currencyContracts(p);
  const domain = tokenDomain({ name: p.tokenName, chainId: deployment.chainId, token });
  return await signTokenAuthorization({ signer, domain, to: escrow, amount, nonce: depositNonce(p.salt), validBefore });
}

/** The nonce of a deposit's authorization, as `depositNonce` of IOrderFunding has it. */
function depositNonce(salt: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["string", "bytes32"], ["FactoryChain deposit", salt]));
}
