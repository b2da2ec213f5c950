import { packOrders } from "../../src/chain/creations.ts";
import { NO_DEADLINE, signTokenAuthorization, signTokenPermit, tokenDomain } from "../../src/chain/consent.ts";
import { orderId } from "../../src/chain/terms.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import { ORDERED, SUPPLIER, TOTAL, createScene } from "./plain.ts";
import type { Scene } from "./plain.ts";

// What it costs to open a plain order with money that comes in other ways than by a standing allowance.

function termsOf(scene: Scene, number: number, lines = 1n): OrderTerms {
  const each = { quantity: ORDERED, total: TOTAL / lines };
  return scene.termsOf({
    group: scene.five,
    supplier: SUPPLIER,
    number,
    lines: Array.from({ length: Number(lines) }, () => each),
  });
}

function signing(scene: Scene) {
  const token = String(scene.money.target);
  const domain = tokenDomain({ name: "Korean won", chainId: Number(scene.domain.chainId), token });
  const signer = {
    address: scene.buyer,
    signTypedData: scene.buyerSigner.signTypedData.bind(scene.buyerSigner),
  };
  return { signer, domain, amount: TOTAL, escrow: String(scene.escrow.target) };
}

async function signedPermit(scene: Scene) {
  const { escrow: spender, ...rest } = signing(scene);
  const nonce = (await scene.money.getFunction("nonces")(scene.buyer)) as bigint;
  return signTokenPermit({ ...rest, spender, nonce, deadline: NO_DEADLINE });
}

function signedAuthorization(scene: Scene, terms: OrderTerms) {
  const { escrow: to, ...rest } = signing(scene);
  const nonce = orderId({ domain: scene.domain, terms });
  return signTokenAuthorization({ ...rest, to, nonce, validBefore: NO_DEADLINE });
}

/** The second one: the buyer's nonce is warm as its balance is. */
async function measurePermit(): Promise<number> {
  const scene = await createScene();
  await scene.call(scene.money, "approve", [scene.escrow.target, 0], scene.buyerSigner);
  const create = async (number: number) =>
    scene.call(
      scene.escrow,
      "createOrderWithPermit",
      [termsOf(scene, number), await signedPermit(scene)],
      scene.buyerSigner,
    );
  await create(1);
  return Number((await create(2)).gasUsed);
}

async function measureAuthorization(): Promise<number> {
  const scene = await createScene();
  const terms = termsOf(scene, 1, 10n);
  const authorization = await signedAuthorization(scene, terms);
  const receipt = await scene.call(
    scene.escrow,
    "createOrderWithAuthorization",
    [terms, authorization],
    scene.submitter,
  );
  return Number(receipt.gasUsed);
}

async function measureBalance(count: number): Promise<number> {
  const scene = await createScene();
  await scene.call(scene.escrow, "deposit", [TOTAL * BigInt(count) + 1n], scene.buyerSigner);
  const orders = Array.from({ length: count }, (_, i) => termsOf(scene, i + 1));
  return Number(
    (await scene.call(scene.escrow, "createOrdersFromBalance", [packOrders(orders)], scene.buyerSigner)).gasUsed,
  );
}

export async function measureFunding(): Promise<Record<string, number>> {
  return {
    "createOrder.permit.1line": await measurePermit(),
    "createOrder.erc3009.10lines": await measureAuthorization(),
    "createOrder.balance.single": await measureBalance(1),
    "createOrder.balanceBatch.each": Math.round(((await measureBalance(100)) - (await measureBalance(50))) / 50),
  };
}
