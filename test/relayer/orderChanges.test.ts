import { expect } from "chai";
import { toBeHex } from "ethers";
import { OPTION_DEVICES, OPTION_INSPECTION } from "../../src/chain/terms.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { amendedTerms, lgtin, makeOrder, NOW, orderUri, SUPPLIER } from "../support/relayerNetwork.ts";

const at = (time: number): object => ({ eventTime: new Date(time * 1000).toISOString() });
const reasons = (messages: { status: string; reason: string | null }[]) =>
  messages.map(({ status, reason }) => [status, reason]);

describe("relayers serve an order that was amended", () => {
  it("up to what is ordered now", async () => {
    const { publish, step, messages, chain, device, order, terms } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 10));
    await step(10);
    await publish(device, deliveryOf("e2", 5));
    await step(2);
    expect(reasons(await messages())).to.deep.equal([
      ["counted", null],
      ["waiting", "no-room"],
    ]);
    chain.amend(order, amendedTerms({ order, terms, quantity: 14n, points: 3 }));
    await step(12);
    expect(chain.delivered(order)).to.equal(14n);
    expect(reasons(await messages())[1]).to.deep.equal(["counted", null]);
  });

  it("judging each event by the due date that was in force at its time", async () => {
    const due = NOW - 100;
    const { publish, step, chain, device, order, terms } = await createOrderNetwork({
      order: { clauses: { due, penaltyRate: 1000, capDays: 30 } },
    });
    chain.amend(order, amendedTerms({ order, terms, clauses: { due: NOW + 5000 } }));
    await step(1);
    await publish(device, deliveryOf("before", 4, at(NOW)));
    await publish(device, deliveryOf("after", 3, at(NOW + 20)));
    await step(12);
    expect(chain.confirmed.map(({ to, late }) => [to, late])).to.deep.equal([[7n, 4n]]);
  });

  it("judging again what came too late for the expiry of before, and refusing what comes too late for the new one", async () => {
    const { publish, step, messages, chain, device, order, terms } = await createOrderNetwork({
      order: { expiry: NOW + 5, clauses: { due: NOW } },
    });
    await publish(device, deliveryOf("e1", 4, at(NOW + 8)));
    await step(2);
    expect(reasons(await messages())).to.deep.equal([["refused", "after-expiry"]]);
    chain.amend(order, amendedTerms({ order, terms, clauses: { expiry: NOW + 50 } }));
    await publish(device, deliveryOf("e2", 4, at(NOW + 51)));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
    expect(reasons(await messages())).to.deep.equal([
      ["counted", null],
      ["refused", "after-expiry"],
    ]);
  });

  it("in the group that it was moved to, and in that one alone", async () => {
    const options = { members: 5, registered: 3, threshold: 2 };
    const { publish, step, chain, device, order, terms, network } = await createOrderNetwork(options);
    chain.emit("quorum", "GroupRegistered", [2, 2, [3, 4].map((i) => network[i]?.address)]);
    await step(1);
    // What the old group agreed on is void, and its other members do not send it again.
    await publish(device, deliveryOf("e1", 4));
    const [first] = network;
    const certified = () => first?.db.selectFrom("batches").selectAll().where("state", "=", "certified").execute();
    while (chain.delivered(order) === 0n && (await certified())?.length === 0) await step(1);
    chain.amend(order, amendedTerms({ order, terms, clauses: { group: 2 } }));
    for (const [i, member] of network.entries()) member.up = i <= 2;
    await step(20);
    expect(chain.skipped).to.have.length(1); // it was on its way
    for (const [i, member] of network.entries()) member.up = i > 2;
    await publish(device, deliveryOf("e2", 3));
    await step(30);
    expect(chain.delivered(order)).to.equal(7n);
    for (const [i, member] of network.entries()) member.up = i <= 2;
    await publish(device, deliveryOf("e3", 1));
    await step(30);
    expect(chain.delivered(order)).to.equal(7n);
  });

  it("without letting terms that fit no transaction hold up another order", async () => {
    const lines = 150;
    const { publish, step, chain, device, order, terms, network } = await createOrderNetwork({
      order: { lines, quantity: 1000n },
    });
    chain.amend(order, amendedTerms({ order, terms, quantity: 1000n, points: 255, lines }));
    const second = makeOrder({ number: "PO-2" });
    const other = chain.createOrder(second.terms);
    await network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: second.document });
    await step(2);
    await publish(device, deliveryOf("e1", 4, { quantityList: [{ epcClass: lgtin(1), quantity: 1 }] }));
    const to = [{ type: "po", bizTransaction: orderUri("PO-2") }];
    await publish(device, deliveryOf("e2", 4, { bizTransactionList: to }));
    await step(12);
    expect(chain.delivered(other)).to.equal(4n);
  });

  // 46 KB of lines: two of these find room in a transaction, three do not.
  const long = { quantity: 1000n, points: 255, lines: 15 };

  /** Three such orders, beside a short one, and an event for each. */
  async function longOrders(options: Parameters<typeof createOrderNetwork>[0] = {}) {
    const place = await createOrderNetwork(options);
    const orders = [place.order];
    const made = [1, 2, 3].map((i) => makeOrder({ number: `LONG-${String(i)}`, lines: 15, quantity: 1000n }));
    for (const { terms, document } of made) {
      orders.push(place.chain.createOrder(terms));
      await place.network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
    }
    const amend = () => {
      for (const [i, { terms }] of made.entries())
        place.chain.amend(orders[i + 1]!, amendedTerms({ order: orders[i + 1]!, terms, ...long }));
    };
    const deliver = async () => {
      await place.publish(place.device, deliveryOf("short", 4));
      for (const [i, { document }] of made.entries()) {
        const to = [{ type: "po", bizTransaction: orderUri(document.sheet.number) }];
        await place.publish(place.device, deliveryOf(`long-${String(i)}`, 4, { bizTransactionList: to }));
      }
    };
    await place.step(2);
    return { ...place, orders, amend, deliver };
  }

  it("in as many transactions as terms that have grown long need", async () => {
    const { step, chain, orders, amend, deliver } = await longOrders();
    amend();
    await step(2);
    await deliver();
    await step(30);
    expect(orders.map((order) => chain.delivered(order))).to.deep.equal([4n, 4n, 4n, 4n]);
    expect(chain.sent.length).to.be.greaterThan(1);
  });

  it("where terms grow too long for one transaction between its certificate and itself", async () => {
    let lost = 0; // the proposer's transaction never arrives: a spare sends its own, some blocks later
    const { step, chain, orders, amend, deliver } = await longOrders({ reaches: () => lost++ > 0 });
    await deliver();
    for (let i = 0; i < 30 && lost === 0; i++) await step(1);
    amend();
    await step(12);
    expect(orders.map((order) => chain.delivered(order))).to.deep.equal([4n, 0n, 4n, 4n]); // one out of it suffices
    expect(chain.skipped.map(({ order }) => order)).to.include(orders[1]);
  });
});

