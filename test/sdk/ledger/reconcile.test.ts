import { expect } from "chai";
import { escrowDomain, linesToBytes, orderId, packClauses, ZERO_HASH } from "../../../src/chain/terms.ts";
import type { LedgerEvent, MoneyEvent } from "../../../src/sdk/ledger/events.ts";
import { writeJournal } from "../../../src/sdk/ledger/journal.ts";
import { reconcile } from "../../../src/sdk/ledger/reconcile.ts";
import type { ChainFigures, ChainOrder } from "../../../src/sdk/ledger/reconcile.ts";

const address = (digit: string) => `0x${digit.repeat(40)}`;
const [BUYER, SUPPLIER] = [address("b"), address("5")];
const domain = escrowDomain({ chainId: 1, escrow: address("e") });
const dates = { due: 1, expiry: 2, retentionUntil: 3, grace: 0 };
const rates = { penaltyRate: 0, capDays: 0, retention: 9, group: 1, points: 1, options: 0 };
const terms = {
  buyer: BUYER,
  supplier: SUPPLIER,
  clauses: packClauses({ ...dates, ...rates }),
  conditions: ZERO_HASH,
  lines: linesToBytes([{ quantity: 10n, total: 1_000n }]),
};
const order = orderId({ domain, terms });

/** An order that ended with 40 pending, 7 of the retention forfeited, and a supplier that got 100 of 300 as credit. */
const story: MoneyEvent[][] = [
  [
    { name: "OrderCreated", order, terms, fromBalance: false },
    { name: "Transfer", direction: "in", other: BUYER, amount: 1_000n },
  ],
  [
    { name: "DeliveryConfirmed", order, earned: 310n, paid: 200n },
    { name: "Transfer", direction: "out", other: SUPPLIER, amount: 200n },
  ],
  [
    { name: "OrderPaid", order, payments: [{ payee: SUPPLIER, amount: 100n }] },
    { name: "PaymentCredited", payee: SUPPLIER, amount: 100n },
  ],
  [{ name: "LotDecided", order, retention: true, amount: 7n }],
  [
    { name: "OrderEnded", order, amount: 650n },
    { name: "Transfer", direction: "out", other: BUYER, amount: 650n },
  ],
  [{ name: "Transfer", direction: "in", other: BUYER, amount: 2n }],
];
const there: ChainOrder = { status: "ended", earned: 310n, paid: 300n, refunded: 650n, forfeited: 7n, amended: null };
const credits = new Map([
  [BUYER, 0n],
  [SUPPLIER, 100n],
]);
const truth: ChainFigures = { orders: new Map([[order, there]]), credits, tokens: 152n };

function compare(chain: ChainFigures, events: MoneyEvent[][] = story): string[] {
  const placed = events.flatMap((list, block) =>
    list.map((event, log): LedgerEvent => ({ block, log, transaction: `0x${block}`, ...event })),
  );
  const differences = reconcile({ journal: writeJournal(placed), chain, domain });
  return differences.map(({ account, what, ledger, chain: figure }) => `${account} ${what}: ${ledger}, ${figure}`);
}
const withOrder = (changes: Partial<ChainOrder>) =>
  compare({ ...truth, orders: new Map([[order, { ...there, ...changes }]]) });
const owes = (amount: number) => `escrow what it owes, and gifts: ${amount}, 152`;

describe("the comparison of a ledger with the chain", () => {
  it("finds nothing where they agree", () => {
    expect(compare(truth)).to.deep.equal([]);
  });

  it("names each figure of an order that differs, with both figures", () => {
    const name = `order:${order}`;
    expect(withOrder({ earned: 311n })).to.deep.equal([`${name} earned: 310, 311`]);
    expect(withOrder({ forfeited: 8n })).to.deep.equal([`${name} forfeited: 7, 8`]);
    expect(withOrder({ amended: ZERO_HASH })).to.deep.equal([`${name} terms in force: ${order}, ${ZERO_HASH}`]);
    expect(withOrder({ status: "open" })).to.deep.equal([`${name} status: ended, open`]);
    expect(withOrder({ status: "closed" })).to.deep.equal([
      `${name} status: ended, closed`,
      `${name} held: 50, 0`,
      owes(102),
    ]);
    expect(withOrder({ paid: 299n })).to.deep.equal([`${name} paid: 300, 299`, `${name} held: 50, 51`, owes(153)]);
    expect(withOrder({ refunded: 0n })).to.deep.equal([`${name} refunded: 650, 0`, `${name} held: 50, 700`, owes(802)]);
  });

  it("names an order that the chain does not know", () => {
    expect(compare({ ...truth, orders: new Map() })[0]).to.equal(`order:${order} status: ended, none`);
  });

  it("names an account whose balance differs, also one that no event gave anything", () => {
    const more = (account: string, amount: bigint) =>
      compare({ ...truth, credits: new Map([...credits, [account, amount]]) });
    expect(more(SUPPLIER, 99n)).to.deep.equal([`balance:${SUPPLIER} balance: 100, 99`, owes(151)]);
    expect(more(BUYER, 1n)).to.deep.equal([`balance:${BUYER} balance: 0, 1`, owes(153)]);
  });

  it("names the escrow's tokens, against what moved and against what it owes", () => {
    expect(compare({ ...truth, tokens: 151n })).to.deep.equal([
      "escrow tokens that moved: 152, 151",
      "escrow what it owes, and gifts: 152, 151",
    ]);
  });

  it("names the event that leaves something open", () => {
    const unpaid = story.with(1, story[1]!.slice(0, 1));
    expect(compare(truth, unpaid).at(-1)).to.equal("unexplained DeliveryConfirmed, log 0 of 0x1: 200, 0");
  });
});
