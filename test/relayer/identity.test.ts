import { expect } from "chai";
import { createDevice, receivingEvent } from "../support/device.ts";
import { BUYER, createRelayerNetwork, LGTIN, makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";

async function fixture() {
  const network = await createRelayerNetwork();
  const device = createDevice();
  network.enrol(device, 1);
  const { terms, document } = makeOrder();
  const order = network.chain.createOrder(terms);
  await network.network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
  await network.step(2);
  const deliver = async (): Promise<bigint | undefined> => {
    const event = { eventId: "e1", time: NOW, order: orderUri(), epcClass: LGTIN, quantity: 4 };
    await network.publish(device, receivingEvent(event));
    await network.step(12);
    return network.chain.delivered(order);
  };
  return { ...network, deliver };
}

describe("an order's buyer", () => {
  it("is who its account belonged to at creation, though the account was removed since", async () => {
    const { chain, step, deliver } = await fixture();
    chain.emit("organisationRegistry", "AccountRemoved", [1, BUYER]);
    await step(1);
    expect(await deliver()).to.equal(4n);
  });

  it("stays the buyer when a recovery replaced its accounts, or another organisation took the account in", async () => {
    const { chain, step, deliver } = await fixture();
    chain.emit("organisationRegistry", "AccountsReplaced", [1, 1]);
    await step(1);
    chain.emit("organisationRegistry", "AccountAdded", [3, BUYER]);
    await step(1);
    expect(await deliver()).to.equal(4n);
  });

  it("is not stopped from paying by a suspension", async () => {
    const { chain, step, deliver } = await fixture();
    chain.emit("organisationRegistry", "OrganisationStatusChanged", [1, 2]);
    await step(1);
    expect(await deliver()).to.equal(4n);
  });
});
