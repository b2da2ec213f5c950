import { Signature, TypedDataEncoder } from "ethers";
import type { TypedDataDomain, TypedDataField } from "ethers";
import { encodeFor } from "./encode.ts";
import { fields } from "./terms.ts";

/** Somebody's agreement to an action: what the escrow takes from whoever sends the transaction for them. */
export interface Approval {
  /** 0x-hex, lowercase. */
  account: string;
  /** Of a key, or what an ERC-1271 wallet takes; 0x-hex. */
  signature: string;
}

/** Whoever can sign EIP-712 typed data: an ethers wallet, a keystore, a hardware wallet. */
export interface TypedDataSigner {
  address: string;
  signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string>;
}

/** A signature of the token's holder under a permit or an authorization: `TokenSignature` of IOrderFunding.sol. */
export interface TokenSignature {
  /** Seconds since 1970; a permit has none. */
  validAfter: number;
  /** Seconds since 1970; of a permit its deadline. */
  validBefore: number;
  v: number;
  r: string;
  s: string;
}

/** Where the money of a new order comes from: `FundingSource` of IOrderFunding.sol. */
export const FUNDING_SOURCES = { allowance: 0, permit: 1, authorization: 2, balance: 3 } as const;
export type FundingSource = keyof typeof FUNDING_SOURCES;

/** The latest deadline that there is: for what a party sends itself. */
export const NO_DEADLINE = 2 ** 40 - 1;

/** The structs of Consent.sol, in whose EIP-712 form parties sign; values as the contract takes them. */
export const CONSENT_STRUCTS = {
  OrderCreation: "bytes32 order,address supplier,uint256 total,uint40 due,uint40 expiry,uint8 source,uint40 deadline",
  Withdrawal: "address account,uint256 amount,address to,uint256 nonce,uint40 deadline",
  DeviceDelivery: "bytes32 order,uint16 line,uint48 from,uint48 to",
  Inspection: "bytes32 order,uint32 lot,uint56 rejected,bytes32 evidence,uint40 deadline",
  RetentionCall: "bytes32 order,uint56 amount,bytes32 evidence,uint40 deadline",
  Dispute: "bytes32 order,uint32 lot,bytes32 evidence,uint40 deadline",
  Ruling: "bytes32 order,uint32 lot,uint32 share,uint40 deadline",
  Cancellation: "bytes32 order,uint32 seq,uint56 payout,uint40 deadline",
  Amendment: "bytes32 order,uint32 seq,bytes32 terms,uint256 total,uint40 due,uint40 expiry,uint40 deadline",
  Assignment:
    "bytes32 order,uint32 seq,uint32 claim,uint56 amount,uint56 maxStart,address to,uint8 slots,uint56 price," +
    "uint40 deadline",
  CreditNote: "bytes32 order,uint256 amount,uint256 nonce,uint40 deadline",
} as const;

export type ConsentStruct = keyof typeof CONSENT_STRUCTS;
type Values = Record<string, bigint | number | string>;

/** The structs of the token: EIP-2612 and ERC-3009. */
const TOKEN_STRUCTS = {
  Permit: "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
  ReceiveWithAuthorization:
    "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
} as const;

/** The types of a struct as EIP-712 wallets take them. */
export function consentTypes(struct: ConsentStruct): Record<string, TypedDataField[]> {
  return { [struct]: fields(CONSENT_STRUCTS[struct]) };
}

/**
 * What a party signs for an action.
 * @param p.domain of the escrow
 * @throws ChainError `value-invalid`
 */
export function consentDigest(p: { domain: TypedDataDomain; struct: ConsentStruct; value: Values }): string {
  const encode = () => TypedDataEncoder.hash(p.domain, consentTypes(p.struct), p.value);
  return encodeFor({ what: p.struct, encode });
}

/**
 * Signs an action. Needs no chain.
 *
 * @throws ChainError `value-invalid`
 */
export async function signConsent(p: {
  signer: TypedDataSigner;
  domain: TypedDataDomain;
  struct: ConsentStruct;
  value: Values;
}): Promise<Approval> {
  consentDigest(p); // what does not fit its type is said here, whoever signs
  const signature = await p.signer.signTypedData(p.domain, consentTypes(p.struct), p.value);
  return { account: p.signer.address.toLowerCase(), signature };
}

/** The EIP-712 domain of a currency's token. */
export function tokenDomain(p: { name: string; chainId: number; token: string }): TypedDataDomain {
  return { name: p.name, version: "1", chainId: p.chainId, verifyingContract: p.token };
}

/**
 * An EIP-2612 permit: the escrow may take so much.
 * @param p.nonce the holder's next one, in the token
 * @param p.deadline seconds since 1970
 */
export async function signTokenPermit(p: {
  signer: TypedDataSigner;
  domain: TypedDataDomain;
  spender: string;
  amount: bigint;
  nonce: bigint;
  deadline: number;
}): Promise<TokenSignature> {
  const { signer, spender, amount, nonce, deadline } = p;
  const value = { owner: signer.address, spender, value: amount, nonce, deadline };
  const signature = await signer.signTypedData(p.domain, { Permit: fields(TOKEN_STRUCTS.Permit) }, value);
  return split({ signature, validAfter: 0, validBefore: deadline });
}

/**
 * An ERC-3009 authorization: the escrow receives so much, once for each nonce.
 * @param p.nonce an order's id, or a deposit's nonce
 * @param p.validBefore seconds since 1970
 */
export async function signTokenAuthorization(p: {
  signer: TypedDataSigner;
  domain: TypedDataDomain;
  to: string;
  amount: bigint;
  nonce: string;
  validAfter?: number;
  validBefore: number;
}): Promise<TokenSignature> {
  const { signer, to, amount, nonce, validAfter = 0, validBefore } = p;
  const value = { from: signer.address, to, value: amount, validAfter, validBefore, nonce };
  const types = { ReceiveWithAuthorization: fields(TOKEN_STRUCTS.ReceiveWithAuthorization) };
  return split({ signature: await signer.signTypedData(p.domain, types, value), validAfter, validBefore });
}

function split(p: { signature: string; validAfter: number; validBefore: number }): TokenSignature {
  const { v, r, s } = Signature.from(p.signature);
  return { validAfter: p.validAfter, validBefore: p.validBefore, v, r, s };
}
