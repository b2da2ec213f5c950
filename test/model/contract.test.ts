import { expect } from "chai";
import { codeOfIdleSettle, codesOf } from "./chainReasons.ts";
import { createChainReplay } from "./chainReplay.ts";
import { createChainScene } from "./chainScene.ts";
import type { ChainScene } from "./chainScene.ts";
import { changed, readRuns } from "./recorded.ts";
import type { Balances, Step } from "./recorded.ts";
import { createReplay } from "./replay.ts";

describe("the escrow and the recorded runs of the Python model", () => {
  let scene: ChainScene;
  before(async () => void (scene = await createChainScene()));

  for (const run of readRuns()) {
    it(`agree on every figure after every step of ${run.name}, and on what they refuse`, async () => {
      await scene.reset();
      const chain = createChainReplay(scene);
      const model = createReplay();
      let balances: Balances = { wallets: {}, credits: {}, orders: {} };
      for (const [i, recorded] of run.steps.entries()) {
        const { action, refused, changes } = recorded;
        const step = `step ${i}: ${JSON.stringify(recorded)}`;
        // Every other step is sent by somebody else, with the party's signature.
        const answer = await chain.act({ action, balances, relayed: i % 2 === 1 });
        expect(answersTo(recorded), step).to.include(answer);
        if (refused === undefined) model.play(action);
        balances = changed(balances, changes ?? {});
        await chain.compare({ balances, orders: model.orders, step });
      }
    });
  }
});

function answersTo({ action, refused, changes }: Step): string[] {
  if (refused !== undefined) return codesOf({ action: action.do, reason: refused });
  return [action.do === "settle" && changes === undefined ? codeOfIdleSettle(action) : "done"];
}
