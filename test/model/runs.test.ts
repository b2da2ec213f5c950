import { expect } from "chai";
import { amendedBy, assignmentOf, big, fundedOf, reportOf } from "./orderState.ts";
import type { OrderState } from "./orderState.ts";
import { changed, readRuns } from "./recorded.ts";
import type { Action, Balances } from "./recorded.ts";
import { createReplay } from "./replay.ts";
import { amendmentFault, amendmentHurts, assign, countReport, ownersAbove } from "./settlement.ts";

const NOTHING: Balances = { wallets: {}, credits: {}, orders: {} };

/** The reasons for which the arithmetic alone refuses an action. */
const REASONS: Record<string, string[]> = {
  confirm: ["stale", "nothing new"],
  assign: ["interval", "slots"],
  cancel: ["signatures", "payout"],
  amend: ["schedule", "lines", "below delivered", "the past", "signatures"],
};

describe("the arithmetic and the recorded runs of the Python model", () => {
  for (const run of readRuns()) {
    it(`agree on every figure of ${run.name}, and on what it refuses`, () => {
      let recorded = NOTHING;
      const replay = createReplay();
      for (const [i, { action, refused, changes }] of run.steps.entries()) {
        const step = `step ${i}: ${action.do}`;
        const order = replay.orders.get(String(action.order));
        const reasons = REASONS[action.do];
        if (order && reasons && (refused === undefined || reasons.includes(refused))) {
          expect(allows(action, order), `${step}, ${refused ?? "accepted"}`).to.equal(refused === undefined);
        }
        if (refused === undefined) replay.play(action);
        recorded = changed(recorded, changes ?? {});
        expect(withoutZeros(replay.balances()), step).to.deep.equal(withoutZeros(recorded));
      }
      expect(recorded).to.deep.equal(run.end);
    });
  }
});

/** Whether the arithmetic allows an action, and who signed is whom it needs. */
function allows(action: Action, order: OrderState): boolean {
  if (action.do === "confirm") return countReport(reportOf(action, order)) !== null;
  if (action.do === "assign") return assign(assignmentOf(action, order)) !== null;
  const owners = action.do === "cancel" ? ownersOfCancellation(action, order) : ownersOfAmendment(action, order);
  if (!owners) return false;
  const needed = new Set([order.buyer, order.supplier, ...owners]); // the runs never collect a signature too many
  return needed.size === action.signed?.length && action.signed.every((name) => needed.has(name));
}

/** The owners that a cancellation needs; null when nobody can agree on it. */
function ownersOfCancellation(action: Action, order: OrderState): string[] | null {
  const amount = big(action.payout);
  if (amount < order.paid || amount > fundedOf(order) - order.refunded) return null;
  return ownersAbove({ claims: order.claims, amount });
}

function ownersOfAmendment(action: Action, order: OrderState): string[] | null {
  const lines = amendedBy(action, order);
  const { capDays, retention, rate, forfeited, claims, paid } = order;
  if (amendmentFault({ lines, capDays }) !== null) return null;
  const nearer = Number(action.due) < order.due || Number(action.expiry) < order.expiry;
  const remainder = claims.at(-1)!.start;
  const top = remainder > paid ? remainder : paid;
  const hurts = nearer || amendmentHurts({ lines, rate, capDays, retention, forfeited, top });
  return hurts ? ownersAbove({ claims, amount: 0n }) : [];
}

/** Who has nothing may be listed or not. */
function withoutZeros({ wallets, credits, orders }: Balances): Balances {
  const some = (accounts: Record<string, string>) =>
    Object.fromEntries(Object.entries(accounts).filter(([, amount]) => amount !== "0"));
  return { wallets: some(wallets), credits: some(credits), orders };
}
