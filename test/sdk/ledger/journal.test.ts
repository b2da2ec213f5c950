import { expect } from "chai";
import { OPTION_AMENDED, OPTION_DEVICES, linesToBytes, packClauses, ZERO_HASH } from "../../../src/chain/terms.ts";
import type { OrderTerms } from "../../../src/chain/terms.ts";
import type { LedgerEvent, MoneyEvent } from "../../../src/sdk/ledger/events.ts";
import { writeJournal } from "../../../src/sdk/ledger/journal.ts";
import { totalOf, heldOf } from "../../../src/sdk/ledger/orders.ts";
import { balancesOf } from "../../../src/sdk/ledger/reconcile.ts";

const ORDER = `0x${"ab".repeat(32)}`;
const OTHER = `0x${"cd".repeat(32)}`;
const [BUYER, SUPPLIER, BANK] = ["b", "5", "f"].map((digit) => `0x${digit.repeat(40)}`) as [string, string, string];
const held = `order:${ORDER}`;

const clauses = (points: number, options: number) =>
  packClauses({
    due: 1,
    expiry: 2,
    retentionUntil: 0,
    grace: 0,
    penaltyRate: 0,
    capDays: 0,
    retention: 0,
    group: 1,
    points,
    options,
  });
const termsOf = (...totals: bigint[]): OrderTerms => ({
  buyer: BUYER,
  supplier: SUPPLIER,
  clauses: clauses(1, 0),
  conditions: ZERO_HASH,
  lines: linesToBytes(totals.map((total) => ({ quantity: 10n, total }))),
});

/** Its own event began it. */
const creation = (order: string, terms: OrderTerms) =>
  ({ name: "OrderCreated", order, terms, fromBalance: false }) satisfies MoneyEvent;
const created = creation(ORDER, termsOf(600n, 400n));
const give = (other: string, amount: bigint): MoneyEvent => ({ name: "Transfer", direction: "in", other, amount });
const get = (other: string, amount: bigint): MoneyEvent => ({ name: "Transfer", direction: "out", other, amount });
const confirmed = (order: string, paid: bigint): MoneyEvent => ({
  name: "DeliveryConfirmed",
  order,
  earned: paid,
  paid,
});

/** Each list is a transaction. */
function write(...transactions: MoneyEvent[][]) {
  const events = transactions.flatMap((list, block) =>
    list.map((event, log): LedgerEvent => ({ block, log, transaction: `0x${block}`, ...event })),
  );
  const journal = writeJournal(events);
  for (const { event, postings } of journal.entries) {
    expect(
      postings.reduce((sum, { amount }) => sum + amount, 0n),
      `${event} balances`,
    ).to.equal(0n);
  }
  return journal;
}

/** The last entry's postings as one object. */
const last = (...transactions: MoneyEvent[][]) => {
  const { postings } = write(...transactions).entries.at(-1)!;
  return Object.fromEntries(postings.map(({ account, amount }) => [account, amount]));
};
/** The same, of an order that is there already. */
const then = (...events: MoneyEvent[]) => last([created, give(BUYER, 1_000n)], events);

