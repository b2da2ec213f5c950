import { CLAIM_BITS, pack, unpack } from "./words.ts";

/** A claim on an order's payout, one word of Claim.sol: end 56 | owner 160 | slots 8 | id 32. */
export interface Claim {
  /** Where it ends on the axis, in minor units. */
  end: bigint;
  /** 0x-hex address, lowercase. */
  owner: string;
  /** How many intervals it may become. */
  slots: number;
  id: number;
}

/** Whose an order's payout is: the present claims as words, from below, and up to where the order is paid. */
export interface ClaimList {
  /** Minor units. */
  paid: bigint;
  claims: bigint[];
}

/** @throws FactoryChainError `terms-range` when a value does not fit its width */
export function packClaim(claim: Claim): bigint {
  return pack(CLAIM_BITS, { ...claim, owner: BigInt(claim.owner) });
}

export function unpackClaim(word: bigint): Claim {
  const { end = 0n, owner = 0n, slots = 0n, id = 0n } = unpack(CLAIM_BITS, word);
  return { end, owner: `0x${owner.toString(16).padStart(40, "0")}`, slots: Number(slots), id: Number(id) };
}

/**
 * The list after `ClaimAssigned`: the claim of that id becomes the part that was passed on and, where something is left,
 * the rest on top of it. An empty list is that of an order that was never assigned.
 */
export function applyAssignment(p: { list: ClaimList; claim: number; given: bigint; rest: bigint }): ClaimList {
  const parts = p.rest === 0n ? [p.given] : [p.given, p.rest];
  const { paid, claims } = p.list;
  if (claims.length === 0) return { paid, claims: parts };
  return { paid, claims: claims.flatMap((word) => (unpackClaim(word).id === p.claim ? parts : [word])) };
}

/**
 * The list after `OrderPaid`: claims that are paid leave it, and the intervals that they might have become return to the
 * supplier's remainder, which is its last one and has no end.
 *
 * @param p.amount all that was paid, in minor units
 */
export function applyPayment({ list, amount }: { list: ClaimList; amount: bigint }): ClaimList {
  const paid = list.paid + amount;
  const claims = list.claims.map(unpackClaim);
  const left = claims.filter(({ end }) => end > paid);
  const slots = claims.filter(({ end }) => end <= paid).reduce((sum, claim) => sum + claim.slots, 0);
  const words = left.map((claim, i) =>
    packClaim(i < left.length - 1 ? claim : { ...claim, slots: claim.slots + slots }),
  );
  return { paid, claims: words };
}
