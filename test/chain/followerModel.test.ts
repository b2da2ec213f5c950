import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { RpcError } from "../../src/chain/errors.ts";
import { createFollower } from "../../src/chain/follower.ts";
import type { RpcProvider } from "../../src/chain/provider.ts";
import { FactoryChainError, RetryableError } from "../../src/lib/errors.ts";
import { createMemoryFollower } from "../support/memoryFollower.ts";

type Move =
  | { kind: "none" }
  | { kind: "grow"; blocks: number }
  | { kind: "fork"; depth: number; blocks: number }
  | { kind: "lag"; blocks: number; answers: number }
  | { kind: "fail" };

const MOVE: fc.Arbitrary<Move> = fc.oneof(
  { weight: 30, arbitrary: fc.constant<Move>({ kind: "none" }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("grow" as const), blocks: fc.integer({ min: 1, max: 9 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("fork" as const),
      depth: fc.integer({ min: 1, max: 7 }),
      blocks: fc.integer({ min: 0, max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("lag" as const),
      blocks: fc.integer({ min: 1, max: 7 }),
      answers: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Move>({ kind: "fail" }) },
);

/** What Besu and go-ethereum say to a range that ends above their head. */
const beyondHead = () => new RpcError({ method: "eth_getLogs", rpcCode: -32602, answer: "Invalid params" });

const START = 2;
const word = (value: number) => `0x${value.toString(16).padStart(64, "0")}`;
const hex = (value: unknown) => `0x${Number(value).toString(16)}`;

/**
 * A chain that makes the next move whenever it is asked something. Each block holds one log that is its own. A node
 * that lags knows nothing of the newest blocks for some answers.
 */
function createMovingChain(moves: Move[]): RpcProvider & { blocks: number[]; quiet(): void } {
  let made = 0;
  let script = [...moves];
  let lag = { blocks: 0, answers: 0 };
  const blocks = Array.from({ length: 4 }, () => ++made);

  const newest = () => Math.max(0, blocks.length - 1 - (lag.answers > 0 ? lag.blocks : 0));
  const show = (number: number) =>
    blocks[number] === undefined || number > newest()
      ? null
      : {
          number: hex(number),
          hash: word(blocks[number]),
          parentHash: word(blocks[number - 1] ?? 0),
          timestamp: hex(blocks[number]),
          gasLimit: "0x1",
        };

  function move(): void {
    const next = script.shift() ?? { kind: "none" };
    if (next.kind === "fail") throw new RetryableError("rpc-unreachable", "No node.");
    lag = next.kind === "lag" ? next : { ...lag, answers: lag.answers - 1 };
    if (next.kind === "fork") blocks.splice(Math.max(1, blocks.length - next.depth));
    if (next.kind === "fork" || next.kind === "grow") for (let n = 0; n < next.blocks; n++) blocks.push(++made);
  }

  return {
    blocks,
    quiet() {
      script = [];
      lag = { blocks: 0, answers: 0 };
      blocks.push(++made);
    },
    async send(method, params) {
      move();
      const tag = params[0] as string | { fromBlock: string; toBlock: string };
      if (method === "eth_getBlockByNumber") return show(tag === "latest" ? newest() : Number(tag));
      const { fromBlock, toBlock } = tag as { fromBlock: string; toBlock: string };
      if (lag.answers > 0 && Number(toBlock) > newest()) throw beyondHead();
      return blocks.flatMap((id, number) => {
        if (number < Number(fromBlock) || number > Number(toBlock)) return [];
        const place = { blockNumber: hex(number), blockHash: word(id), transactionHash: word(id), logIndex: "0x0" };
        return [{ address: "0x01", topics: [], data: hex(id), ...place }];
      });
    },
  };
}

describe("follower, on a chain that moves while it is read", () => {
  it("holds exactly the chain's logs once the chain is quiet, and after every poll those of one chain", async () => {
    let rollbacks = 0;
    let lags = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(MOVE, { maxLength: 200, size: "max" }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        async (moves, range, keep) => {
          const chain = createMovingChain(moves);
          const store = createMemoryFollower({ start: START, keep });
          const follower = createFollower({ provider: chain, addresses: ["0x01"], start: START, store, range });
          for (let polls = 0; polls < 60; polls++) {
            if (polls === 55) chain.quiet();
            await follower.poll().catch((error: unknown) => {
              if (!(error instanceof FactoryChainError && error.retryable)) throw error;
            });
            const top = store.marks[0];
            // One log a block, so a block that is skipped or read twice shows at once.
            expect(store.logs.length).to.equal(top === undefined ? 0 : top.number - START + 1);
            if (top !== undefined) expect(Number(store.logs.at(-1)?.data)).to.equal(Number(top.hash));
          }
          rollbacks += store.rollbacks.length;
          lags += moves.filter(({ kind }) => kind === "lag").length;
          if (!moves.some(({ kind }) => kind === "fork")) expect(store.rollbacks).to.deep.equal([]);
          expect(store.logs.map(({ data }) => Number(data))).to.deep.equal(chain.blocks.slice(START));
        },
      ),
      { numRuns: 600 },
    );
    expect(rollbacks).to.be.greaterThan(100);
    expect(lags).to.be.greaterThan(1_000);
  });
});