describe("the ledger's rules, event by event", () => {
  it("OrderCreated: from the buyer's wallet when its tokens follow at once", () => {
    expect(last([created, give(BUYER, 1_000n)])).to.deep.equal({ [`wallet:${BUYER}`]: -1_000n, [held]: 1_000n });
  });

  it("OrderCreated: from the buyer's balance when none do, or another's, or another amount", () => {
    const fromBalance = { [held]: 1_000n, [`balance:${BUYER}`]: -1_000n };
    const first = (events: MoneyEvent[]) =>
      Object.fromEntries(write(events).entries[0]!.postings.map(({ account, amount }) => [account, amount]));
    expect(first([created])).to.deep.equal(fromBalance);
    expect(first([created, give(BANK, 1_000n)])).to.deep.equal(fromBalance);
    expect(first([created, give(BUYER, 999n)])).to.deep.equal(fromBalance);
  });

  it("OrderCreated: several in one transaction, each from where its money came", () => {
    const second = creation(OTHER, termsOf(1_000n));
    const deposit: MoneyEvent = { name: "Deposited", account: BUYER, amount: 1_000n };
    const { entries } = write([deposit, give(BUYER, 1_000n), created, second, give(BUYER, 1_000n)]);
    const sources = entries.map(({ postings }) => postings.find(({ amount }) => amount < 0n)!.account);
    expect(sources).to.deep.equal([`wallet:${BUYER}`, `balance:${BUYER}`, `wallet:${BUYER}`]);
  });

  it("OrderCreated: a gift of exactly its total right behind it cannot be told from its price", () => {
    const deposit: MoneyEvent = { name: "Deposited", account: BUYER, amount: 1_000n };
    const { entries } = write([deposit, give(BUYER, 1_000n), created, give(BUYER, 1_000n)]);
    const balances = balancesOf(entries);
    // In truth the balance is 0: the comparison with creditOf shows it.
    expect([balances.get(`balance:${BUYER}`), balances.get("gifts")]).to.deep.equal([1_000n, undefined]);
  });

  it("OrderCreated: in a batch from the buyer's balance, whatever follows", () => {
    const batched = { ...created, fromBalance: true };
    const deposit: MoneyEvent = { name: "Deposited", account: BUYER, amount: 1_000n };
    const { entries } = write([deposit, give(BUYER, 1_000n), batched, give(BUYER, 1_000n)]);
    const balances = balancesOf(entries);
    expect([balances.get(`balance:${BUYER}`), balances.get("gifts")]).to.deep.equal([0n, 1_000n]);
  });

  it("DeliveryConfirmed and OrderPaid: from the order to whom the tokens go", () => {
    expect(then(confirmed(ORDER, 70n), get(SUPPLIER, 70n))).to.deep.equal({
      [held]: -70n,
      [`wallet:${SUPPLIER}`]: 70n,
    });
    const payments = [
      { payee: BANK, amount: 20n },
      { payee: SUPPLIER, amount: 5n },
    ];
    expect(then({ name: "OrderPaid", order: ORDER, payments }, get(BANK, 20n), get(SUPPLIER, 5n))).to.deep.equal({
      [held]: -25n,
      [`wallet:${BANK}`]: 20n,
      [`wallet:${SUPPLIER}`]: 5n,
    });
  });

  it("PaymentCredited: to the payee's balance instead, divided among the orders that one payment nets", () => {
    const second = creation(OTHER, termsOf(500n));
    const { entries } = write(
      [created, give(BUYER, 1_000n)],
      [second, give(BUYER, 500n)],
      [
        confirmed(ORDER, 30n),
        confirmed(OTHER, 12n),
        confirmed(ORDER, 8n),
        { name: "PaymentCredited", payee: SUPPLIER, amount: 42n },
        get(SUPPLIER, 8n),
      ],
    );
    const got = entries.slice(2).map(({ order, postings }) => [order, postings[1]!.account, postings[1]!.amount]);
    expect(got).to.deep.equal([
      [ORDER, `balance:${SUPPLIER}`, 30n],
      [OTHER, `balance:${SUPPLIER}`, 12n],
      [ORDER, `wallet:${SUPPLIER}`, 8n],
    ]);
  });

  it("Deposited and CreditWithdrawn: between wallet and balance, the latter also to another's wallet", () => {
    expect(last([{ name: "Deposited", account: BUYER, amount: 9n }, give(BUYER, 9n)])).to.deep.equal({
      [`wallet:${BUYER}`]: -9n,
      [`balance:${BUYER}`]: 9n,
    });
    expect(last([{ name: "CreditWithdrawn", account: BUYER, to: BANK, amount: 4n }, get(BANK, 4n)])).to.deep.equal({
      [`balance:${BUYER}`]: -4n,
      [`wallet:${BANK}`]: 4n,
    });
  });

  it("a withdrawal is never credited back", () => {
    const { entries } = write([
      { name: "CreditWithdrawn", account: BUYER, to: BUYER, amount: 4n },
      { name: "PaymentCredited", payee: BUYER, amount: 4n },
    ]);
    expect(
      entries.flatMap(({ postings }) => postings.filter(({ account }) => account === "unexplained")),
    ).to.have.length(2);
  });

  it("OrderEnded and OrderClosed: back to the buyer", () => {
    for (const name of ["OrderEnded", "OrderClosed"] as const) {
      expect(then({ name, order: ORDER, amount: 300n }, get(BUYER, 300n))).to.deep.equal({
        [held]: -300n,
        [`wallet:${BUYER}`]: 300n,
      });
    }
  });

  it("OrderClosed of nothing, OrderCancelled and LotInspected: no entry, they move no money", () => {
    const { entries, orders } = write(
      [created, give(BUYER, 1_000n)],
      [
        { name: "LotInspected", order: ORDER, earned: 40n },
        { name: "LotDecided", order: ORDER, retention: false, amount: 2n },
        { name: "LotDecided", order: ORDER, retention: true, amount: 3n },
      ],
      [{ name: "OrderClosed", order: ORDER, amount: 0n }],
    );
    expect(entries).to.have.length(1);
    expect(orders.get(ORDER)).to.include({ status: "closed", earned: 42n, forfeited: 3n });
  });

  it("OrderAmended: the difference of the totals, from the buyer's wallet or back to it", () => {
    const amended = (total: bigint): MoneyEvent => ({ name: "OrderAmended", order: ORDER, terms: termsOf(total) });
    expect(then(amended(1_250n), give(BUYER, 250n))).to.deep.equal({ [`wallet:${BUYER}`]: -250n, [held]: 250n });
    expect(then(amended(900n), get(BUYER, 100n))).to.deep.equal({ [held]: -100n, [`wallet:${BUYER}`]: 100n });
    expect(write([created, give(BUYER, 1_000n)], [amended(1_000n)]).entries).to.have.length(1);
    const { orders } = write([created, give(BUYER, 1_000n)], [amended(900n), get(BUYER, 100n)]);
    expect(heldOf(orders.get(ORDER)!)).to.equal(900n);
  });

  it("CreditNoteIssued: past the order, from the supplier's wallet to the buyer, or to its balance", () => {
    const note: MoneyEvent = { name: "CreditNoteIssued", order: ORDER, amount: 6n };
    expect(then(note, give(SUPPLIER, 6n), get(BUYER, 6n))).to.deep.equal({
      [`wallet:${SUPPLIER}`]: -6n,
      [`wallet:${BUYER}`]: 6n,
    });
    expect(then(note, give(SUPPLIER, 6n), { name: "PaymentCredited", payee: BUYER, amount: 6n })).to.deep.equal({
      [`wallet:${SUPPLIER}`]: -6n,
      [`balance:${BUYER}`]: 6n,
    });
  });

  it("ClaimAssigned: its price past the order, from the new owner's wallet to the old one; given away, no entry", () => {
    const sold = (price: bigint): MoneyEvent => {
      return { name: "ClaimAssigned", order: ORDER, from: SUPPLIER, to: BANK, price };
    };
    expect(then(sold(95n), give(BANK, 95n), get(SUPPLIER, 95n))).to.deep.equal({
      [`wallet:${BANK}`]: -95n,
      [`wallet:${SUPPLIER}`]: 95n,
    });
    expect(write([created, give(BUYER, 1_000n)], [sold(0n)]).entries).to.have.length(1);
  });

  it("Transfer: a gift when no event asks for it; unexplained when it leaves", () => {
    expect(last([give(BANK, 3n)])).to.deep.equal({ [`wallet:${BANK}`]: -3n, gifts: 3n });
    expect(last([get(BANK, 3n)])).to.deep.equal({ unexplained: -3n, [`wallet:${BANK}`]: 3n });
    expect(write([give(BANK, 0n)], [get(BANK, 0n)]).entries).to.deep.equal([]);
  });

  it("what was announced and did not happen is unexplained, and does not explain anything else", () => {
    const balances = balancesOf(write([created, give(BUYER, 1_000n)], [confirmed(ORDER, 70n)]).entries);
    expect(balances.get("unexplained")).to.equal(70n);
    const price: MoneyEvent = { name: "ClaimAssigned", order: ORDER, from: SUPPLIER, to: BANK, price: 1n };
    expect(write([price]).entries[0]!.postings).to.deep.equal([
      { account: "unexplained", amount: -1n },
      { account: "unexplained", amount: 1n },
    ]);
  });
});

describe("what a buyer puts in", () => {
  it("is the money of each line's last point, whatever stands in front of the lines", () => {
    const points = linesToBytes([
      { quantity: 1n, total: 9n },
      { quantity: 2n, total: 20n },
      { quantity: 1n, total: 7n },
      { quantity: 4n, total: 300n },
    ]).slice(2);
    const head = "11".repeat(32);
    expect(totalOf({ clauses: clauses(1, 0), lines: `0x${points}` })).to.equal(336n);
    expect(totalOf({ clauses: clauses(2, OPTION_DEVICES), lines: `0x${head}${points}` })).to.equal(320n);
    expect(
      totalOf({ clauses: clauses(4, OPTION_DEVICES | OPTION_AMENDED), lines: `0x${head}${head}${points}` }),
    ).to.equal(300n);
  });

  it("is nothing where lines are not whole, or have no points", () => {
    expect(totalOf({ clauses: clauses(2, 0), lines: linesToBytes([{ quantity: 1n, total: 9n }]) })).to.equal(0n);
    expect(totalOf({ clauses: clauses(0, 0), lines: "0x" })).to.equal(0n);
  });
});
