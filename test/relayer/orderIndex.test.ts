import { expect } from "chai";
import { toBeHex } from "ethers";
import type { Kysely, Transaction } from "kysely";
import { interfaces } from "../../src/chain/contracts.ts";
import { packOrders } from "../../src/chain/creations.ts";
import { orderId, packBooking, unpackClauses, ZERO_HASH } from "../../src/chain/terms.ts";
import type { ChainLog } from "../../src/chain/transactions.ts";
import { applyLogs, rollbackLogs, timesOf } from "../../src/relayer/chainIndex.ts";
import { claimsOf } from "../../src/relayer/claimLists.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { orderedLines, termsInForce } from "../../src/relayer/termsInForce.ts";
import { createView } from "../../src/relayer/view.ts";
import { openDatabase } from "../../src/store/database.ts";
import { deployment, escrow } from "../support/fakeEscrow.ts";
import { amendedTerms, domain, makeOrder, NOW, SUPPLIER } from "../support/relayerNetwork.ts";

const OWNER = toBeHex(201, 20);
const { terms } = makeOrder();
const order = orderId({ domain, terms });
const later = amendedTerms({ order, terms, clauses: { due: NOW + 7000, group: 2 }, quantity: 14n });
const word = (end: bigint, owner: string, slots: bigint, number: bigint): bigint =>
  (end << 200n) | (BigInt(owner) << 40n) | (slots << 32n) | number;
const END = 2n ** 56n - 1n;

/** A block each: order, lot 0 of 6, amendment, rejection of 2, the rejection is final, assignment, payment. */
const story = [
  logOf(1, "OrderCreated", [order, terms.buyer, SUPPLIER, terms.clauses, terms.conditions, terms.lines]),
  logOf(2, "DeliveryConfirmed", [order, booking({ lot: 1, delivered: 6n }), ZERO_HASH]),
  logOf(3, "OrderAmended", [order, ZERO_HASH, SUPPLIER, later.clauses, later.conditions, later.lines]),
  logOf(4, "LotInspected", [order, 0, 2n, 0n, ZERO_HASH]),
  logOf(5, "LotDecided", [order, 0, 2, 0n, 0n]),
  logOf(6, "ClaimAssigned", [
    order,
    SUPPLIER,
    OWNER,
    100n,
    word(300n, OWNER, 2n, 1n),
    word(END, SUPPLIER, 14n, 2n),
    0,
    0n,
  ]),
  logOf(7, "OrderPaid", [order, [(BigInt(OWNER) << 96n) | 200n, (BigInt(SUPPLIER) << 96n) | 50n]]),
];

function booking(p: { lot: number; delivered: bigint }): bigint {
  return packBooking({ earned: 0n, line: 0, late: 3n, paid: 0n, ...p });
}

function logOf(block: number, event: string, args: unknown[]): ChainLog {
  return {
    ...interfaces.supplierEscrow.encodeEventLog(event, args),
    address: escrow,
    blockNumber: block,
    blockHash: toBeHex(block, 32),
    transactionHash: ZERO_HASH,
    index: 0,
  };
}

async function createStore() {
  const database = await openDatabase<RelayerTables>({ url: ":memory:", migrations: relayerMigrations });
  const db = database as unknown as Kysely<RelayerTables>;
  const within = (work: (tx: Transaction<RelayerTables>) => Promise<void>) => db.transaction().execute(work);
  const apply = async (logs: ChainLog[]) => {
    const blockAt = (number: number) => Promise.resolve({ number, hash: toBeHex(number, 32), time: NOW + number });
    const times = await timesOf({ logs, blockAt });
    await within((tx) => applyLogs(tx, deployment, logs, times));
  };
  /** What the store says of the order as it was at a block. */
  const at = async (block: number) => {
    const row = await db.selectFrom("chain_orders").selectAll().executeTakeFirstOrThrow();
    const found = await termsInForce({ db, order: row, block });
    const { due, group } = unpackClauses(found.clauses);
    const [line] = orderedLines(found);
    const { delivered, rejected } = await createView(db, block).line(order, 0);
    return { due, group, ordered: line?.quantity, dues: found.dues.length, delivered, rejected };
  };
  const claims = async () => {
    const book = (await claimsOf(db, [order])).get(order);
    return book && { paid: book.paid, claims: book.claims.map(({ end, owner, slots, id }) => [end, owner, slots, id]) };
  };
  return { db, within, apply, at, claims };
}

