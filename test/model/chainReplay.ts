// The escrow beside the model: what is done on the chain, and all figures as the model should have them, too.
import { isDeepStrictEqual } from "node:util";
import { expect } from "chai";
import { createChainActions } from "./chainActions.ts";
import { orderInFull, orderOnChain } from "./chainFigures.ts";
import type { FullOrder } from "./chainFigures.ts";
import { PARTIES } from "./chainScene.ts";
import type { ChainScene } from "./chainScene.ts";
import type { OrderState } from "./orderState.ts";
import type { Action, Balances } from "./recorded.ts";

const ACCOUNTS = [...PARTIES, "escrow"];

/** Balances with the orders in full, and without accounts that have nothing. */
interface FullBalances {
  wallets: Record<string, string>;
  credits: Record<string, string>;
  orders: Record<string, FullOrder>;
}

export type ChainReplay = ReturnType<typeof createChainReplay>;

/** @param scene as its `reset` leaves it */
export function createChainReplay(scene: ChainScene) {
  const { act, orders } = createChainActions(scene);

  /** All that the chain has, where the model has its own. */
  async function read(model: FullBalances): Promise<FullBalances> {
    const placed = [...orders];
    const asked = placed.map(([, { document, terms }]) => ({ id: document.id, terms }));
    const figures = await scene.figures(asked, ACCOUNTS);
    const onChain = placed.map(([name, { document, terms }], i) => {
      const wanted = model.orders[name];
      if (wanted === undefined) throw new Error(`The chain has ${name}, and the model has not.`);
      const { conditions } = document;
      const chain = figures.orders[i]!;
      return [name, orderOnChain({ chain, terms, conditions, model: wanted, addressOf: scene.addressOf })] as const;
    });
    return {
      wallets: named(figures.balances),
      credits: named(figures.credits),
      orders: Object.fromEntries(onChain),
    };
  }

  return {
    /**
     * Does an action on the chain.
     * @param balances before it: what the model has
     * @param relayed what a party does alone it does by a signature that somebody else sends
     */
    act(p: { action: Action; balances: Balances; relayed: boolean }): Promise<string> {
      const { action, balances, relayed } = p;
      return act({ action, relayed, claims: balances.orders[action.order ?? ""]?.claims ?? [] });
    },

    /** @throws AssertionError when a figure of the chain is not the model's */
    async compare(p: { balances: Balances; orders: ReadonlyMap<string, OrderState>; step: string }): Promise<void> {
      const { wallets, credits } = p.balances;
      const states = [...p.orders].map(([name, order]) => [name, orderInFull(order, p.balances.orders[name]!)]);
      const wanted = { wallets: some(wallets), credits: some(credits), orders: Object.fromEntries(states) };
      const found = await read(wanted);
      // Of two ways to compare the quick one first: chai's is the one that shows a difference.
      if (!isDeepStrictEqual(found, wanted)) expect(found, p.step).to.deep.equal(wanted);
    },
  };
}

function named(amounts: readonly bigint[]): Record<string, string> {
  return some(Object.fromEntries(ACCOUNTS.map((name, i) => [name, `${amounts[i]}`])));
}

function some(accounts: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(accounts).filter(([, amount]) => amount !== "0"));
}
