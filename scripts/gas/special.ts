import { AbiCoder, id, keccak256, toBeHex, ZeroHash } from "ethers";
import { p256 } from "@noble/curves/p256";
import { NO_DEADLINE, consentDigest } from "../../src/chain/consent.ts";
import { OPTION_DEVICES, OPTION_P256, confirmArguments, hashConditions, orderId } from "../../src/chain/terms.ts";
import type { Delivery, LineTerms, OrderConditions, OrderTerms } from "../../src/chain/terms.ts";
import { DAY, START, partyOf, reportOf } from "../../test/base/escrow.ts";
import { ORDERED, SUPPLIER, TOTAL, createScene } from "./plain.ts";
import type { Scene } from "./plain.ts";

// What special clauses, claims and device signatures cost.

const CONDITIONS: OrderConditions = {
  arbiter: partyOf("arbiter"),
  defaultSplit: 500_000,
  inspection: 0,
  answer: DAY,
  arbitration: DAY,
  statutoryTerm: 0,
  statutoryInterest: 0,
  sheet: id("sheet"),
  documents: ZeroHash,
};
const ALLOWANCE = { source: 0, deadline: NO_DEADLINE, approvals: [], token: [0, 0, 0, ZeroHash, ZeroHash] };
const NOTHING = { claims: [] as bigint[], devices: [] as unknown[] };

async function open(scene: Scene, order: Parameters<Scene["termsOf"]>[0], head = ""): Promise<OrderTerms> {
  const terms = { ...scene.termsOf(order), conditions: hashConditions(CONDITIONS) };
  const whole = { ...terms, lines: `0x${head}${terms.lines.slice(2)}` };
  await scene.call(scene.escrow, "openOrder", [whole, CONDITIONS, ALLOWANCE], scene.buyerSigner);
  return whole;
}

function confirmWith(scene: Scene, deliveries: Delivery[], evidence: typeof NOTHING) {
  const certificate = scene.certify({ group: scene.five, deliveries });
  const parameters = [...confirmArguments({ certificate, deliveries }), [evidence]];
  return scene.call(scene.escrow, "confirmWith", parameters, scene.submitter);
}

/** The second half, partly late, of an order with retention and penalty. */
async function measureClauses(): Promise<number> {
  const scene = await createScene();
  const clauses = { retention: 100_000, retentionUntil: START + 90 * DAY, penaltyRate: 1_000, capDays: 100 };
  const terms = await open(scene, { group: scene.five, supplier: SUPPLIER, clauses });
  const half = ORDERED / 2n;
  const confirm = (from: bigint, to: bigint) =>
    scene.confirm({
      group: scene.five,
      deliveries: [{ terms, report: { ...reportOf({ from, to }), late: to * 2n } }],
    });
  await confirm(0n, half);
  return Number((await confirm(half, half + half / 2n)).gasUsed);
}

/** One confirmation that pays all owners of an order whose payout was assigned in equal parts. */
async function measureCascade(payees: number): Promise<number> {
  const scene = await createScene();
  const terms = await open(scene, { group: scene.five, supplier: scene.payee.address });
  const part = TOTAL / BigInt(payees);
  await scene.call(scene.money, "mint", [scene.payee.address, 1]);
  let claims: bigint[] = [];
  for (let i = 1; i < payees; i++) {
    const owner = partyOf(`tier ${i}`);
    await scene.call(scene.money, "mint", [owner, 1]);
    const claim = claims.length === 0 ? 0n : (claims.at(-1) ?? 0n) & 0xffffffffn;
    const assignment = { claim, amount: part, maxStart: TOTAL, to: owner, slots: 1, price: 0 };
    const receipt = await scene.call(
      scene.escrow,
      "assign",
      [terms, CONDITIONS, assignment, 0, claims, NO_DEADLINE, []],
      scene.payee,
    );
    const [event] = receipt.logs.map((log) => scene.escrow.interface.parseLog(log)).filter(Boolean);
    claims = [...claims.slice(0, -1), event?.args.given as bigint, event?.args.rest as bigint];
  }
  const deliveries = [{ terms, report: reportOf({ to: ORDERED }) }];
  return Number((await confirmWith(scene, deliveries, { ...NOTHING, claims })).gasUsed);
}

/** Each report of another line, signed by a P-256 device or by none. */
async function measureDevices(count: number, signed: boolean): Promise<number> {
  const scene = await createScene();
  const key = p256.utils.normPrivateKeyToScalar(id("device").slice(2));
  const { x, y } = p256.ProjectivePoint.fromPrivateKey(key).toAffine();
  const [deviceX, deviceY] = [toBeHex(x, 32), toBeHex(y, 32)];
  const leaf = keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32"], [deviceX, deviceY])));
  const lines: LineTerms[] = Array.from({ length: 8 }, () => ({ quantity: ORDERED, total: TOTAL }));
  const options = signed ? OPTION_DEVICES | OPTION_P256 : 0;
  const order = { group: scene.five, supplier: SUPPLIER, lines, clauses: { options } };
  const terms = await open(scene, order, signed ? leaf.slice(2) : "");
  const deliveries = Array.from({ length: count }, (_, line) => ({ terms, report: reportOf({ line, to: ORDERED }) }));
  const devices = deliveries.map(({ report: { line, from, to } }) => {
    const value = { order: orderId({ domain: scene.domain, terms }), line, from, to };
    const digest = consentDigest({ domain: scene.domain, struct: "DeviceDelivery", value });
    const { r, s } = p256.sign(digest.slice(2), key, { lowS: true });
    return { x: deviceX, y: deviceY, r: toBeHex(r, 32), s: toBeHex(s, 32), proof: [] };
  });
  return Number((await confirmWith(scene, deliveries, { ...NOTHING, devices: signed ? devices : [] })).gasUsed);
}

async function measureEachSignature(): Promise<number> {
  const added = async (signed: boolean) => (await measureDevices(6, signed)) - (await measureDevices(2, signed));
  return Math.round(((await added(true)) - (await added(false))) / 4);
}

export async function measureSpecial(): Promise<Record<string, number>> {
  return {
    "confirm.3of5.partialRetentionPenalty": await measureClauses(),
    "cascade.perPayee": Math.round(((await measureCascade(12)) - (await measureCascade(4))) / 8),
    "signature.p256.each": await measureEachSignature(),
  };
}
