import { expect } from "chai";
import { AXIS_END, hashClaims } from "../../src/chain/claims.ts";
import { assignClaim, readBalances, readClaims, settleOrder, signAssignment } from "../../src/index.ts";
import { DAY, START } from "../base/escrow.ts";
import { KRW, codeOf, createSdkScene } from "../support/sdkScene.ts";

describe("claims", () => {
  let scene: Awaited<ReturnType<typeof createSdkScene>>;
  const deadline = START + 20 * DAY;
  before(async () => void (scene = await createSdkScene()));

  it("pass to the next tier and to a bank, and pay every owner; events give the list that the contract keeps", async () => {
    const { supplier, bank, arbiter, anybody, client, deployment } = scene;
    const order = await scene.open({
      special: { retention: 100_000, retentionUntil: START + 90 * DAY, answer: DAY, arbitration: DAY },
    });
    const claims = () => readClaims({ client, currency: KRW, order: order.id });
    const checked = async () => {
      const list = await claims();
      const kept = (await scene.escrow.getFunction("claimsOf")(order.id)) as { hash: bigint };
      expect(hashClaims(list)).to.equal(kept.hash);
      return list.map(({ end, owner, slots, id }) => [end, owner, slots, id]);
    };
    expect(await claims()).to.deep.equal([]);
    const tier = anybody.address;
    const given = { client: supplier.client, ...order, claim: 0, amount: 500_000n, slots: 4 };
    expect(await codeOf(assignClaim({ ...given, to: arbiter.address }))).to.equal("claim-owner");
    await assignClaim({ ...given, to: tier });
    const remainder = supplier.address;
    expect(await checked()).to.deep.equal([
      [500_000n, tier, 4, 1],
      [AXIS_END, remainder, 12, 2],
    ]);

    const sale = {
      currency: KRW,
      terms: order.terms,
      claim: 1,
      amount: 200_000n,
      maxStart: 0n,
      to: bank.address,
      price: 190_000n,
      seq: 0,
      deadline,
    };
    const approval = await signAssignment({ signer: anybody.wallet, deployment, ...sale });
    const bought = { client: bank.client, ...sale, conditions: order.conditions, approvals: [approval] };
    expect(await codeOf(assignClaim({ ...bought, price: 180_000n }))).to.equal("consent-missing");
    await assignClaim(bought);
    expect(await codeOf(assignClaim(bought))).to.equal("claim-unknown");
    expect(await checked()).to.deep.equal([
      [200_000n, bank.address, 1, 3],
      [500_000n, tier, 3, 4],
      [AXIS_END, remainder, 12, 2],
    ]);

    await scene.deliver(order, 400n);
    expect(await scene.stateOf(order)).to.include({ earned: 400_000n, paid: 0n, payable: 360_000n });
    const money = async () => (await readBalances({ client, currency: KRW, account: bank.address })).token;
    const before = await money();
    expect(await codeOf(settleOrder({ client: bank.client, ...order, claims: [] }))).to.equal("order-claims-stale");
    await settleOrder({ client: bank.client, ...order });
    expect((await money()) - before).to.equal(200_000n);
    expect(await checked()).to.deep.equal([
      [500_000n, tier, 3, 4],
      [AXIS_END, remainder, 13, 2],
    ]);
    expect((await scene.stateOf(order)).paid).to.equal(360_000n);
  });

  it("pass on whole", async () => {
    const { supplier, bank, client } = scene;
    const order = await scene.open({ number: "2" });
    const sent = { client: supplier.client, ...order };
    await assignClaim({ ...sent, claim: 0, amount: 300_000n, to: supplier.address, slots: 2 });
    await assignClaim({ ...sent, claim: 1, amount: 300_000n, to: bank.address, slots: 2 });
    const list = await readClaims({ client, currency: KRW, order: order.id });
    expect(list.map(({ id, owner }) => [id, owner])).to.deep.equal([
      [3, bank.address],
      [2, supplier.address],
    ]);
    await scene.deliver(order, 1_000n);
    await settleOrder(sent);
    expect(await scene.stateOf(order)).to.include({ status: "closed", paid: 1_000_000n });
  });
});
