import { expect } from "chai";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { BUYER } from "../support/relayerNetwork.ts";

async function fixture() {
  const network = await createOrderNetwork();
  const deliver = async (): Promise<bigint | undefined> => {
    await network.publish(network.device, deliveryOf("e1", 4));
    await network.step(12);
    return network.chain.delivered(network.order);
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
