// What the chain keeps, in the form in which the runs are recorded.
import { AXIS_END, hashClaims } from "../../src/chain/claims.ts";
import type { Claim } from "../../src/chain/claims.ts";
import { CALL } from "../../src/chain/orderState.ts";
import { fundedBy } from "../../src/chain/schedules.ts";
import type { OrderConditions, OrderTerms } from "../../src/chain/terms.ts";
import type { OrderState } from "./orderState.ts";
import type { RecordedClaim, RecordedLot, RecordedOrder } from "./recorded.ts";
import { NO_END } from "./settlement.ts";

const CLOSED = 3n;
const ENDED = 2n;
const LOT_STATUS = ["none", "pending", "rejected", "disputed"] as const;
const WINDOWS = { pending: "inspection", rejected: "answer", disputed: "arbitration" } as const;

/** What Figures.sol answers. */
export interface ChainFigures {
  balances: bigint[];
  credits: bigint[];
  orders: OrderOnChain[];
}

export interface OrderOnChain {
  order: { status: bigint; flags: bigint; seq: bigint; earned: bigint; paid: bigint };
  money: { refunded: bigint; forfeited: bigint; nextLot: bigint };
  claims: { hash: bigint; nextId: bigint };
  lines: { delivered: bigint; late: bigint; rejected: bigint; decided: bigint; good: bigint }[];
  lots: { number: bigint; lot: { line: bigint; quantity: bigint; late: bigint; since: bigint; status: bigint } }[];
}

/** An order in full: what is recorded, and what the record leaves out. */
export interface FullOrder extends RecordedOrder {
  forfeited: string;
  decided: string[];
  nextLot: number;
  nextId: number;
}

/**
 * An order as the chain has it. A closed one keeps what nobody reads any more, so of that the model's is taken: its lots,
 * claims and what the retention lost.
 * @param model what is expected; of the list of claims the chain has only the hash
 */
export function orderOnChain(p: {
  chain: OrderOnChain;
  terms: OrderTerms;
  conditions: OrderConditions;
  model: FullOrder;
  addressOf(name: string): string;
}): FullOrder {
  const { chain, terms, conditions, model } = p;
  const { order, money, lines } = chain;
  const [funded, closed] = [fundedBy(terms), order.status === CLOSED];
  const refunded = closed ? funded - order.paid : money.refunded;
  const totals = (name: keyof (typeof lines)[number]) => lines.map((line) => `${line[name]}`);
  return {
    ...{ open: !closed, ended: closed ? model.ended : order.status === ENDED, seq: Number(order.seq) },
    ...{ funded: `${funded}`, earned: `${order.earned}`, paid: `${order.paid}`, refunded: `${refunded}` },
    held: `${funded - order.paid - refunded}`,
    ...{ delivered: totals("delivered"), late: totals("late"), rejected: totals("rejected"), good: totals("good") },
    decided: totals("decided"),
    lots: closed ? model.lots : Object.fromEntries(chain.lots.map((lot) => lotOnChain(lot, conditions))),
    nextLot: Number(money.nextLot),
    claims: closed || areClaims(chain, model.claims, p.addressOf) ? model.claims : [],
    nextId: Math.max(Number(chain.claims.nextId), 1),
    forfeited: closed ? model.forfeited : `${money.forfeited}`,
  };
}

/** An order as the bigint model has it, on top of what it shares with the record. */
export function orderInFull(order: OrderState, record: RecordedOrder): FullOrder {
  const { forfeited, lines, nextLot, nextId } = order;
  return { ...record, forfeited: `${forfeited}`, decided: lines.map(({ decided }) => `${decided}`), nextLot, nextId };
}

/** A recorded list of claims as the contract takes it. */
export function claimsForChain(claims: readonly RecordedClaim[], addressOf: (name: string) => string): Claim[] {
  return claims.map(([, end, owner, slots, id]) => {
    return { end: BigInt(end) === NO_END ? AXIS_END : BigInt(end), owner: addressOf(owner), slots, id };
  });
}

function areClaims(
  { claims }: OrderOnChain,
  list: readonly RecordedClaim[],
  addressOf: (name: string) => string,
): boolean {
  const never = claims.nextId === 0n;
  return never ? list.length === 1 && list[0]?.[4] === 0 : claims.hash === hashClaims(claimsForChain(list, addressOf));
}

function lotOnChain({ number, lot }: OrderOnChain["lots"][number], conditions: OrderConditions): [string, RecordedLot] {
  const call = number === BigInt(CALL);
  const status = LOT_STATUS[Number(lot.status)] ?? "none";
  if (status === "none") throw new Error(`Lot ${number} has no status.`);
  const ends = Number(lot.since) + conditions[WINDOWS[status]];
  return [
    call ? "retention" : `${number}`,
    [call ? null : Number(lot.line), `${lot.quantity}`, `${lot.late}`, ends, status],
  ];
}
