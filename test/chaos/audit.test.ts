import { expect } from "chai";
import { id, Wallet } from "ethers";
import { audit } from "../../chaos/audit.ts";
import { digestOfBatch, domainOf } from "../../chaos/audit/certificate.ts";
import { explain, rootOf } from "../../chaos/audit/evidence.ts";
import type { ChainFacts, Confirmation, History, SentEvent } from "../../chaos/audit/history.ts";
import { encodeConfirm } from "../../src/chain/confirm.ts";
import { batchDigest, escrowDomain, orderId } from "../../src/chain/terms.ts";
import { sharesIn } from "../../chaos/hearing.ts";
import { batchToJson, digestOf, eventsRoot } from "../../src/relayer/batch.ts";
import type { Batch } from "../../src/relayer/batch.ts";

const wallets = ["one", "two", "three"].map((name) => new Wallet(id(name)));
const members = wallets.map(({ address }) => address.toLowerCase());
const ESCROW = `0x${"e5".repeat(20)}`;
const ORDER = id("order");
const SUPPLIER = `0x${"51".repeat(20)}`;

function eventOf(name: string, quantity: bigint, more: Partial<SentEvent> = {}): SentEvent {
  const place = { device: id("device"), order: ORDER, line: 0 };
  return { ...place, eventId: name, content: id(name), quantity, kind: "valid", acknowledged: true, ...more };
}

/** Two reports about a line of 100 for 1,000, and one that fills a line of 50 for 500 with more than fits. */
function truth() {
  const [a, b, c, d] = [
    eventOf("a", 10n),
    eventOf("b", 15n),
    eventOf("c", 30n),
    eventOf("d", 60n, { line: 1 }),
  ] as const;
  const report = (events: SentEvent[], from: bigint, delivered: bigint, paid: bigint): Confirmation => ({
    ...{ order: ORDER, line: events[0]?.line ?? 0, delivered, earned: paid, paid, root: rootOf(events), from },
    to: from + events.reduce((sum, { quantity }) => sum + quantity, 0n),
    ...{ transaction: id(`${events[0]?.eventId}`), digest: id("digest"), group: 1, signers: members.slice(0, 2) },
  });
  const terms = { buyer: members[0]!, supplier: SUPPLIER, clauses: 0n, conditions: id(""), lines: "0x" };
  const lines = [
    { quantity: 100n, total: 1_000n },
    { quantity: 50n, total: 500n },
  ];
  const history: History = {
    ...{ chainId: 31_337, escrow: ESCROW, token: ESCROW, group: 1, members, threshold: 2, hostile: [] },
    ...{ orders: [{ id: ORDER, terms, lines }], events: [a, b, c, d], transactions: [], shares: [], stores: [] },
  };
  const facts: ChainFacts = {
    ...{ members, threshold: 2, escrowBalance: 450n, funded: 1_500n },
    confirmations: [report([a, b], 0n, 25n, 250n), report([c], 25n, 55n, 300n), report([d], 0n, 50n, 500n)],
    delivered: new Map([[ORDER, [55n, 50n]]]),
    holdings: new Map([[SUPPLIER, 1_050n]]),
  };
  return { history, facts, report, a, b, c, d };
}

type Truth = ReturnType<typeof truth>;

/** What the audit says of the truth with something changed. */
function verdicts(change: (all: Truth) => void): string[] {
  const all = truth();
  change(all);
  return [...new Set(audit(all).violations.map(({ verdict }) => verdict))].sort();
}

