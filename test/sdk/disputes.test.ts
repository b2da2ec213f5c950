import { expect } from "chai";
import {
  callRetention,
  disputeLot,
  inspectLot,
  readLots,
  refundOrder,
  resolveLot,
  ruleLot,
  settleOrder,
  signDispute,
  signInspection,
  signRetentionCall,
  signRuling,
} from "../../src/index.ts";
import { CALL } from "../../src/chain/orderState.ts";
import { DAY, START } from "../base/escrow.ts";
import { KRW, SPECIAL, codeOf, createSdkScene } from "../support/sdkScene.ts";

describe("inspection, retention and disputes", () => {
  let scene: Awaited<ReturnType<typeof createSdkScene>>;
  const deadline = START + 200 * DAY;
  beforeEach(async () => void (scene = await createSdkScene()));

  it("rejects a part of a lot, disputes it and has it ruled upon, each by the party itself", async () => {
    const { buyer, supplier, arbiter, client } = scene;
    const order = await scene.open({ special: SPECIAL });
    await scene.deliver(order, 400n);
    const [lot] = (await scene.stateOf(order)).lots;
    expect(lot).to.deep.include({ lot: 0, kind: "goods", line: 0, quantity: 400n, status: "pending" });
    expect(lot?.ends).to.equal((lot?.since ?? 0) + 10 * DAY);

    expect(await codeOf(inspectLot({ client: supplier.client, ...order, lot: 0, rejected: 100n }))).to.equal(
      "consent-missing",
    );
    expect(await codeOf(inspectLot({ client: buyer.client, ...order, lot: 0, rejected: 401n }))).to.equal(
      "lot-quantity",
    );
    await inspectLot({ client: buyer.client, ...order, lot: 0, rejected: 100n });
    expect(await scene.stateOf(order)).to.include({ earned: 300_000n, paid: 300_000n, seq: 1 });
    expect(await codeOf(disputeLot({ client: buyer.client, ...order, lot: 0 }))).to.equal("lot-party");
    await disputeLot({ client: supplier.client, ...order, lot: 0 });
    expect(await codeOf(resolveLot({ client: buyer.client, ...order, lot: 0 }))).to.equal("lot-too-early");
    expect(await codeOf(ruleLot({ client: arbiter.client, ...order, lot: 0, share: 1_000_001 }))).to.equal("lot-share");
    await ruleLot({ client: arbiter.client, ...order, lot: 0, share: 250_000 });
    expect(await scene.stateOf(order)).to.include({ earned: 325_000n, paid: 325_000n, seq: 2 });
    expect(await readLots({ client, currency: KRW, order: order.id })).to.deep.equal([]);
  });

  it("does the same by signatures that anybody sends", async () => {
    const { buyer, supplier, arbiter, anybody, deployment } = scene;
    const order = await scene.open({ special: SPECIAL });
    await scene.deliver(order, 400n);
    const signed = { deployment, currency: KRW, terms: order.terms, lot: 0, deadline };
    const sent = { client: anybody.client, ...order, lot: 0, deadline };
    const answer = await signInspection({ signer: buyer.wallet, ...signed, rejected: 100n });
    expect(await codeOf(inspectLot({ ...sent, rejected: 99n, approvals: [answer] }))).to.equal("consent-missing");
    await inspectLot({ ...sent, rejected: 100n, approvals: [answer] });
    const contest = await signDispute({ signer: supplier.wallet, ...signed });
    await disputeLot({ ...sent, party: supplier.address, approvals: [contest] });
    const ruling = await signRuling({ signer: arbiter.wallet, ...signed, share: 0 });
    await scene.passTo(deadline + 1);
    expect(await codeOf(ruleLot({ ...sent, share: 0, approvals: [ruling] }))).to.equal("deadline-over");
    await resolveLot(sent);
    expect(await scene.stateOf(order)).to.include({ earned: 350_000n, paid: 350_000n });
    await refundOrder(sent);
    expect(await scene.stateOf(order)).to.include({ status: "closed" });
    expect(await codeOf(refundOrder(sent))).to.equal("order-not-open");
  });

  it("calls on the retention once, and pays the rest at its date", async () => {
    const { buyer, anybody, deployment } = scene;
    const retentionUntil = START + 100 * DAY;
    const order = await scene.open({ special: { ...SPECIAL, inspection: 0, retention: 100_000, retentionUntil } });
    await scene.deliver(order, 1_000n);
    expect(await scene.stateOf(order)).to.include({ earned: 1_000_000n, paid: 900_000n, payable: 0n });
    expect(await codeOf(callRetention({ client: buyer.client, ...order, amount: 100_001n }))).to.equal(
      "retention-amount",
    );
    const call = { currency: KRW, terms: order.terms, amount: 30_000n, deadline };
    const approval = await signRetentionCall({ signer: buyer.wallet, deployment, ...call });
    await callRetention({ client: anybody.client, ...call, approvals: [approval] });
    expect((await scene.stateOf(order)).lots[0]).to.include({ lot: CALL, kind: "retention", quantity: 30_000n });
    expect(await codeOf(settleOrder({ client: anybody.client, ...order }))).to.equal("order-nothing-to-settle");

    await scene.passTo(retentionUntil);
    await resolveLot({ client: anybody.client, ...order, lot: CALL });
    await settleOrder({ client: anybody.client, ...order });
    expect(await scene.stateOf(order)).to.include({ status: "closed", paid: 970_000n, forfeited: 30_000n });
  });
});
