import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { codeOfIdleSettle, codesOf } from "./chainReasons.ts";
import { createChainReplay } from "./chainReplay.ts";
import { BEGIN, PARTIES, createChainScene } from "./chainScene.ts";
import type { ChainScene } from "./chainScene.ts";
import type { OrderState } from "./orderState.ts";
import type { Action, RecordedClaim } from "./recorded.ts";
import { createReplay } from "./replay.ts";
import { hasRule, refusal } from "./rules.ts";
import { actionOf, creations, intents } from "./sequences.ts";

/** More of them search deeper; with the `seed` and `path` of a failure's message they begin where it failed. */
const RUNS: fc.Parameters<unknown> = { numRuns: 60 };

const MONEY = `${1n << 60n}`;
const SETUP: Action[] = [
  { do: "wait", seconds: BEGIN },
  { do: "make_group", group: "g1", members: ["relayer1", "relayer2"], k: 1 },
  ...PARTIES.map((to) => ({ do: "mint", to, amount: MONEY })),
];

describe("the escrow and the bigint model", function () {
  this.timeout(600_000);
  let scene: ChainScene;
  before(async () => void (scene = await createChainScene()));

  it("agree on every figure after every step of random sequences, and on what they refuse", async () => {
    const sequences = fc.asyncProperty(creations, intents, async (creation, wanted) => {
      await scene.reset();
      const both = createBoth(scene);
      for (const action of [...SETUP, creation]) await both.step(action, false);
      for (const intent of wanted) {
        const action = actionOf(intent, both.state());
        if (action) await both.step(action, intent.relayed);
      }
    });
    await fc.assert(sequences, RUNS);
  });
});

/** The chain and the model side by side, about one order. */
function createBoth(scene: ChainScene) {
  const chain = createChainReplay(scene);
  const model = createReplay();
  const lists: RecordedClaim[][] = [];

  return {
    state: () => ({ order: model.orders.get("order")!, now: model.now(), lists }),
    async step(action: Action, relayed: boolean): Promise<void> {
      const order = model.orders.get("order");
      const reason = order && hasRule(action) ? refusal({ action, order, now: model.now() }) : null;
      const before = model.balances();
      if (reason === null) model.play(action);
      else if (paysOwners(action, order)) model.play({ do: "pay_owners", order: "order" });
      const balances = model.balances();
      const answers = answersTo({ action, reason, idle: isDeepStrictEqual(before, balances) });
      const step = JSON.stringify({ action, reason });
      const answer = await chain.act({ action, balances: before, relayed });
      expect(answers, step).to.include(answer);
      await chain.compare({ balances, orders: model.orders, step });
      const claims = balances.orders["order"]?.claims ?? [];
      if (!isDeepStrictEqual(lists.at(-1), claims)) lists.push(claims);
    },
  };
}

/** A confirmation of an order that was assigned pays its owners what is payable, as `settle` would, in any case. */
function paysOwners({ do: kind, claims }: Action, order: OrderState | undefined): boolean {
  return kind === "confirm" && claims === undefined && order !== undefined && order.open && order.nextId > 1;
}

function answersTo({ action, reason, idle }: { action: Action; reason: string | null; idle: boolean }): string[] {
  if (reason !== null) {
    // Of an assignment the rules do not tell these two apart.
    const reasons = reason === "interval" ? ["interval", "slots"] : [reason];
    return reasons.flatMap((one) => codesOf({ action: action.do, reason: one }));
  }
  return [action.do === "settle" && idle ? codeOfIdleSettle(action) : "done"];
}
