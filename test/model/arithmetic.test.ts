import { expect } from "chai";
import { Interface, computeAddress, id } from "ethers";
import fc from "../support/fastCheck.ts";
import { DAY, createEscrowScene } from "../base/escrow.ts";
import { createReplay } from "./replay.ts";
import { refusal } from "./rules.ts";
import { MILLION, orderedBy, valueAt } from "./settlement.ts";
import { NOW, schedules, seeds, trialOf } from "./trials.ts";
import type { Seed } from "./trials.ts";
import { scheduleToBytes, stateOf, trialForChain } from "./trialsOnChain.ts";

/** More of them search deeper; with the `seed` and `path` of a failure's message they begin where it failed. */
const RUNS: fc.Parameters<unknown> = { numRuns: 60 };
/** What fits into one call. */
const BATCH = 40;
const SCHEDULES = 200;

const OWNERS = ["plant", "mill", "forge", "bank", "fund"];

/** What an order is after a trial, and who got how much. */
interface Outcome {
  done: boolean;
  state: ReturnType<typeof stateOf>;
  paid: bigint[];
}

describe("the arithmetic of the escrow and of the bigint model", function () {
  this.timeout(600_000);
  let call: <T>(name: string, ...args: unknown[]) => Promise<T>;
  let addressOf: (name: string) => string;
  let chainId: number;

  before(async () => {
    const scene = await createEscrowScene({ token: "MockToken", start: NOW - DAY, still: true });
    const contract = await scene.deploy("Arithmetic", scene.money.target, scene.authority);
    const own = String(contract.target).toLowerCase();
    addressOf = (name) => (OWNERS.includes(name) ? computeAddress(id(name)).toLowerCase() : own);
    chainId = Number(scene.domain.chainId);
    await scene.passTo(NOW - 1);
    await scene.call(scene.money, "mint", [own, 1n << 80n]);
    const coder = new Interface(contract.interface.fragments);
    call = async (name, ...args) => {
      const request = { to: contract.target, data: coder.encodeFunctionData(name, args), gas: "0xf42400" };
      const answer = await scene.provider.request({ method: "eth_call", params: [request, "latest"] });
      return coder.decodeFunctionResult(name, answer as string)[0] as never;
    };
  });

  it("give every price schedule the same value at every quantity", async () => {
    const priced = fc.tuple(schedules, fc.bigInt({ min: 0n, max: MILLION + 1n }), fc.bigInt({ min: -1n, max: 1n }));
    const batches = fc.asyncProperty(fc.array(priced, { maxLength: SCHEDULES, size: "max" }), async (all) => {
      const cases = all.map(([points, part, slip]) => {
        const good = orderedBy(points) * part + slip;
        return { points, good: good < 0n ? 0n : good };
      });
      const given = cases.map(({ points, good }) => ({ schedule: scheduleToBytes(points).lines, good }));
      const values = await call<bigint[]>("valuesOf", given);
      expect([...values]).to.deep.equal(cases.map(valueAt));
    });
    await fc.assert(batches, RUNS);
  });

  it("make the same of every state, to the unit: reports, answers, rulings, silence, payments, refunds", async () => {
    const batches = fc.asyncProperty(fc.array(seeds, { maxLength: BATCH, size: "max" }), async (all) => {
      const trials = all.map((seed, number) => {
        return { ...trialForChain({ ...trialOf(seed), number, chainId, addressOf }), payees: OWNERS.map(addressOf) };
      });
      const outcomes = await call<Outcome[]>("tryAll", trials);
      const wanted = all.map(outcomeOf);
      for (const [i, outcome] of outcomes.entries()) {
        expect(figuresOf(outcome), JSON.stringify(all[i], text)).to.deep.equal(figuresOf(wanted[i]!));
      }
    });
    await fc.assert(batches, RUNS);
  });

  /** What the model makes of a trial. */
  function outcomeOf(seed: Seed): Outcome {
    const { order, action } = trialOf(seed);
    const model = createReplay();
    model.play({ do: "wait", seconds: NOW });
    model.orders.set("order", order);
    const before = stateOf(order, addressOf);
    const refused = refusal({ action, order, now: NOW });
    if (refused === null) model.play(action);
    const { wallets } = model.balances();
    const paid = OWNERS.map((name) => BigInt(wallets[name] ?? 0));
    const state = stateOf(order, addressOf);
    // A skipped report reverts nothing; to settle where there is nothing to settle does.
    const idle = JSON.stringify(state, text) === JSON.stringify(before, text);
    const done = action.do === "confirm" || (refused === null && !(action.do === "settle" && idle));
    return { done, state, paid };
  }
});

/** What is compared, as text. Of a closed order nobody reads more than what it earned and paid. */
function figuresOf({ done, state, paid }: Outcome) {
  const { order, line, money, claims, lot } = state;
  const { status, earned, paid: all, delivered, late } = order;
  const closed = Number(status) === 3;
  const rest = closed
    ? {}
    : { line: fieldsOf(line), money: fieldsOf(money), claims: `${claims.hash}`, lot: fieldsOf(lot) };
  return { done, paid: paid.map(String), status: `${status}`, ...fieldsOf({ earned, all, delivered, late }), ...rest };
}

function fieldsOf(values: object): Record<string, string> {
  const named = "toObject" in values ? (values as { toObject(): object }).toObject() : values;
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [name, String(value)]));
}

function text(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}` : value;
}
