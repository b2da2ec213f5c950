import { expect } from "chai";
import { createMemoryTransactions } from "../../src/chain/memoryTransactions.ts";
import type { Intent, TransactionStore } from "../../src/chain/transactions.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createTransactionStore } from "../../src/store/transactions.ts";
import { describeStores } from "../support/stores.ts";

const sender = "0xs";
const intent = (id: string): Intent => ({ id, to: "0xto", data: "0xda", gas: 2n ** 60n });
const block = (number: number) => ({ number, hash: `0xb${number}`, time: 5_000_000_000 });

function tests(open: () => Promise<{ store: TransactionStore; close(): Promise<void> }>): void {
  let store: TransactionStore;
  let close: () => Promise<void>;

  beforeEach(async () => ({ store, close } = await open()));
  afterEach(() => close());

  const reserve = (id: string, floor = 0) => store.reserve({ sender, intent: intent(id), floor });
  const prepare = (nonce: number) => store.prepare({ sender, nonce, raw: `0xr${nonce}`, hash: `0xh${nonce}` });
  const states = async () =>
    await Promise.all(
      ["a", "b", "c"].map(async (id) => {
        const record = await store.find({ sender, id });
        return record === null ? null : `${record.nonce} ${record.state} ${record.block?.number ?? "-"}`;
      }),
    );

  it("give an intent the next nonce, at least the floor, and keep it", async () => {
    expect(await store.next(sender)).to.equal(0);
    const record = await reserve("a", 4);
    expect(record).to.deep.equal({
      ...intent("a"),
      sender,
      nonce: 4,
      state: "intent",
      raw: null,
      hash: null,
      block: null,
    });
    expect((await reserve("b", 2)).nonce).to.equal(5);
    expect((await reserve("a", 9)).nonce).to.equal(4);
    expect(await store.next(sender)).to.equal(6);
    expect((await store.reserve({ sender: "0xother", intent: intent("a"), floor: 0 })).nonce).to.equal(0);
  });

  it("give parallel intents nonces of their own", async () => {
    const records = await Promise.all(Array.from({ length: 20 }, (_, index) => reserve(`n${index}`)));
    expect(records.map(({ nonce }) => nonce).sort((a, b) => a - b)).to.deep.equal(records.map((_, index) => index));
  });

  it("give a nonce its bytes once", async () => {
    await reserve("a");
    await prepare(0);
    const other = await store.prepare({ sender, nonce: 0, raw: "0xother", hash: "0xother" }).catch((error) => error);
    expect(other).to.include({ code: "nonce-signed" });
    expect(await store.find({ sender, id: "a" })).to.include({ state: "prepared", raw: "0xr0", hash: "0xh0" });
  });

  it("list what is open, by nonce", async () => {
    for (const id of ["a", "b", "c"]) await reserve(id);
    await prepare(0);
    await prepare(1);
    await store.conclude({ sender, nonce: 0, state: "included", block: block(7) });
    expect((await store.open(sender)).map(({ nonce, state }) => [nonce, state])).to.deep.equal([
      [1, "prepared"],
      [2, "intent"],
    ]);
    expect((await store.find({ sender, id: "a" }))?.block).to.deep.equal(block(7));
  });

  it("include only what was prepared, and take no conclusion back but by reopening", async () => {
    await reserve("a");
    await store.conclude({ sender, nonce: 0, state: "included", block: block(7) });
    expect((await states())[0]).to.equal("0 intent -");
    await prepare(0);
    await store.conclude({ sender, nonce: 0, state: "included", block: block(7) });
    await store.conclude({ sender, nonce: 0, state: "replaced", block: block(8) });
    expect((await states())[0]).to.equal("0 included 7");
  });

  it("reopen what was concluded above a block, or from a nonce on", async () => {
    for (const [nonce, id] of ["a", "b", "c"].entries()) {
      await reserve(id);
      if (id !== "c") await prepare(nonce);
      await store.conclude({ sender, nonce, state: id === "c" ? "replaced" : "included", block: block(10 + nonce) });
    }
    expect(await states()).to.deep.equal(["0 included 10", "1 included 11", "2 replaced 12"]);
    await store.reopen({ sender, above: 10 });
    expect(await states()).to.deep.equal(["0 included 10", "1 prepared -", "2 intent -"]);
    await store.conclude({ sender, nonce: 1, state: "included", block: block(20) });
    await store.reopen({ sender, from: 1 });
    expect(await states()).to.deep.equal(["0 included 10", "1 prepared -", "2 intent -"]);
    await store.reopen({ sender, above: -1 });
    expect(await states()).to.deep.equal(["0 prepared -", "1 prepared -", "2 intent -"]);
  });
}

describe("transactions (memory)", () => {
  tests(() => Promise.resolve({ store: createMemoryTransactions(), close: () => Promise.resolve() }));
});

describeStores("transactions", ({ newStore }) => {
  tests(async () => {
    const db = await openDatabase({ url: await newStore() });
    return { store: createTransactionStore({ db }), close: () => db.destroy() };
  });
});
