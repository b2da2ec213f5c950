import { expect } from "chai";
import { id } from "ethers";
import {
  createOrder,
  createOrderWithAuthorization,
  createOrderWithPermit,
  createOrdersFromBalance,
  deposit,
  openOrder,
  readOrders,
  readBalances,
  readTokenSigning,
  signDeposit,
  signOrderAuthorization,
  signOrderCreation,
  signPermit,
  signWithdrawal,
  withdraw,
} from "../../src/index.ts";
import { DAY, START } from "../base/escrow.ts";
import { KRW, SPECIAL, codeOf, createSdkScene } from "../support/sdkScene.ts";

describe("funding an order", () => {
  let scene: Awaited<ReturnType<typeof createSdkScene>>;
  const deadline = START + 20 * DAY;
  before(async () => void (scene = await createSdkScene()));

  async function tokenOf(account: string) {
    return await readTokenSigning({ client: scene.client, currency: KRW, account });
  }

  it("takes the buyer's allowance for every clause, and only for plain ones by createOrder", async () => {
    const { buyer } = scene;
    const order = scene.document({
      number: "a1",
      special: {
        ...SPECIAL,
        retention: 100_000,
        retentionUntil: START + 90 * DAY,
        penaltyRate: 1_000,
        capDays: 30,
        devices: { root: id("keys"), p256: false },
      },
    });
    expect(await codeOf(createOrder({ client: buyer.client, order }))).to.equal("order-not-plain");
    const { allowance } = await openOrder({ client: buyer.client, order });
    expect(allowance).to.equal(null); // the refused one had given it
    expect(await scene.stateOf(order)).to.include({ status: "open", funded: 1_000_000n, seq: 0, payable: 0n });
    expect(await codeOf(openOrder({ client: buyer.client, order }))).to.equal("order-exists");
  });

  it("takes a permit, sent by the buyer or, with its signature, by anybody", async () => {
    const { buyer, anybody, deployment } = scene;
    const signed = async () =>
      await signPermit({
        signer: buyer.wallet,
        deployment,
        currency: KRW,
        ...(await tokenOf(buyer.address)),
        amount: 1_000_000n,
        deadline,
      });
    const plain = scene.document({ number: "b1" });
    await createOrderWithPermit({ client: buyer.client, order: plain, permit: await signed() });
    expect((await scene.stateOf(plain)).status).to.equal("open");

    const order = scene.document({ number: "b2", special: SPECIAL });
    const creation = { order, source: "permit" as const, deadline };
    const approval = await signOrderCreation({ signer: buyer.wallet, deployment, ...creation });
    const token = await signed();
    const relayed = { client: anybody.client, ...creation, token };
    expect(await codeOf(openOrder(relayed))).to.equal("consent-missing");
    expect(await codeOf(openOrder({ ...relayed, source: "balance", approvals: [approval] }))).to.equal(
      "consent-missing",
    );
    await openOrder({ ...relayed, approvals: [approval] });
    expect((await scene.stateOf(order)).status).to.equal("open");
  });

  it("takes an authorization that names the order, from anybody", async () => {
    const { buyer, anybody, deployment } = scene;
    const { tokenName } = await tokenOf(buyer.address);
    const sign = (order: ReturnType<typeof scene.document>) =>
      signOrderAuthorization({ signer: buyer.wallet, deployment, order, tokenName, validBefore: deadline });
    const plain = scene.document({ number: "c1" });
    const special = scene.document({ number: "c2", special: SPECIAL });
    const authorization = await sign(plain);
    expect(
      await codeOf(
        openOrder({ client: anybody.client, order: special, source: "authorization", token: authorization }),
      ),
    ).to.equal("erc3009-invalid-signature");
    await createOrderWithAuthorization({ client: anybody.client, order: plain, authorization });
    await openOrder({ client: anybody.client, order: special, source: "authorization", token: await sign(special) });
    expect((await scene.stateOf(plain)).status).to.equal("open");
    expect((await scene.stateOf(special)).status).to.equal("open");
  });

  it("spends a balance that was deposited, by the buyer or by its authorization, and can be withdrawn", async () => {
    const { buyer, bank, anybody, deployment } = scene;
    const balance = async () =>
      (await readBalances({ client: scene.client, currency: KRW, account: buyer.address })).escrow;
    const orders = ["d1", "d2"].map((number) => scene.document({ number }));
    await deposit({ client: buyer.client, currency: KRW, amount: 1_500_000n });
    expect(await codeOf(createOrdersFromBalance({ client: buyer.client, orders }))).to.equal("balance-too-small");
    const salt = id("deposit");
    const { tokenName } = await tokenOf(buyer.address);
    const amount = 600_000n;
    const token = await signDeposit({
      signer: buyer.wallet,
      deployment,
      currency: KRW,
      tokenName,
      amount,
      salt,
      validBefore: deadline,
    });
    await deposit({
      client: anybody.client,
      currency: KRW,
      amount,
      authorization: { account: buyer.address, salt, token },
    });
    await createOrdersFromBalance({ client: buyer.client, orders });
    expect(await balance()).to.equal(100_000n);
    for (const order of orders) expect((await scene.stateOf(order)).firstTerms).to.deep.equal(order.terms);
    const all = await readOrders({ client: scene.client, currency: KRW });
    expect(all.slice(-2).map(({ order }) => order)).to.deep.equal(orders.map(({ id }) => id));
    expect(await codeOf(createOrdersFromBalance({ client: buyer.client, orders }))).to.equal("order-exists");

    await withdraw({ client: buyer.client, currency: KRW, amount: 40_000n });
    const { nonce } = await readBalances({ client: scene.client, currency: KRW, account: buyer.address });
    const taken = { currency: KRW, amount: 60_000n, to: bank.address };
    const approval = await signWithdrawal({ signer: buyer.wallet, deployment, ...taken, nonce, deadline });
    const relayed = { client: anybody.client, account: buyer.address, ...taken, deadline, approvals: [approval] };
    expect(await codeOf(withdraw({ ...relayed, to: anybody.address }))).to.equal("consent-missing");
    await withdraw(relayed);
    expect(await balance()).to.equal(0n);
    expect(await codeOf(withdraw(relayed))).to.equal("consent-missing"); // its nonce is used up
  });
});
