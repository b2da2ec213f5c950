import { expect } from "chai";
import { changed, readRuns } from "./recorded.ts";
import type { Action, Balances } from "./recorded.ts";
import type { OrderState } from "./orderState.ts";
import { createReplay } from "./replay.ts";
import { hasRule, ownersHurt, refusal } from "./rules.ts";

const NOTHING: Balances = { wallets: {}, credits: {}, orders: {} };

/** Reasons that lie outside an order, so that its rules do not know them. */
const OUTSIDE = ["balance", "quorum", "group", "group is alive"];

describe("the arithmetic, the rules and the recorded runs of the Python model", () => {
  for (const run of readRuns()) {
    it(`agree on every figure of ${run.name}, and on what is refused, and why`, () => {
      let recorded = NOTHING;
      const replay = createReplay();
      for (const [i, { action, refused, changes }] of run.steps.entries()) {
        const step = `step ${i}: ${JSON.stringify(action)}`;
        const order = replay.orders.get(String(action.order));
        // A refund may also wait for the relayer group.
        const inside = action.do !== "refund" && !OUTSIDE.includes(refused ?? "");
        if (order && hasRule(action) && inside) {
          const reason = refused === "slots" ? "interval" : (refused ?? null);
          expect(refusal({ action, order, now: replay.now() }), step).to.equal(reason);
          if (action.do === "amend" && reason === null)
            expect(signersOf({ action, order }), step).to.equal(action.signed!.length);
        }
        if (refused === undefined) replay.play(action);
        recorded = changed(recorded, changes ?? {});
        expect(withoutZeros(replay.balances()), step).to.deep.equal(withoutZeros(recorded));
      }
      expect(recorded).to.deep.equal(run.end);
    });
  }
});

/** How many an amendment needs: the runs never collect a signature too many. */
function signersOf(p: { action: Action; order: OrderState }): number {
  return new Set([p.order.buyer, p.order.supplier, ...ownersHurt(p)]).size;
}

/** Who has nothing may be listed or not. */
function withoutZeros({ wallets, credits, orders }: Balances): Balances {
  const some = (accounts: Record<string, string>) =>
    Object.fromEntries(Object.entries(accounts).filter(([, amount]) => amount !== "0"));
  return { wallets: some(wallets), credits: some(credits), orders };
}
