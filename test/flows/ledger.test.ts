import { expect } from "chai";
import { ZeroAddress, id } from "ethers";
import type { Contract, JsonRpcApiProvider, Signer } from "ethers";
import { connectContracts } from "../../src/chain/contracts.ts";
import { packOrders } from "../../src/chain/creations.ts";
import type { Deployment } from "../../src/chain/deployment.ts";
import {
  OPTION_AMENDED,
  OPTION_INSPECTION,
  ZERO_HASH,
  confirmArguments,
  hashConditions,
  linesToBytes,
  orderId,
  packClauses,
  unpackClauses,
} from "../../src/chain/terms.ts";
import type { Delivery, OrderConditions, OrderTerms } from "../../src/chain/terms.ts";
import { readHead } from "../../src/chain/wire.ts";
import type { Client } from "../../src/sdk/client.ts";
import { moneyEvents } from "../../src/sdk/ledger/events.ts";
import type { LedgerEvent } from "../../src/sdk/ledger/events.ts";
import { writeJournal } from "../../src/sdk/ledger/journal.ts";
import { readFigures } from "../../src/sdk/ledger/readFigures.ts";
import { readLedger, readMoneyLogs } from "../../src/sdk/ledger/readLedger.ts";
import { reconcile } from "../../src/sdk/ledger/reconcile.ts";
import type { ChainFigures } from "../../src/sdk/ledger/reconcile.ts";
import { DAY, START, createEscrowScene, reportOf } from "../base/escrow.ts";
import type { Group } from "../base/escrow.ts";
import { story } from "../support/story.ts";

const KRW = "KRW";
const NEVER = 2 ** 40 - 1;
const REFUSES = 1; // MockToken.Mood