describe("chaos: the audit", () => {
  it("finds nothing where all is right", () => {
    expect(audit(truth())).to.deep.equal({ events: 4, settled: 4, violations: [] });
  });

  it("names a lost event", () => {
    expect(verdicts(({ history }) => history.events.push(eventOf("never", 5n)))).to.deep.equal(["lost"]);
    expect(verdicts(({ history }) => history.events.push(eventOf("open", 5n, { acknowledged: false })))).to.be.empty;
    expect(verdicts(({ history }) => history.events.push(eventOf("no room", 5n, { line: 1 })))).to.be.empty;
    const lost = verdicts(({ facts }) => {
      facts.confirmations.splice(1, 1);
      facts.delivered.set(ORDER, [25n, 50n]);
      facts.holdings.set(SUPPLIER, 750n);
      facts.escrowBalance = 750n;
    });
    expect(lost).to.deep.equal(["lost"]);
  });

  it("names an event that counted twice", () => {
    const doubled = verdicts(({ facts, report, c }) => {
      facts.confirmations.push(report([c], 55n, 85n, 300n));
      facts.delivered.set(ORDER, [85n, 50n]);
      facts.holdings.set(SUPPLIER, 1_350n);
      facts.escrowBalance = 150n;
    });
    expect(doubled).to.deep.equal(["doubled"]);
  });

  it("names both contents of one event id as doubled, and neither alone", () => {
    const rivals = (both: boolean) => (all: Truth) => {
      const [x, y] = [eventOf("x", 3n, { kind: "either" }), eventOf("x", 4n, { kind: "either", content: id("y") })];
      all.history.events.push(x, y);
      let more = 0n;
      for (const one of both ? [x, y] : [x]) {
        all.facts.confirmations.push(all.report([one], 55n + more, 55n + more + one.quantity, 10n * one.quantity));
        more += one.quantity;
      }
      all.facts.delivered.set(ORDER, [55n + more, 50n]);
      all.facts.holdings.set(SUPPLIER, 1_050n + 10n * more);
      all.facts.escrowBalance = 450n - 10n * more;
    };
    expect(verdicts(rivals(false))).to.be.empty;
    expect(verdicts(rivals(true))).to.deep.equal(["doubled"]);
  });

  it("names what was paid for something that nobody valid sent", () => {
    const invented = verdicts(({ facts, report }) => {
      facts.confirmations.push(report([eventOf("invented", 7n)], 55n, 62n, 70n));
      facts.delivered.set(ORDER, [62n, 50n]);
      facts.holdings.set(SUPPLIER, 1_120n);
      facts.escrowBalance = 380n;
    });
    expect(invented).to.deep.equal(["false"]);
    expect(verdicts(({ facts }) => (facts.confirmations[0]!.root = id("other")))).to.include("false");
    expect(verdicts(({ facts }) => facts.delivered.set(ORDER, [55n, 49n]))).to.include("false");
    expect(verdicts(({ facts }) => (facts.confirmations[0]!.order = id("another")))).to.include("false");
  });

  it("names a certificate that too few members signed", () => {
    const signers = (...list: (string | null)[]) => verdicts(({ facts }) => (facts.confirmations[0]!.signers = list));
    expect(signers(members[0]!, members[2]!)).to.be.empty;
    expect(signers(members[0]!)).to.deep.equal(["false"]);
    expect(signers(members[0]!, members[0]!)).to.deep.equal(["false"]);
    expect(signers(members[0]!, null)).to.deep.equal(["false"]);
    expect(signers(members[0]!, `0x${"99".repeat(20)}`)).to.deep.equal(["false"]);
  });

  it("names money that is missing or too much", () => {
    expect(verdicts(({ facts }) => facts.holdings.set(SUPPLIER, 1_049n))).to.deep.equal(["payment"]);
    expect(verdicts(({ facts }) => facts.holdings.set(SUPPLIER, 1_051n))).to.deep.equal(["payment"]);
    expect(verdicts(({ facts }) => (facts.escrowBalance = 449n))).to.deep.equal(["payment"]);
    expect(verdicts(({ facts }) => (facts.confirmations[0]!.earned = 251n))).to.deep.equal(["payment"]);
    expect(verdicts(({ facts }) => (facts.confirmations[0]!.paid = 249n))).to.deep.equal(["payment"]);
  });

  it("names who signed two digests for one batch, but for the member that attacks", () => {
    const shares = (all: Truth) => {
      for (const digest of [id("1"), id("2")])
        all.history.shares.push({ digest, id: "batch", signature: wallets[1]!.signingKey.sign(digest).serialized });
    };
    expect(verdicts(shares)).to.deep.equal(["equivocation"]);
    expect(verdicts((all) => (shares(all), (all.history.hostile = [members[1]!])))).to.be.empty;
  });

  it("names them by what they sent to the chain, too", async () => {
    const { terms } = truth().history.orders[0]!;
    const domain = escrowDomain({ chainId: 31_337, escrow: ESCROW });
    const named = orderId({ domain, terms: { ...terms, clauses: 1n << 10n } });
    const order = { order: named, line: 0, from: 0n, late: 0n, latest: 9, root: id("root") };
    const sent = async (nonce: number, to: bigint) => {
      const block = { blockNumber: 7, blockHash: id("block"), blockTime: 1_000 };
      const batch = { group: 1, members, proposer: members[0]!, ...block, reports: [{ ...order, to }] };
      const digest = batchDigest({ domain, batch });
      const shares = wallets.slice(0, 2).map(({ address, signingKey }) => {
        return { member: address.toLowerCase(), signature: signingKey.sign(digest).serialized };
      });
      const data = encodeConfirm({ batch, shares, terms: new Map([[named, { ...terms, clauses: 1n << 10n }]]) });
      const rest = { chainId: 31_337, gasLimit: 1n, gasPrice: 0, type: 0, to: ESCROW, nonce, data };
      return { relayer: members[0]!, raw: await wallets[0]!.signTransaction(rest), life: 0 };
    };
    const [one, same, other] = [await sent(0, 5n), await sent(1, 5n), await sent(2, 6n)];
    const said = (...transactions: History["transactions"]) => {
      const all = truth();
      all.history.transactions = transactions;
      return audit(all).violations.filter(({ verdict }) => verdict === "equivocation");
    };
    expect(said(one, same)).to.be.empty;
    expect(said(one, other)).to.have.length(2);
  });

  it("names two transactions for one nonce, in one life of a store", async () => {
    const sign = async (gasLimit: bigint) =>
      wallets[0]!.signTransaction({ chainId: 31_337, nonce: 4, to: ESCROW, gasLimit, gasPrice: 0, type: 0 });
    const [first, second] = [await sign(1n), await sign(2n)];
    const sent = (raw: string, life = 0) => ({ relayer: members[0]!, raw, life });
    const said = (transactions: History["transactions"]) => {
      const all = truth();
      all.history.transactions = transactions;
      return audit(all).violations.filter(({ what }) => what.includes("two transactions"));
    };
    expect(said([sent(first), sent(first)])).to.be.empty;
    expect(said([sent(first), sent(second)])).to.have.length(1);
    expect(said([sent(first), sent(second, 1)])).to.be.empty;
  });

  it("names what a relayer does not hold, or refused though it is valid", () => {
    const stores = (change: (events: History["stores"][number]["events"]) => void) => (all: Truth) => {
      const events = all.history.events.map(({ device, eventId, content }) => {
        return { device, eventId, content, status: "counted", reason: null };
      });
      change(events);
      all.history.stores = [{ relayer: members[0]!, events }];
    };
    expect(verdicts(stores(() => {}))).to.be.empty;
    expect(verdicts(stores((events) => events.pop()))).to.deep.equal(["store"]);
    expect(verdicts(stores((events) => (events[0]!.status = "refused")))).to.deep.equal(["store"]);
  });

  it("takes roots and digests from the pages that describe them, as relayers do", () => {
    const { a, b, c } = truth();
    for (const events of [[a], [b, a], [c, a, b], [a, b, c, eventOf("e", 2n), eventOf("f", 1n)]])
      expect(rootOf(events)).to.equal(eventsRoot(events));
    expect(explain({ root: rootOf([a, c]), sum: 40n, events: [a, b, c] })).to.have.members([a, c]);
    expect(explain({ root: rootOf([a, c]), sum: 41n, events: [a, b, c] })).to.equal(null);

    const report = { ...{ order: ORDER, line: 3, from: 5n, to: 15n, late: 0n, latest: 99 }, root: rootOf([a]) };
    const batch: Batch = {
      ...{ escrow: ESCROW, group: 2, members, proposer: members[1]! },
      ...{ block: { number: 7, hash: id("block"), time: 1_000 }, reports: [{ ...report, events: [a] }] },
    };
    const [chainId, digest] = [31_337, digestOf({ chainId: 31_337, batch })];
    const shown = JSON.parse(batchToJson(batch)) as Parameters<typeof digestOfBatch>[0]["batch"];
    expect(digestOfBatch({ domain: domainOf({ chainId, escrow: ESCROW }), batch: shown })).to.equal(digest);

    const [signature, answer] = [wallets[1]!, wallets[2]!].map((wallet) => wallet.signingKey.sign(digest).serialized);
    const said = { path: "/v1/peer/proposals", body: JSON.stringify({ batch: shown, signature }) };
    const heard = [{ ...said, answer: JSON.stringify({ decision: "sign", signature: answer }) }];
    expect(sharesIn({ chainId, escrow: ESCROW, heard }).map((share) => share.signature)).to.deep.equal([
      signature,
      answer,
    ]);
  });
});
