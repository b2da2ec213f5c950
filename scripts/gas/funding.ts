import { Signature } from "ethers";
import type { TypedDataDomain } from "ethers";
import { orderId } from "../../src/chain/terms.ts";
import type { OrderTerms } from "../../src/chain/terms.ts";
import { ORDERED, SUPPLIER, TOTAL, createScene } from "./plain.ts";
import type { Scene } from "./plain.ts";

// What it costs to open a plain order with money that comes in other ways than by a standing allowance.

const FOREVER = 2n ** 40n - 1n;

function termsOf(scene: Scene, number: number, lines = 1n): OrderTerms {
  const each = { quantity: ORDERED, total: TOTAL / lines };
  return scene.termsOf({
    group: scene.five,
    supplier: SUPPLIER,
    number,
    lines: Array.from({ length: Number(lines) }, () => each),
  });
}

function tokenDomain(scene: Scene): TypedDataDomain {
  return { ...scene.domain, name: "Korean won", verifyingContract: String(scene.money.target) };
}

async function signedPermit(scene: Scene) {
  const [owner, spender] = [scene.buyer, String(scene.escrow.target)];
  const nonce = (await scene.money.getFunction("nonces")(owner)) as bigint;
  const types = [
    ["address", "owner"],
    ["address", "spender"],
    ["uint256", "value"],
    ["uint256", "nonce"],
    ["uint256", "deadline"],
  ].map(([type = "", name = ""]) => ({ type, name }));
  const value = { owner, spender, value: TOTAL, nonce, deadline: FOREVER };
  return tokenSignature(await scene.buyerSigner.signTypedData(tokenDomain(scene), { Permit: types }, value));
}

async function signedAuthorization(scene: Scene, terms: OrderTerms) {
  const types = [
    ["address", "from"],
    ["address", "to"],
    ["uint256", "value"],
    ["uint256", "validAfter"],
    ["uint256", "validBefore"],
    ["bytes32", "nonce"],
  ].map(([type = "", name = ""]) => ({ type, name }));
  const value = {
    from: scene.buyer,
    to: String(scene.escrow.target),
    value: TOTAL,
    validAfter: 0n,
    validBefore: FOREVER,
    nonce: orderId({ domain: scene.domain, terms }),
  };
  const domain = tokenDomain(scene);
  return tokenSignature(await scene.buyerSigner.signTypedData(domain, { ReceiveWithAuthorization: types }, value));
}

function tokenSignature(signature: string) {
  const { v, r, s } = Signature.from(signature);
  return { validAfter: 0n, validBefore: FOREVER, v, r, s };
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
  return Number((await scene.call(scene.escrow, "createOrdersFromBalance", [orders], scene.buyerSigner)).gasUsed);
}

export async function measureFunding(): Promise<Record<string, number>> {
  return {
    "createOrder.permit.1line": await measurePermit(),
    "createOrder.erc3009.10lines": await measureAuthorization(),
    "createOrder.balance.single": await measureBalance(1),
    "createOrder.balanceBatch.each": Math.round(((await measureBalance(100)) - (await measureBalance(50))) / 50),
  };
}