describe("the ledger from events alone", () => {
  const step = story();
  let scene: Awaited<ReturnType<typeof createEscrowScene>>;
  let client: Client;
  let group: Group;
  let arbiter: string;
  const parties: Record<string, { signer: Signer; address: string }> = {};
  const ids: Record<string, string> = {};
  const who = (name: string) => parties[name]!;
  const addressOf = (name: string) => who(name).address.toLowerCase();

  before(async () => {
    scene = await createEscrowScene({ token: "MockToken" });
    const provider = scene.deployer.provider as JsonRpcApiProvider;
    const accounts = (await provider.send("eth_accounts", [])) as string[];
    const names = ["deployer", "buyer", "submitter", "plant", "mill", "forge", "bank", "arbiter", "stranger"];
    for (const [i, name] of names.entries()) {
      const signer = await provider.getSigner(accounts[i]);
      parties[name] = { signer, address: await signer.getAddress() };
    }
    arbiter = who("arbiter").address;
    group = await scene.registerGroup({ members: 3, threshold: 2 });
    for (const name of ["plant", "bank"]) {
      await act(scene.money, "mint", [who(name).address, 10_000_000n]);
      await act(scene.money, "approve", [scene.escrow.target, 10n ** 12n], name);
    }
    const [escrow, token] = [String(scene.escrow.target).toLowerCase(), String(scene.money.target).toLowerCase()];
    const deployment: Deployment = {
      chainId: Number(scene.domain.chainId),
      genesis: ZERO_HASH,
      block: 0,
      accessManager: ZeroAddress,
      organisationRegistry: String(scene.registry.target),
      deviceRegistry: ZeroAddress,
      currencies: { [KRW]: { minorUnit: 0, token, escrow } },
    };
    client = { provider, deployment, contracts: connectContracts({ deployment, runner: provider }) };
  });

  const act = (contract: Contract, name: string, args: unknown[], from = "deployer") =>
    scene.call(contract, name, args, who(from).signer);
  const escrow = (name: string, args: unknown[], from = "buyer") => act(scene.escrow, name, args, from);

  function plain(number: number, supplier: string, total: bigint): OrderTerms {
    const terms = scene.termsOf({ group, supplier: addressOf(supplier), lines: [{ quantity: 100n, total }], number });
    return { ...terms, buyer: terms.buyer.toLowerCase() };
  }

  const deliver = (...deliveries: Delivery[]) => scene.confirm({ group, deliveries });

  /** Two sign: the buyer sends, the supplier signs. */
  async function agree(name: string, type: string, message: Record<string, unknown>, supplier: string) {
    const fields = type.split(",").map((field) => {
      const [kind = "", label = ""] = field.split(" ");
      return { type: kind, name: label };
    });
    const signature = await who(supplier).signer.signTypedData(scene.domain, { [name]: fields }, message);
    return [{ account: who(supplier).address, signature }];
  }

  step("a plain order, funded from the buyer's wallet, delivered in parts and closed", async () => {
    const terms = plain(1, "plant", 999n);
    await scene.createOrder(terms);
    await deliver({ terms, report: reportOf({ to: 33n }) });
    await deliver({ terms, report: reportOf({ from: 33n, to: 100n }) });
    await escrow("settle", [terms, []]);
  });

  step(
    "two from its balance, beside one from its wallet; their payee refuses tokens, and withdraws its credit",
    async () => {
      const [two, three, four] = [plain(2, "mill", 500n), plain(3, "mill", 700n), plain(4, "mill", 11n)];
      await escrow("deposit", [2_000n]);
      await escrow("createOrdersFromBalance", [packOrders([two, three])]);
      await scene.createOrder(four);
      await act(scene.money, "setMood", [addressOf("mill"), REFUSES]);
      const parts = [two, three, four].map((terms) => ({ terms, report: reportOf({ to: 50n }) }));
      await deliver(...parts);
      await escrow("withdraw", [600n, addressOf("stranger")], "mill");
      await act(scene.money, "setMood", [addressOf("mill"), 0]);
      await deliver({ terms: three, report: reportOf({ from: 50n, to: 70n }) });
      ids["from balance"] = orderId({ domain: scene.domain, terms: two });
      ids["netted"] = orderId({ domain: scene.domain, terms: three });
    },
  );

  step("a late, partly rejected one with owners down to the third tier and a bank", async () => {
    const conditions: OrderConditions = {
      arbiter,
      defaultSplit: 400_000,
      inspection: 3 * DAY,
      answer: 2 * DAY,
      arbitration: 4 * DAY,
      statutoryTerm: 0,
      statutoryInterest: 0,
      sheet: id("sheet"),
      documents: ZERO_HASH,
    };
    const first = scene.termsOf({
      group,
      supplier: addressOf("plant"),
      lines: [{ quantity: 100n, total: 100_003n }],
      clauses: {
        options: OPTION_INSPECTION,
        penaltyRate: 2_000,
        capDays: 50,
        retention: 100_000,
        retentionUntil: START + 90 * DAY,
      },
    });
    const terms = { ...first, conditions: hashConditions(conditions) };
    const order = orderId({ domain: scene.domain, terms });
    ids["cascade"] = order;
    const funding = { source: 0, deadline: NEVER, approvals: [], token: tokenSignature };
    await escrow("openOrder", [terms, conditions, funding]);

    const lists = () => claimsOf(order);
    const give = async (from: string, to: string, claim: number, amount: number, price: number, seller = from) => {
      const assignment = { claim, amount, maxStart: 100_003, to: addressOf(to), slots: claim === 1 ? 1 : 2, price };
      const args = [terms, conditions, assignment, 0, await lists(), NEVER];
      const types =
        "bytes32 order,uint32 seq,uint32 claim,uint56 amount,uint56 maxStart,address to,uint8 slots,uint56 price,uint40 deadline";
      const message = { order, seq: 0, ...assignment, deadline: NEVER };
      const approvals = price === 0 ? [] : await agree("Assignment", types, message, to);
      await escrow("assign", [...args, approvals], seller);
    };
    await give("plant", "mill", 0, 30_000, 0);
    await give("mill", "forge", 1, 10_000, 0);
    await give("plant", "bank", 2, 20_000, 19_500);

    const confirmWith = async (delivery: Delivery) => {
      const certificate = scene.certify({ group, deliveries: [delivery] });
      const args = confirmArguments({ certificate, deliveries: [delivery] });
      await escrow("confirmWith", [...args, [{ claims: await lists(), devices: [] }]], "stranger");
    };
    await confirmWith({ terms, report: reportOf({ to: 60n }) });
    await escrow("inspect", [terms, conditions, 0, 0, ZERO_HASH, await lists(), NEVER, []]);
    await confirmWith({ terms, report: { ...reportOf({ from: 60n, to: 100n }), late: 80n } });
    await escrow("inspect", [terms, conditions, 1, 15, id("cracks"), await lists(), NEVER, []]);
    const dispute = [terms, conditions, 1, addressOf("plant"), id("no cracks"), [], NEVER, []];
    await escrow("dispute", dispute, "plant");
    await scene.passTo(START + 20 * DAY);
    await escrow("resolve", [terms, conditions, 1, await lists()], "stranger");
    await escrow("callRetention", [terms, 1_000n, ZERO_HASH, NEVER, []]);
    await scene.passTo(START + 91 * DAY);
    await escrow("resolve", [terms, conditions, 2 ** 32 - 1, await lists()], "stranger");
    await escrow("settle", [terms, await lists()], "stranger");
  });

  step("one amended upwards and down and cancelled, one refunded, and one of which money came back", async () => {
    await scene.passTo(START + 100 * DAY);
    const later = { due: START + 130 * DAY, expiry: START + 160 * DAY };
    const fresh = (number: number, total: bigint) => {
      const terms = plain(number, "plant", total);
      return { ...terms, clauses: packClauses({ ...unpackClauses(terms.clauses), ...later }) };
    };
    const five = fresh(5, 1_000n);
    const order = orderId({ domain: scene.domain, terms: five });
    ids["amended"] = order;
    await scene.createOrder(five);
    await deliver({ terms: five, report: { ...reportOf({ to: 10n }), latest: START + 100 * DAY } });
    const amend = async (terms: OrderTerms, seq: number, quantity: bigint, total: bigint) => {
      const clauses = { ...unpackClauses(five.clauses), options: OPTION_AMENDED, points: 2 };
      const schedule = linesToBytes([
        { quantity: 10n, total: 100n },
        { quantity, total },
      ]);
      const next = { ...five, clauses: packClauses(clauses), lines: order + schedule.slice(2) };
      const types = "bytes32 order,uint32 seq,bytes32 terms,uint256 total,uint40 due,uint40 expiry,uint40 deadline";
      const digest = orderId({ domain: scene.domain, terms: next });
      const message = { order, seq, terms: digest, total, ...later, deadline: NEVER };
      const approvals = await agree("Amendment", types, message, "plant");
      await escrow("amend", [terms, next, seq, [], NEVER, approvals]);
      return next;
    };
    const dearer = await amend(five, 0, 120n, 1_300n);
    const cheaper = await amend(dearer, 1, 80n, 750n);
    const types = "bytes32 order,uint32 seq,uint56 payout,uint40 deadline";
    const message = { order, seq: 2, payout: 300, deadline: NEVER };
    await escrow("cancel", [cheaper, 300, 2, [], NEVER, await agree("Cancellation", types, message, "plant")]);

    const six = fresh(6, 5_000n);
    ids["refunded"] = orderId({ domain: scene.domain, terms: six });
    await scene.createOrder(six);
    await deliver({ terms: six, report: { ...reportOf({ to: 40n }), latest: START + 100 * DAY } });
    await escrow("creditNote", [six, 77n, NEVER, []], "plant");
    await scene.passTo(START + 200 * DAY);
    await escrow("refund", [six], "stranger");
  });

  step("agrees with the chain to the last minor unit, tokens that somebody gave away included", async () => {
    await act(scene.money, "mint", [addressOf("stranger"), 5n]);
    await act(scene.money, "mint", [String(scene.escrow.target), 3n]);
    const ledger = await readLedger({ client, currency: KRW });
    expect(ledger.differences).to.deep.equal([]);
    for (const { event, postings } of ledger.entries) {
      expect(
        postings.reduce((sum, { amount }) => sum + amount, 0n),
        event,
      ).to.equal(0n);
    }
    const balance = (account: string) => ledger.balances.get(account) ?? 0n;
    expect(balance("gifts")).to.equal(3n);
    expect(balance("unexplained")).to.equal(0n);
    // 500 / 2 + 700 / 2 + 11 / 2, rounded down, in one credit; 600 of it withdrawn.
    expect(balance(`balance:${addressOf("mill")}`)).to.equal(5n);
    expect(balance(`balance:${addressOf("buyer")}`)).to.equal(800n);
    expect(balance(`order:${ids["from balance"]}`)).to.equal(250n);
    expect(balance(`order:${ids["netted"]}`)).to.equal(210n);
    for (const name of ["cascade", "amended", "refunded"]) expect(balance(`order:${ids[name]}`), name).to.equal(0n);
    const figures = ledger.orders.find(({ order }) => order === ids["cascade"])!;
    expect(figures.funded).to.equal(figures.paid + figures.refunded + figures.returned);
    expect(figures.sold).to.equal(19_500n);
    expect(ledger.orders.find(({ order }) => order === ids["refunded"])!.creditNotes).to.equal(77n);
    expect(ledger.tokens).to.equal(await scene.money.getFunction("balanceOf")(scene.escrow.target));
  });

  step("splits a netted credit among the orders that it paid", async () => {
    const { entries } = await readLedger({ client, currency: KRW });
    const credited = entries.filter(
      ({ event, postings }) =>
        event === "DeliveryConfirmed" && postings.some(({ account }) => /^balance/.test(account)),
    );
    expect(credited.map(({ postings }) => postings.at(-1)!.amount)).to.deep.equal([250n, 350n, 5n]);
    const fromBalance = entries.filter(
      ({ event, postings }) => event === "OrderCreated" && postings.some(({ account }) => /^balance/.test(account)),
    );
    expect(fromBalance.map(({ order }) => order)).to.deep.equal([ids["from balance"], ids["netted"]]);
  });

  describe("and not when an event", () => {
    let events: LedgerEvent[];
    let chain: ChainFigures;

    before(async () => {
      const { escrow: address, token } = client.deployment.currencies[KRW]!;
      const to = (await readHead(client.provider)).number;
      const logs = await readMoneyLogs({ client, escrow: address, token, to });
      events = moneyEvents({ logs, escrow: address, token, chainId: client.deployment.chainId });
      chain = await readFigures({ client, currency: KRW, journal: writeJournal(events), block: to });
    });

    const faults = (changed: LedgerEvent[]) =>
      reconcile({ journal: writeJournal(changed), chain, domain: scene.domain }).length;
    const label = ({ name, log, block }: LedgerEvent) => `${name}, log ${log} of block ${block}`;
    /** Fields of an event that are money. */
    const moneyIn = (event: LedgerEvent) => Object.entries(event).filter(([, value]) => typeof value === "bigint");

    it("is missing", () => {
      expect(faults(events)).to.equal(0);
      for (const [i, event] of events.entries()) {
        const moneyless =
          moneyIn(event).every(([, amount]) => amount === 0n) && !("terms" in event || "payments" in event);
        if (!moneyless) expect(faults(events.toSpliced(i, 1)), label(event)).to.be.above(0);
      }
    });

    it("says one minor unit more or less", () => {
      for (const [i, event] of events.entries()) {
        for (const [field, amount] of moneyIn(event)) {
          // A cancellation sets anew what was earned, wherever it stood.
          if (field === "earned" && "order" in event && event.order === ids["amended"]) continue;
          for (const by of [1n, -1n]) {
            if ((amount as bigint) + by < 0n) continue;
            const changed = { ...event, [field]: (amount as bigint) + by };
            expect(faults(events.with(i, changed)), `${label(event)}: ${field} ${by}`).to.be.above(0);
          }
        }
        if (event.name !== "OrderPaid") continue;
        const payments = event.payments.map((one, k) => (k === 0 ? { ...one, amount: one.amount + 1n } : one));
        expect(faults(events.with(i, { ...event, payments })), label(event)).to.be.above(0);
      }
    });

    it("is told twice, unless it says where something stands and not what moved", () => {
      for (const [i, event] of events.entries()) {
        if (event.name === "OrderCancelled" || (event.name === "LotDecided" && event.retention)) continue;
        const moneyless = moneyIn(event).every(([, amount]) => amount === 0n) && !("payments" in event);
        if (!moneyless) expect(faults(events.toSpliced(i, 0, event)), label(event)).to.be.above(0);
      }
    });

    it("names other terms, or another payee", () => {
      for (const [i, event] of events.entries()) {
        const other = addressOf("stranger");
        if ("terms" in event) {
          const terms = { ...event.terms, lines: `${event.terms.lines.slice(0, -1)}0` };
          expect(faults(events.with(i, { ...event, terms } as LedgerEvent)), label(event)).to.be.above(0);
        }
        if (event.name === "OrderPaid") {
          const payments = event.payments.map(({ amount }) => ({ payee: other, amount }));
          expect(faults(events.with(i, { ...event, payments })), label(event)).to.be.above(0);
        }
        if (event.name === "PaymentCredited") {
          expect(faults(events.with(i, { ...event, payee: other })), label(event)).to.be.above(0);
        }
      }
    });
  });

  /** The present list of claims, from the events. */
  async function claimsOf(order: string): Promise<bigint[]> {
    let list: bigint[] = [];
    let paid = 0n;
    const logs = await scene.escrow.queryFilter("*" as never, 0);
    for (const log of logs as unknown as { fragment?: { name: string }; args: Record<string, never> }[]) {
      if (log.args?.["order"] !== order) continue;
      if (log.fragment?.name === "ClaimAssigned") {
        const { given, rest, claim } = log.args as unknown as { given: bigint; rest: bigint; claim: bigint };
        const at = list.findIndex((one) => BigInt.asUintN(32, one) === claim);
        list = list.toSpliced(Math.max(at, 0), at < 0 ? 0 : 1, ...(rest === 0n ? [given] : [given, rest]));
      }
      if (log.fragment?.name !== "OrderPaid") continue;
      const { payments } = log.args as unknown as { payments: bigint[] };
      paid += payments.reduce((sum, one) => sum + BigInt.asUintN(96, one), 0n);
      const [over, left] = [list.filter((one) => one >> 200n <= paid), list.filter((one) => one >> 200n > paid)];
      const slots = over.reduce((sum, one) => sum + BigInt.asUintN(8, one >> 32n), 0n);
      list = left.map((one, i) => (i === left.length - 1 ? one + (slots << 32n) : one));
    }
    return list;
  }
});

const tokenSignature = { validAfter: 0, validBefore: 0, v: 27, r: ZERO_HASH, s: ZERO_HASH };