describe("an order in the store", () => {
  const first = { due: NOW + 9000, group: 1, ordered: 10n, dues: 1 };
  const amended = { due: NOW + 7000, group: 2, ordered: 14n, dues: 2 };
  const shared = [
    [300n, OWNER, 2, 1],
    [END, SUPPLIER, 14, 2],
  ];

  it("is what it was at each block", async () => {
    const { db, apply, at, claims } = await createStore();
    await apply(story);
    expect(await at(1)).to.deep.equal({ ...first, delivered: 0n, rejected: 0n });
    expect(await at(2)).to.deep.equal({ ...first, delivered: 6n, rejected: 0n });
    expect(await at(4)).to.deep.equal({ ...amended, delivered: 6n, rejected: 0n });
    expect(await at(5)).to.deep.equal({ ...amended, delivered: 6n, rejected: 2n });
    expect(await claims()).to.deep.equal({ paid: 350n, claims: [[END, SUPPLIER, 16, 2]] });
    await db.destroy();
  });

  it("goes back with the chain, and forward again", async () => {
    const { db, within, apply, at, claims } = await createStore();
    await apply(story);
    await within((tx) => rollbackLogs(tx, 6));
    expect(await claims()).to.deep.equal({ paid: 100n, claims: shared });
    await within((tx) => rollbackLogs(tx, 5));
    expect(await claims()).to.equal(undefined);
    await within((tx) => rollbackLogs(tx, 4));
    expect(await at(9)).to.deep.equal({ ...amended, delivered: 6n, rejected: 0n });
    await within((tx) => rollbackLogs(tx, 2));
    expect(await at(9)).to.deep.equal({ ...first, delivered: 6n, rejected: 0n });
    await apply(story.slice(2));
    expect(await at(9)).to.deep.equal({ ...amended, delivered: 6n, rejected: 2n });
    expect(await claims()).to.deep.equal({ paid: 350n, claims: [[END, SUPPLIER, 16, 2]] });
    await db.destroy();
  });

  it("keeps a rejection that was disputed, or a call on the retention, from making room", async () => {
    const { db, apply, at } = await createStore();
    const ruled = logOf(5, "LotDecided", [order, 0, 3, 0n, 0n]);
    const call = logOf(6, "LotDecided", [order, 2 ** 32 - 1, 2, 0n, 50n]);
    await apply([...story.slice(0, 4), ruled, call]);
    expect((await at(9)).rejected).to.equal(0n);
    await db.destroy();
  });

  it("is the same when a batch began it, and goes with the batch", async () => {
    const { db, within, apply } = await createStore();
    const second = { ...terms, conditions: ZERO_HASH };
    const rows = async () => await db.selectFrom("chain_orders").selectAll().orderBy("id").execute();
    await apply([story[0]!]);
    const [alone] = await rows();
    await within((tx) => rollbackLogs(tx, 0));
    await apply([logOf(1, "OrdersCreated", [terms.buyer, packOrders([second, terms])])]);
    const both = [orderId({ domain, terms: second }), order].sort();
    expect((await rows()).map(({ id }) => id)).to.deep.equal(both);
    expect((await rows()).find(({ id }) => id === order)).to.deep.equal(alone);
    await within((tx) => rollbackLogs(tx, 0));
    expect(await rows()).to.deep.equal([]);
    await db.destroy();
  });

  it("takes no time of a block that was replaced meanwhile", async () => {
    const blockAt = (number: number) => Promise.resolve({ number, hash: ZERO_HASH, time: NOW });
    const failed = await timesOf({ logs: story, blockAt }).catch((error: unknown) => error);
    expect(failed).to.include({ code: "chain-moved", retryable: true });
  });

  it("has lines only where they are whole", () => {
    expect(orderedLines(later)).to.deep.equal([{ quantity: 14n, total: 14_000n }]);
    for (const lines of [later.lines.slice(0, -24), later.lines.slice(0, -2), "0x"])
      expect(() => orderedLines({ ...later, lines }))
        .to.throw()
        .with.property("code", "terms-lines");
  });
});