describe("relayers serve an order with inspection", () => {
  it("and let a replacement count once a rejection is final, not before and not after a ruling", async () => {
    const { publish, step, messages, chain, device, order } = await createOrderNetwork({
      order: {
        clauses: { options: OPTION_INSPECTION },
        conditions: { arbiter: toBeHex(9, 20), inspection: 60, answer: 60, arbitration: 60 },
      },
    });
    for (const [id, quantity] of [
      ["e1", 6],
      ["e2", 4],
      ["e3", 5],
    ] as const) {
      await publish(device, deliveryOf(id, quantity));
      await step(10);
    }
    chain.reject(order, 0, 3n);
    chain.reject(order, 1, 2n);
    await step(10);
    expect(reasons(await messages())[2]).to.deep.equal(["waiting", "no-room"]);
    chain.decide({ order, lot: 0, before: 3, quantity: 3n });
    await step(10);
    expect(chain.delivered(order)).to.equal(10n);
    chain.decide({ order, lot: 1, before: 2, quantity: 2n });
    await step(10);
    expect(chain.delivered(order)).to.equal(12n);
    expect(chain.confirmed.map(({ from, to }) => [from, to])).to.deep.equal([
      [0n, 6n],
      [6n, 10n],
      [10n, 15n],
    ]);
  });
});

