import { expect } from "chai";
import {
  allowEscrow,
  amendOrder,
  amendTerms,
  cancelOrder,
  changeLine,
  issueCreditNote,
  readBalances,
  signAmendment,
  signCancellation,
  signCreditNote,
} from "../../src/index.ts";
import { DAY, START } from "../base/escrow.ts";
import { KRW, codeOf, createSdkScene } from "../support/sdkScene.ts";

describe("cancellation, amendment and credit note", () => {
  let scene: Awaited<ReturnType<typeof createSdkScene>>;
  const deadline = START + 20 * DAY;
  before(async () => void (scene = await createSdkScene()));

  it("cancels with the other's signature, at the payout that both signed", async () => {
    const { buyer, supplier, deployment } = scene;
    const order = await scene.open({ number: "1" });
    await scene.deliver(order, 100n);
    const agreed = { currency: KRW, terms: order.terms, payout: 150_000n, seq: 0, deadline };
    const approval = await signCancellation({ signer: supplier.wallet, deployment, ...agreed });
    expect(await codeOf(cancelOrder({ client: buyer.client, ...agreed }))).to.equal("consent-missing");
    const other = cancelOrder({ client: buyer.client, ...agreed, payout: 140_000n, approvals: [approval] });
    expect(await codeOf(other)).to.equal("consent-missing");
    await cancelOrder({ client: buyer.client, ...agreed, approvals: [approval] });
    expect(await scene.stateOf(order)).to.include({ status: "closed", paid: 150_000n });
  });

  it("amends quantity, price and dates with both signatures, sent by anybody", async () => {
    const { buyer, supplier, anybody, deployment } = scene;
    const order = await scene.open({ number: "2" });
    await scene.deliver(order, 400n);
    const { lines, seq } = await scene.stateOf(order);
    const schedule = changeLine({
      schedule: lines[0]?.schedule ?? [],
      kept: 400n,
      quantity: 1_200n,
      total: 1_280_000n,
    });
    const due = START + 40 * DAY;
    const next = amendTerms({ order: order.id, terms: order.terms, changes: { due, schedules: [schedule] } });
    const agreed = { currency: KRW, terms: order.terms, next, seq, deadline };
    const approvals = [
      await signAmendment({ signer: buyer.wallet, deployment, ...agreed }),
      await signAmendment({ signer: supplier.wallet, deployment, ...agreed }),
    ];
    await allowEscrow({ client: buyer.client, currency: KRW, amount: 280_000n });
    expect(await codeOf(amendOrder({ client: anybody.client, ...agreed, approvals: approvals.slice(1) }))).to.equal(
      "consent-missing",
    );
    await amendOrder({ client: anybody.client, ...agreed, approvals });
    const amended = await scene.stateOf(order);
    expect(amended).to.include({ status: "open", funded: 1_280_000n, paid: 400_000n, seq: 1 });
    expect(amended.clauses.due).to.equal(due);
    expect(amended.terms).to.deep.equal(next);
    expect(amended.firstTerms).to.deep.equal(order.terms);
    expect(amended.lines[0]).to.deep.include({ quantity: 1_200n, delivered: 400n, schedule });
    expect(await codeOf(amendOrder({ client: anybody.client, ...agreed, approvals }))).to.equal("order-terms-stale");

    // Back to what it was but for the date: by the parties themselves, and the difference goes back.
    const less = amendTerms({
      order: order.id,
      terms: next,
      changes: { schedules: [changeLine({ schedule, kept: 400n, quantity: 900n, total: 900_000n })] },
    });
    const again = { currency: KRW, terms: next, next: less, seq: 1, deadline };
    const approval = await signAmendment({ signer: supplier.wallet, deployment, ...again });
    await amendOrder({ client: buyer.client, ...again, approvals: [approval] });
    expect(await scene.stateOf(order)).to.include({ funded: 900_000n, seq: 2 });
  });

  it("gives money back by a credit note, of the supplier or with its signature", async () => {
    const { buyer, supplier, anybody, deployment, client } = scene;
    const order = await scene.open({ number: "3" });
    const wallet = async () => (await readBalances({ client, currency: KRW, account: buyer.address })).token;
    const before = await wallet();
    await issueCreditNote({ client: supplier.client, ...order, amount: 5_000n });
    const { nonce } = await readBalances({ client, currency: KRW, account: supplier.address });
    const note = { currency: KRW, terms: order.terms, amount: 700n, deadline };
    const approval = await signCreditNote({ signer: supplier.wallet, deployment, ...note, nonce });
    await allowEscrow({ client: supplier.client, currency: KRW, amount: 700n });
    expect(
      await codeOf(issueCreditNote({ client: buyer.client, ...note, amount: 701n, approvals: [approval] })),
    ).to.equal("consent-missing");
    await issueCreditNote({ client: anybody.client, ...note, approvals: [approval] });
    expect((await wallet()) - before).to.equal(5_700n);
  });
});
