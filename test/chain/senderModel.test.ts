import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createSender } from "../../src/chain/sender.ts";
import type { Sender } from "../../src/chain/sender.ts";
import type { TransactionStore } from "../../src/chain/transactions.ts";
import { RetryableError } from "../../src/lib/errors.ts";
import { createTransactionStore } from "../../src/store/transactions.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createModelChain } from "../support/chainModel.ts";
import { createRandomSigner } from "../support/randomSigner.ts";

/** What the world does next, wherever the sender waits for something. */
type Move =
  "none" | "fail-before" | "fail-after" | "crash-before" | "crash-after" | "mine" | "lose" | "go-back" | "lag";

const MOVES: fc.Arbitrary<Move> = fc.oneof(
  { weight: 10, arbitrary: fc.constant<Move>("none") },
  { weight: 6, arbitrary: fc.constant<Move>("mine") },
  {
    weight: 8,
    arbitrary: fc.constantFrom<Move>(
      "fail-before",
      "fail-after",
      "crash-before",
      "crash-after",
      "lose",
      "go-back",
      "lag",
    ),
  },
);

const NEVER = new Promise<never>(() => {});
const INTENTS = ["a", "b", "c", "d"];
const to = `0x${"11".repeat(20)}`;
const dataOf = (id: string) => `0x${Buffer.from(id).toString("hex")}`;

/** Runs a schedule: the sender lives and dies by it, then the world becomes kind and everything must be settled. */
async function play(moves: Move[], store: TransactionStore): Promise<{ crashes: number }> {
  const script = [...moves];
  const signer = createRandomSigner();
  const address = signer.address.toLowerCase();
  let lowest = Infinity;
  let crashes = 0;
  const prepared = new Set<string>();
  const early: number[] = [];
  const chain = createModelChain({
    onArrival({ nonce, serialized }) {
      if (!prepared.has(serialized)) early.push(nonce);
    },
  });

  /** One life of the process: after its crash nothing that it does has an effect. */
  function live(): { sender: Sender; died: Promise<void> } {
    let dead = false;
    const death = Promise.withResolvers<void>();
    const die = () => {
      if (!dead) crashes++;
      dead = true;
      death.resolve();
    };

    async function step<T>(action: () => Promise<T>, isRpc: boolean, method = ""): Promise<T> {
      if (dead) return await NEVER;
      const move = script.shift() ?? "mine";
      if (move === "mine") chain.mine();
      if (move === "lose") chain.losePending();
      if (move === "go-back") lowest = Math.min(lowest, chain.goBack(2));
      if (move === "crash-before") die();
      if (dead) return await NEVER;
      if (move === "fail-before" && isRpc) throw new RetryableError("rpc-unreachable", "No node.");
      if (move === "lag" && method === "eth_getTransactionReceipt") return null as T;
      const result = await action();
      if (move === "crash-after") die();
      if (dead) return await NEVER;
      if (move === "fail-after" && isRpc) throw new RetryableError("rpc-timeout", "No answer.");
      return result;
    }

    const guarded: TransactionStore = {
      find: (q) => step(() => store.find(q), false),
      reserve: (q) => step(() => store.reserve(q), false),
      prepare: (q) =>
        step(async () => {
          await store.prepare(q);
          prepared.add(q.raw);
        }, false),
      conclude: (q) => step(() => store.conclude(q), false),
      reopen: (q) => step(() => store.reopen(q), false),
      open: (q) => step(() => store.open(q), false),
      next: (q) => step(() => store.next(q), false),
    };
    const sender = createSender({
      provider: { send: (method, params) => step(() => chain.send(method, params), true, method) },
      signer,
      chainId: 31337,
      store: guarded,
      pause: 1,
      resend: 3,
      clock: { now: () => performance.now(), sleep: () => new Promise((resolve) => setImmediate(resolve)) },
      crashpoint: () => {
        if (script.length > 0 && script.length % 7 === 0) die();
      },
    });
    return { sender, died: death.promise };
  }

  async function settleAll(sender: Sender): Promise<boolean> {
    await sender.resume();
    // A follower tells every life how far the chain went back since it was last told.
    if (lowest !== Infinity) {
      const to = { number: lowest, hash: "0x", time: 0 };
      lowest = Infinity;
      await sender.rollback(to);
    }
    for (const id of INTENTS.values()) {
      for (;;) {
        try {
          await sender.send({ id, to, data: dataOf(id), gas: 30_000n });
          break;
        } catch (error) {
          if (!(error instanceof RetryableError)) throw error;
        }
      }
    }
    return lowest === Infinity && script.length === 0;
  }

  for (let lives = 0; ; lives++) {
    if (lives > 500) throw new Error("It never settles.");
    const before = lowest;
    const { sender, died } = live();
    const settled = await Promise.race([settleAll(sender), died.then(() => null)]);
    if (settled === null) {
      lowest = Math.min(lowest, before);
      continue;
    }
    await sender.stop();
    if (settled) break;
  }

  expect(early, "nonces whose bytes left before they were durable").to.deep.equal([]);
  for (const [nonce, bytes] of chain.arrived) expect(bytes.size, `transactions signed for nonce ${nonce}`).to.equal(1);
  expect(
    chain
      .included()
      .map(({ data }) => data)
      .sort(),
  ).to.deep.equal(INTENTS.map(dataOf));
  expect(await store.open(address)).to.deep.equal([]);
  return { crashes };
}

describe("sender, through any crash", () => {
  it("signs once per nonce and puts every intent on the chain once (in memory)", async () => {
    let crashes = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(MOVES, { maxLength: 150, size: "max" }), async (moves) => {
        crashes += (await play(moves, createMemoryTransactions())).crashes;
      }),
      { numRuns: 120 },
    );
    expect(crashes).to.be.greaterThan(100);
  });

  it("signs once per nonce and puts every intent on the chain once (in SQLite)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(MOVES, { maxLength: 150, size: "max" }), async (moves) => {
        const db = await openDatabase({ url: ":memory:" });
        await play(moves, createTransactionStore({ db }));
        await db.destroy();
      }),
      { numRuns: 40 },
    );
  });
});
