// A trial as Arithmetic.sol takes it, and what became of it in the form of the model.
import { id } from "ethers";
import { AXIS_END, hashClaims, packClaim } from "../../src/chain/claims.ts";
import { interfaces } from "../../src/chain/contracts.ts";
import { FLAG_ASSIGNED, FLAG_CALLED, FLAG_MONEY } from "../../src/chain/orderState.ts";
import { writeLines } from "../../src/chain/schedules.ts";
import {
  OPTION_INSPECTION,
  ZERO_HASH,
  confirmArguments,
  escrowDomain,
  hashConditions,
  orderId,
  packClauses,
} from "../../src/chain/terms.ts";
import type { OrderConditions, OrderTerms } from "../../src/chain/terms.ts";
import type { LotState, OrderState } from "./orderState.ts";
import { big } from "./orderState.ts";
import type { Action } from "./recorded.ts";
import { NO_END } from "./settlement.ts";
import type { Claim, Point } from "./settlement.ts";

const GROUP = 1;
const STATUS = { none: 0, open: 1, ended: 2, closed: 3 };
const LOT_STATUS = { none: 0, pending: 1, rejected: 2, disputed: 3 };
const NO_LOT = { line: 0, quantity: 0n, late: 0n, since: 0, status: LOT_STATUS.none };

/** The accounts of a trial: the contract that tries is buyer and arbiter. */
export type AddressOf = (name: string) => string;

/** A schedule of one line as bytes. */
export function scheduleToBytes(points: Point[]): { lines: string; points: number } {
  const schedule = points.map(({ quantity, money }) => ({ quantity, total: money }));
  return writeLines({ order: null, devices: null, schedules: [schedule] });
}

/** @param p.number makes trials differ that are alike in all else */
export function trialForChain(p: {
  order: OrderState;
  action: Action;
  number: number;
  chainId: number;
  addressOf: AddressOf;
}) {
  const { order, action, addressOf } = p;
  const conditions: OrderConditions = {
    ...{ arbiter: addressOf("arbiter"), defaultSplit: Number(order.split), inspection: order.window },
    ...{ answer: order.answer, arbitration: order.arbitration, statutoryTerm: 0, statutoryInterest: 0 },
    ...{ sheet: id(`trial ${p.number}`), documents: ZERO_HASH },
  };
  const { lines, points } = scheduleToBytes(order.lines[0]!.points);
  const terms: OrderTerms = {
    ...{ buyer: addressOf("buyer"), supplier: addressOf("plant"), conditions: hashConditions(conditions), lines },
    clauses: packClauses({
      ...{ due: order.due, expiry: order.expiry, grace: order.grace, group: GROUP, points },
      ...{ retention: Number(order.retention), retentionUntil: order.retention > 0n ? order.retentionUntil : 0 },
      ...{ penaltyRate: Number(order.rate), capDays: Number(order.capDays) },
      options: order.window > 0 ? OPTION_INSPECTION : 0,
    }),
  };
  const domain = escrowDomain({ chainId: p.chainId, escrow: addressOf("buyer") });
  const call = callOf({ action, order, terms, conditions, addressOf });
  return { order: orderId({ domain, terms }), state: stateOf(order, addressOf), action: call };
}

/** An order's words on the chain. Of a closed one only what somebody reads still. */
export function stateOf(order: OrderState, addressOf: AddressOf) {
  const { earned, paid, seq, forfeited, refunded, window, claims } = order;
  const { delivered, late, rejected, decided, good } = order.lines[0]!;
  const inspected = window > 0;
  const assigned = claims.at(-1)?.id === 0 ? 0 : FLAG_ASSIGNED; // by its id the remainder is one
  const lot = order.lots.get("0");
  return {
    order: {
      status: order.open ? (order.ended ? STATUS.ended : STATUS.open) : STATUS.closed,
      flags: assigned | FLAG_CALLED | (inspected || forfeited > 0n ? FLAG_MONEY : 0),
      ...{ seq, earned, paid, delivered: inspected ? 0n : delivered, late: inspected ? 0n : late },
    },
    line: inspected
      ? { delivered, late, rejected, decided, good }
      : { delivered: 0n, late: 0n, rejected: 0n, decided: 0n, good: 0n },
    money: { refunded, forfeited, nextLot: order.nextLot },
    claims: { hash: assigned === 0 ? 0n : hashOf(claims, addressOf), nextId: order.nextId },
    lot: lot === undefined ? NO_LOT : lotOf(lot, order),
  };
}

function callOf(p: {
  action: Action;
  order: OrderState;
  terms: OrderTerms;
  conditions: OrderConditions;
  addressOf: AddressOf;
}): string {
  const { action: a, order, terms, conditions, addressOf } = p;
  const claims = order.claims.at(-1)?.id !== 0 ? wordsOf(order.claims, addressOf) : [];
  const consent = [2 ** 40 - 1, []];
  const call = (name: string, ...args: unknown[]) => interfaces.supplierEscrow.encodeFunctionData(name, args);
  if (a.do === "inspect") return call("inspect", terms, conditions, 0, big(a.reject), ZERO_HASH, claims, ...consent);
  if (a.do === "rule") return call("rule", terms, conditions, 0, a.share, claims, ...consent);
  if (a.do === "resolve") return call("resolve", terms, conditions, 0, claims);
  if (a.do === "settle") return call("settle", terms, claims);
  if (a.do === "refund") return call("refund", terms);
  const figures = { line: 0, from: big(a.from), to: big(a.cumulative), late: big(a.late), latest: Number(a.at) };
  const judged = { proposer: addressOf("buyer"), blockNumber: 1, blockHash: id("block"), blockTime: 1 };
  const certificate = { ...judged, group: GROUP, members: [], signers: 0, signatures: [] };
  const deliveries = [{ terms, report: { ...figures, root: ZERO_HASH } }];
  return call("confirm", ...confirmArguments({ certificate, deliveries }));
}

function lotOf({ quantity, late, ends, status }: LotState, order: OrderState) {
  const windows = { pending: order.window, rejected: order.answer, disputed: order.arbitration };
  return { line: 0, quantity, late, since: ends - windows[status], status: LOT_STATUS[status] };
}

function wordsOf(claims: Claim[], addressOf: AddressOf): bigint[] {
  return chainClaims(claims, addressOf).map(packClaim);
}

function hashOf(claims: Claim[], addressOf: AddressOf): bigint {
  return hashClaims(chainClaims(claims, addressOf));
}

function chainClaims(claims: Claim[], addressOf: AddressOf) {
  return claims.map(({ end, owner, slots, id }) => {
    return { end: end === NO_END ? AXIS_END : end, owner: addressOf(owner), slots, id };
  });
}
