import { expect } from "chai";
import type { Kysely } from "kysely";
import { retryEvents } from "../../src/relayer/operatorApi.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";

/** Two events that stay pending, since no other member hears of the first one's proposals, judged some blocks ago. */
async function createPending() {
  const network = await createOrderNetwork({ lost: () => true });
  const { publish, step, device } = network;
  const [first] = network.network;
  const here = first ? [first] : [];
  for (const id of ["e1", "e2"]) await publish(device, deliveryOf(id, 1), here);
  await step(4);
  const verdicts = async () => (await network.messages()).map(({ status, reason }) => reason ?? status);
  expect(await verdicts()).to.deep.equal(["pending", "pending"]);
  return { ...network, here, verdicts };
}

describe("an event that was found to count, and then something happens", () => {
  it("to its device", async () => {
    const { chain, device, step, verdicts } = await createPending();
    chain.emit("deviceRegistry", "DeviceRevoked", [device.id, 1]);
    await step();
    expect(await verdicts()).to.deep.equal(["device-revoked", "device-revoked"]);
  });

  it("to its order", async () => {
    const { chain, order, step, verdicts } = await createPending();
    chain.emit("supplierEscrow", "OrderCancelled", [order, 0n]);
    chain.emit("supplierEscrow", "OrderClosed", [order, 10_000n]);
    await step();
    expect(await verdicts()).to.deep.equal(["order-closed", "order-closed"]);
  });

  it("to the order of more events than are in memory at a time", async () => {
    const { chain, order, publish, device, here, step, network } = await createPending();
    for (let i = 0; i < 1_100; i++) await publish(device, deliveryOf(`more-${String(i)}`, 1), here);
    await step();
    chain.emit("supplierEscrow", "OrderCancelled", [order, 0n]);
    chain.emit("supplierEscrow", "OrderClosed", [order, 10_000n]);
    const db = network[0]?.db as unknown as Kysely<RelayerTables>;
    const counts = async () => {
      const rows = await db
        .selectFrom("events")
        .select((row) => ["status", "reason", row.fn.countAll<number>().as("count")])
        .groupBy(["status", "reason"])
        .execute();
      return rows.map(({ status, reason, count }) => `${String(count)} ${reason ?? status}`);
    };
    expect(await counts()).to.deep.equal(["1102 pending"]);
    await step();
    expect(await counts()).to.deep.equal(["1102 order-closed"]);
  });

  it("to its event id", async () => {
    const { publish, device, here, step, verdicts } = await createPending();
    await publish(device, deliveryOf("e1", 2), here);
    await step();
    expect(await verdicts()).to.deep.equal(["conflict", "pending", "conflict"]);
  });

  it("to its order, and its operator has it judged once more", async () => {
    const { chain, order, step, verdicts, network } = await createPending();
    chain.emit("supplierEscrow", "OrderCancelled", [order, 0n]);
    chain.emit("supplierEscrow", "OrderClosed", [order, 10_000n]);
    await step();
    const [first] = network;
    const db = first?.db as unknown as Kysely<RelayerTables>;
    expect(await retryEvents({ db })).to.equal(2);
    expect(await verdicts()).to.deep.equal(["pending", "pending"]);
    await step();
    expect(await verdicts()).to.deep.equal(["order-closed", "order-closed"]);
  });
});
