import { createEscrowScene, DAY, partyOf, reportOf, sortDeliveries, START } from "../../test/base/escrow.ts";
import type { Group } from "../../test/base/escrow.ts";
import type { Delivery } from "../../src/chain/terms.ts";

// What plain orders cost.

export const SUPPLIER = partyOf("supplier");
export const ORDERED = 10_000n;
export const TOTAL = 45_000_000n;

/** A scene with its two relayer groups, and an escrow that holds money already. */
export type Scene = Awaited<ReturnType<typeof createScene>>;

export async function createScene(token?: string) {
  const scene = await createEscrowScene(token === undefined ? {} : { token });
  const one = await scene.registerGroup({ members: 1, threshold: 1 });
  const five = await scene.registerGroup({ members: 5, threshold: 3 });
  await scene.call(scene.money, "mint", [SUPPLIER, 1]);
  await scene.createOrder(scene.termsOf({ group: one, supplier: SUPPLIER, number: 0 })); // the escrow holds money
  return { ...scene, one, five } satisfies { one: Group; five: Group };
}

async function measureCreation(count: bigint): Promise<number> {
  const scene = await createScene();
  const lines = Array.from({ length: Number(count) }, () => ({ quantity: ORDERED, total: TOTAL / count }));
  const receipt = await scene.createOrder(scene.termsOf({ group: scene.five, supplier: SUPPLIER, lines }));
  return Number(receipt.gasUsed);
}

async function measureConfirmation(which: "one" | "five", prepare?: (scene: Scene) => Promise<unknown>) {
  const scene = await createScene(prepare === undefined ? undefined : "MockToken");
  const group = scene[which];
  const terms = scene.termsOf({ group, supplier: SUPPLIER });
  await scene.createOrder(terms);
  await prepare?.(scene);
  const half = ORDERED / 2n;
  await scene.confirm({ group, deliveries: [{ terms, report: reportOf({ to: half }) }] });
  const receipt = await scene.confirm({
    group,
    deliveries: [{ terms, report: reportOf({ from: half, to: ORDERED }) }],
  });
  return Number(receipt.gasUsed);
}

async function measureBatch(size: number, payees: number): Promise<number> {
  const scene = await createScene();
  const deliveries: Delivery[] = [];
  for (let i = 0; i < size; i++) {
    const supplier = partyOf(`supplier ${i % payees}`);
    const terms = scene.termsOf({ group: scene.five, supplier, number: i + 1 });
    if (i < payees) await scene.call(scene.money, "mint", [supplier, 1]);
    await scene.createOrder(terms);
    deliveries.push({ terms, report: reportOf({ to: ORDERED / 2n }) });
  }
  const receipt = await scene.confirm({ group: scene.five, deliveries: sortDeliveries(scene.domain, deliveries) });
  return Number(receipt.gasUsed);
}

async function measureEach(payees: (size: number) => number): Promise<number> {
  const fifty = await measureBatch(50, payees(50));
  return Math.round(((await measureBatch(100, payees(100))) - fifty) / 50);
}

async function measureRefund(): Promise<number> {
  const scene = await createScene();
  const terms = scene.termsOf({ group: scene.five, supplier: SUPPLIER });
  await scene.createOrder(terms);
  await scene.passTo(START + 67 * DAY);
  return Number((await scene.call(scene.escrow, "refund", [terms], scene.submitter)).gasUsed);
}

/** Whole transactions; of batches what each further order adds. */
export async function measurePlain(): Promise<Record<string, number>> {
  return {
    "createOrder.allowance.1line": await measureCreation(1n),
    "createOrder.allowance.10lines": await measureCreation(10n),
    "confirm.1signature": await measureConfirmation("one"),
    "confirm.3of5": await measureConfirmation("five"),
    "confirm.3of5.credit": await measureConfirmation("five", (scene) =>
      scene.call(scene.money, "setMood", [SUPPLIER, 1]),
    ),
    "confirmBatch.10payees.each": await measureEach(() => 10),
    "confirmBatch.distinctPayees.each": await measureEach((size) => size),
    refund: await measureRefund(),
  };
}
