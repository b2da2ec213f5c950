import { expect } from "chai";
import { createDevice, receivingEvent } from "../support/device.ts";
import { createRelayerNetwork, lgtin, LGTIN, makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";

/** A network in which the buyer's device is enrolled and these orders are open and announced. */
async function fixture({
  orders,
  ...options
}: { orders: ReturnType<typeof makeOrder>[] } & Parameters<typeof createRelayerNetwork>[0]) {
  const network = await createRelayerNetwork(options);
  const device = createDevice();
  network.enrol(device, 1);
  for (const { document } of orders)
    for (const { relayer } of network.network)
      await relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
  const ids = orders.map(({ terms }) => network.chain.createOrder(terms));
  await network.step(2);
  return { ...network, device, ids };
}

function eventOn({ eventId, number = "PO-1", lines = 1 }: { eventId: string; number?: string; lines?: number }) {
  const quantityList = Array.from({ length: lines }, (_, i) => ({ epcClass: lgtin(i), quantity: 1 }));
  const event = { eventId, time: NOW, order: orderUri(number), epcClass: LGTIN, quantity: 1 };
  return receivingEvent({ ...event, quantityList });
}

describe("a hostile order", () => {
  it("is paid when its many lines fit no transaction together, and holds up no other order", async () => {
    const orders = [makeOrder({ lines: 200 }), makeOrder({ number: "PO-2" })];
    const { chain, device, ids, publish, step } = await fixture({ orders });
    await publish(device, eventOn({ eventId: "e1", lines: 200 }));
    await publish(device, eventOn({ eventId: "e2", number: "PO-2" }));
    const delivered = () => ids.map((id, i) => chain.delivered(id, i === 0 ? 199 : 0));
    for (let i = 0; i < 24 && delivered().includes(0n); i++) await step(1);
    expect(delivered()).to.deep.equal([1n, 1n]);
  });

  it("holds up nothing by events that fit no proposal together", async () => {
    const lines = 60;
    const orders = [makeOrder({ lines, quantity: 1000n }), makeOrder({ number: "PO-2" })];
    const { chain, device, ids, publish, step } = await fixture({ orders });
    const long = "가".repeat(990);
    for (let i = 0; i < 50; i++) await publish(device, eventOn({ eventId: `${long}-${String(i)}`, lines }));
    await publish(device, eventOn({ eventId: "e2", number: "PO-2" }));
    const delivered = () => ids.map((id, i) => chain.delivered(id, i === 0 ? lines - 1 : 0));
    for (let i = 0; i < 24 && delivered().includes(0n); i++) await step(1);
    expect(delivered()).to.deep.equal([50n, 1n]);
  });
});
