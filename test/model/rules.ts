// Which actions on an order the rules of docs/settlement-rules.md refuse, and why, in the model's words. Two things are
// not looked at: whose money is enough, and whether the order's relayer group is alive.
import { amendedBy, assignmentOf, big, fundedOf, heldBackAt, reportOf } from "./orderState.ts";
import type { LotState, OrderState } from "./orderState.ts";
import type { Action } from "./recorded.ts";
import { MILLION, amendmentFault, amendmentHurts, assign, countReport, ownersAbove } from "./settlement.ts";

interface Asked {
  action: Action;
  order: OrderState;
  now: number;
}

type Rule = (p: Asked) => string | null;

const AMENDMENT_FAULTS = {
  schedule: "schedule",
  bounds: "lines",
  "below-delivered": "below delivered",
  past: "the past",
} as const;

const RULES: Record<string, Rule> = {
  confirm({ action, order }) {
    if (order.ended || Number(action.at) > order.expiry) return "ended";
    const line = order.lines[Number(action.line)];
    if (line === undefined) return "line";
    if (big(action.from) !== line.delivered) return "stale";
    return countReport(reportOf(action, order)) === null ? "nothing new" : null;
  },
  inspect(p) {
    const { by, reject } = p.action;
    const answers = (lot: LotState) => by === p.order.buyer && big(reject) >= 0n && big(reject) <= lot.quantity;
    return lotFault(p, "pending", (lot) => (answers(lot) ? null : "buyer"));
  },
  claim_retention({ action, order, now }) {
    if (action.by !== order.buyer || order.called || now >= order.retentionUntil) return "claim";
    const amount = big(action.amount);
    return amount > 0n && amount <= heldBackAt(order, now) ? null : "amount";
  },
  dispute(p) {
    const { claims, paid, supplier } = p.order;
    const parties = [supplier, ...ownersAbove({ claims, amount: paid })];
    return lotFault(p, "rejected", () => (parties.includes(String(p.action.by)) ? null : "party"));
  },
  rule(p) {
    const share = big(p.action.share);
    const rules = p.action.by === p.order.arbiter && share >= 0n && share <= MILLION;
    return lotFault(p, "disputed", () => (rules ? null : "arbiter"));
  },
  resolve({ action, order, now }) {
    const lot = order.lots.get(String(action.lot));
    return lot && now >= lot.ends ? null : "too early";
  },
  settle: () => null,
  refund({ order, now }) {
    return order.ended || now < order.expiry + order.grace ? "too early" : null;
  },
  cancel(p) {
    const { claims, paid, refunded } = p.order;
    const amount = big(p.action.payout);
    if (isStale(p)) return "stale";
    if (!haveSigned(p, ownersAbove({ claims, amount }))) return "signatures";
    return amount < paid || amount > fundedOf(p.order) - refunded ? "payout" : null;
  },
  amend(p) {
    if (isStale(p) || p.order.ended) return "stale";
    const lines = amendedBy(p.action, p.order);
    const fault = amendmentFault({ lines, capDays: p.order.capDays });
    if (fault !== null) return AMENDMENT_FAULTS[fault];
    return dateFault(p) ?? (haveSigned(p, ownersHurt(p)) ? null : "signatures");
  },
  assign(p) {
    const { action, order } = p;
    const owner = order.claims.find(({ id }) => id === action.id)?.owner;
    if (owner === undefined || isStale(p)) return "stale";
    if (big(action.amount) <= 0n || ["escrow", "", order.arbiter].includes(String(action.to))) return "terms";
    const signers = big(action.price) > 0n ? [owner, String(action.to)] : [owner];
    if (!signers.every((name) => action.signed?.includes(name))) return "signatures";
    return assign(assignmentOf(action, order)) === null ? "interval" : null;
  },
};

/**
 * Why an action on an order that there is is refused; null when it is not. Of an assignment that its interval or its
 * slots forbid the reason is `interval`.
 */
export function refusal(p: Asked): string | null {
  if (!p.order.open) return "not open";
  const rule = RULES[p.action.do];
  if (rule === undefined) throw new Error(`There is no rule for ${p.action.do}.`);
  return rule(p);
}

/** Whether `refusal` knows an action. */
export function hasRule(action: Action): boolean {
  return action.do in RULES;
}

function lotFault(p: Asked, status: LotState["status"], who: (lot: LotState) => string | null): string | null {
  const lot = p.order.lots.get(String(p.action.lot));
  if (lot?.status !== status) return "lot";
  return p.now >= lot.ends ? "too late" : who(lot);
}

function isStale({ action, order, now }: Asked): boolean {
  return action.seq !== order.seq || (action.deadline !== undefined && now > action.deadline);
}

/** Whether buyer, supplier and these owners have signed. */
function haveSigned({ action, order }: Asked, owners: readonly string[]): boolean {
  return [order.buyer, order.supplier, ...owners].every((name) => action.signed?.includes(name));
}

/** Whom an amendment needs besides buyer and supplier. */
export function ownersHurt({ action, order }: Pick<Asked, "action" | "order">): string[] {
  const { capDays, retention, rate, forfeited, claims, paid } = order;
  const nearer = Number(action.due) < order.due || Number(action.expiry) < order.expiry;
  const remainder = claims.at(-1)!.start;
  const top = remainder > paid ? remainder : paid;
  const hurts = nearer || amendmentHurts({ lines: amendedBy(action, order), rate, capDays, retention, forfeited, top });
  return hurts ? ownersAbove({ claims, amount: 0n }) : [];
}

function dateFault({ action, order, now }: Asked): string | null {
  const [due, expiry] = [Number(action.due), Number(action.expiry)];
  const past = (due !== order.due && due < now) || (expiry !== order.expiry && expiry < now);
  if (past || due > expiry) return "dates";
  return order.retention > 0n && expiry > order.retentionUntil ? "retention date" : null;
}
