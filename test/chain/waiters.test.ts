import { expect } from "chai";
import { id, Wallet } from "ethers";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import { createSender } from "../../src/chain/sender.ts";
import { createWaiters } from "../../src/chain/waiters.ts";
import { systemClock } from "../../src/lib/retry.ts";
import { failureOf } from "../support/failureOf.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

/** Failures that nobody listened to while this ran: each would end a relayer's process. */
async function unheard(work: () => Promise<void>): Promise<unknown[]> {
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const seen: unknown[] = [];
  process.on("unhandledRejection", (reason) => seen.push(reason));
  try {
    await work();
    await turn();
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  }
  return seen;
}

describe("who waits for a transaction", () => {
  it("may still be busy when it fails", async () => {
    const waiters = createWaiters<string>({ clock: systemClock, patience: Infinity });
    let result: Promise<string> = Promise.resolve("nothing");
    const lost = await unheard(async () => {
      result = waiters.wait("a");
      waiters.rejectAll(new Error("stopped"));
      await turn();
    });
    expect(lost).to.deep.equal([]);
    expect((await failureOf(result))?.message).to.equal("stopped");
  });

  it("hears of it when the sender is stopped while the intent is being written", async () => {
    const store = createMemoryTransactions();
    let written = (): void => {};
    const writing = new Promise<void>((resolve) => (written = resolve));
    let begun = (): void => {};
    const reserving = new Promise<void>((resolve) => (begun = resolve));
    const slow = {
      ...store,
      async reserve(q: Parameters<typeof store.reserve>[0]) {
        begun();
        await writing;
        return store.reserve(q);
      },
    };
    const head = { number: "0x1", hash: id("1"), parentHash: id("0"), timestamp: "0x1", gasLimit: "0x1c9c380" };
    const answers: Record<string, unknown> = {
      ...{ eth_getTransactionCount: "0x0", eth_call: "0x", eth_getBlockByNumber: head },
    };
    const provider = { send: (method: string) => Promise.resolve(answers[method] ?? null) };
    const signer = new Wallet(Wallet.createRandom().privateKey);
    const sender = createSender({ provider, signer, chainId: 31_337, store: slow });
    let sending: Promise<unknown> = Promise.resolve();
    const lost = await unheard(async () => {
      sending = failureOf(sender.send({ id: "a", to: signer.address, data: "0x", gas: 30_000n }));
      await reserving;
      await sender.stop();
      await turn();
      written();
    });
    expect(lost).to.deep.equal([]);
    expect(await sending).to.include({ code: "sender-stopped" });
  });
});
