import { createDevice, receivingEvent } from "./device.ts";
import { createRelayerNetwork, LGTIN, makeOrder, NOW, orderUri } from "./relayerNetwork.ts";

/** A network of relayers in which the buyer's device is enrolled and an order of 10 pieces is open and known. */
export async function createOrderNetwork(
  options: Parameters<typeof createRelayerNetwork>[0] & { order?: Parameters<typeof makeOrder>[0] } = {},
) {
  const network = await createRelayerNetwork(options);
  const device = createDevice();
  network.enrol(device, 1);
  const { terms, document } = makeOrder(options.order);
  const order = network.chain.createOrder(terms);
  await network.network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
  await network.step(2);
  return { ...network, device, order, terms, document };
}

/** A delivery of so many pieces of that order; `more` replaces members of the event. */
export function deliveryOf(eventId: string, quantity: number, more: object = {}): object {
  return receivingEvent({ eventId, time: NOW, order: orderUri(), epcClass: LGTIN, quantity, ...more });
}