describe("relayers pay the owners of claims", () => {
  const [FIRST, SECOND] = [toBeHex(201, 20), toBeHex(202, 20)] as [string, string];

  it("in the transaction that confirms, by the list that is present then", async () => {
    const { publish, step, chain, device, order } = await createOrderNetwork();
    chain.assign({ order, from: SUPPLIER, to: FIRST, amount: 3000n });
    await step(1);
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    chain.assign({ order, from: SUPPLIER, to: SECOND, amount: 2500n });
    await step(1);
    await publish(device, deliveryOf("e2", 2));
    await step(10);
    await publish(device, deliveryOf("e3", 1));
    await step(10);
    expect(chain.paid.map(({ to, amount }) => [to, amount])).to.deep.equal([
      [FIRST, 3000n],
      [SUPPLIER, 1000n],
      [SECOND, 2000n],
      [SECOND, 500n],
      [SUPPLIER, 500n],
    ]);
  });
});

describe("relayers meet clauses", () => {
  it("that demand device signatures: events without wait, and nothing is sent that would be skipped", async () => {
    const { publish, step, messages, chain, device } = await createOrderNetwork({
      order: { clauses: { options: OPTION_DEVICES }, devices: toBeHex(5, 32) },
    });
    await publish(device, deliveryOf("e1", 4));
    await step(20);
    expect(reasons(await messages())).to.deep.equal([["waiting", "device-signature-missing"]]);
    expect(chain.skipped).to.deep.equal([]);
  });

  it("that count so many unit-days that no report can say them", async () => {
    const { publish, step, chain, device, order } = await createOrderNetwork({
      order: { clauses: { due: NOW - 16_383 * 86_400, penaltyRate: 1, capDays: 16_383 } },
    });
    await publish(device, deliveryOf("e1", 2 ** 39));
    await step(12);
    expect(chain.delivered(order)).to.equal(10n);
    expect(chain.confirmed[0]?.late).to.equal(2n ** 48n - 1n);
  });

  it("that end an order by agreement: what comes later is refused", async () => {
    const { publish, step, messages, chain, device, order } = await createOrderNetwork();
    chain.emit("supplierEscrow", "OrderCancelled", [order, 0n]);
    chain.emit("supplierEscrow", "OrderClosed", [order, 10_000n]);
    await publish(device, deliveryOf("e1", 4));
    await step(10);
    expect(reasons(await messages())).to.deep.equal([["refused", "order-closed"]]);
    expect(chain.delivered(order)).to.equal(0n);
  });
});

describe("relayers take the document of an order", () => {
  const post = async (made: ReturnType<typeof makeOrder>): Promise<{ status: number; text: string }> => {
    const { network } = await createOrderNetwork();
    const answer = await network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: made.document });
    return { status: answer?.statusCode ?? 0, text: answer?.body ?? "" };
  };

  it("with inspection, retention, penalty, arbiter and devices", async () => {
    const made = makeOrder({
      number: "PO-2",
      clauses: {
        penaltyRate: 500,
        capDays: 100,
        retention: 50_000,
        retentionUntil: NOW + 1_000_000,
        options: OPTION_INSPECTION | OPTION_DEVICES,
      },
      conditions: { arbiter: toBeHex(9, 20), defaultSplit: 500_000, inspection: 60, answer: 60, arbitration: 60 },
      devices: toBeHex(5, 32),
    });
    expect((await post(made)).status).to.equal(201);
  });

  it("with its first terms, not with amended ones or with lines that are not whole", async () => {
    for (const [change, says] of [
      [{ clauses: { points: 2 } }, "first ones"],
      [{ clauses: { options: 8 }, devices: toBeHex(5, 32) }, "first ones"],
      [{ devices: toBeHex(5, 32) }, "not whole"],
    ] as const) {
      const { status, text } = await post(makeOrder({ number: "PO-2", ...change }));
      expect(status).to.equal(422);
      expect(text).to.include(says);
    }
  });
});
