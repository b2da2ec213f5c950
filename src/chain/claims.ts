import { concat, keccak256, toBeHex } from "ethers";
import { FactoryChainError } from "../lib/errors.ts";
import { pack, unpack } from "./words.ts";
import type { Layout } from "./words.ts";

/** An interval of an order's payout axis and whose it is. It begins where the one below it ends. */
export interface Claim {
  /** Where it ends on the axis, in minor units; of the supplier's remainder, which is the last: `AXIS_END`. */
  end: bigint;
  /** 0x-hex, lowercase. */
  owner: string;
  /** How many intervals it may become. */
  slots: number;
  /** What an assignment names; never used twice in an order. */
  id: number;
}

/** The claims on an order as events tell them. */
export interface ClaimBook {
  supplier: string;
  /** Paid or credited so far, in minor units: where the lowest claim begins. */
  paid: bigint;
  /** From below; empty as long as nothing was assigned. */
  claims: readonly Claim[];
}

/** Claims that an order can have at most, the supplier's remainder among them. */
export const MAX_CLAIMS = 16;
/** End of the supplier's remainder: above every total. */
export const AXIS_END = (1n << 56n) - 1n;

/** Claim of Claim.sol. */
const CLAIM_BITS: Layout = [
  ["end", 56],
  ["owner", 160],
  ["slots", 8],
  ["id", 32],
];
/** Payment of Payment.sol. */
const PAYMENT_BITS: Layout = [
  ["payee", 160],
  ["amount", 96],
];

/**
 * A claim as the contract packs it.
 * @throws FactoryChainError `terms-range` when a value does not fit its width
 */
export function packClaim(claim: Claim): bigint {
  return pack(CLAIM_BITS, { ...claim, owner: BigInt(claim.owner) });
}

/** The claim in a word of ClaimAssigned, or of a list that the contract takes. */
export function unpackClaim(word: bigint): Claim {
  const { end = 0n, owner = 0n, slots = 0n, id = 0n } = unpack(CLAIM_BITS, word);
  return { end, owner: toBeHex(owner, 20), slots: Number(slots), id: Number(id) };
}

/** A payment in a word of OrderPaid. */
export function unpackPayment(word: bigint): { payee: string; amount: bigint } {
  const { payee = 0n, amount = 0n } = unpack(PAYMENT_BITS, word);
  return { payee: toBeHex(payee, 20), amount };
}

/** What the contract keeps of a list: the low 224 bits of keccak-256 over its words. */
export function hashClaims(claims: readonly Claim[]): bigint {
  return BigInt.asUintN(224, BigInt(keccak256(concat(claims.map((claim) => toBeHex(packClaim(claim), 32))))));
}

/** All of an order is its supplier's. */
export function newClaimBook({ supplier }: { supplier: string }): ClaimBook {
  return { supplier: supplier.toLowerCase(), paid: 0n, claims: [] };
}

/**
 * The claims after a ClaimAssigned: the claim of an id gives way to the part that was passed on and, where something is
 * left, the rest on top of it.
 * @param rest null: nothing is left
 * @throws FactoryChainError `claims-events` when there is no such claim: an event is missing
 */
export function assignClaim(book: ClaimBook, p: { claim: number; given: Claim; rest: Claim | null }): ClaimBook {
  const { supplier } = book;
  const whole = { end: AXIS_END, owner: supplier, slots: MAX_CLAIMS, id: 0 };
  const present = book.claims.length === 0 ? [whole] : book.claims;
  if (!present.some(({ id }) => id === p.claim)) {
    throw new FactoryChainError("claims-events", `Claim ${p.claim} was assigned and is not among the claims.`, {
      expected: "all events of the order from its creation, in the chain's order",
      advice: "Read the events again from the block of the deployment.",
    });
  }
  const parts = p.rest === null ? [p.given] : [p.given, p.rest];
  return { ...book, claims: present.flatMap((claim) => (claim.id === p.claim ? parts : [claim])) };
}

/**
 * The claims after a payment along the axis: what is paid in full leaves the list, and its slots return to the
 * remainder, as OrderBook._payOwners does.
 * @param amount of all payments of an OrderPaid, or what a DeliveryConfirmed says was paid; minor units
 */
export function payClaims(book: ClaimBook, amount: bigint): ClaimBook {
  const paid = book.paid + amount;
  const left = book.claims.filter(({ end }) => end > paid);
  const slots = book.claims.filter(({ end }) => end <= paid).reduce((sum, claim) => sum + claim.slots, 0);
  const last = left.at(-1);
  if (last === undefined || slots === 0) return { ...book, paid, claims: left };
  return { ...book, paid, claims: [...left.slice(0, -1), { ...last, slots: last.slots + slots }] };
}
