import { expect } from "chai";
import fc from "../support/fastCheck.ts";
import { createDevice, receivingEvent } from "../support/device.ts";
import { createRelayerNetwork, LGTIN, makeOrder, NOW, orderUri } from "../support/relayerNetwork.ts";

const member = fc.nat({ max: 2 });
const action = fc.oneof(
  fc.record({
    do: fc.constant("event" as const),
    quantity: fc.integer({ min: 1, max: 9 }),
    to: fc.array(member, { minLength: 1 }),
  }),
  fc.record({ do: fc.constant("twin" as const), of: fc.nat({ max: 5 }), to: fc.array(member, { minLength: 1 }) }),
  fc.record({ do: fc.constant("replay" as const), of: fc.nat({ max: 5 }), to: fc.array(member, { minLength: 1 }) }),
  fc.record({ do: fc.constant("crash" as const), member }),
  fc.record({ do: fc.constant("sleep" as const), member, blocks: fc.integer({ min: 1, max: 6 }) }),
  fc.record({ do: fc.constant("step" as const), blocks: fc.integer({ min: 1, max: 5 }) }),
);

/** Plays a schedule of events, losses, crashes and sleeping members, and then lets everything come to rest. */
async function play(actions: readonly Action[], losses: readonly boolean[]) {
  let sent = 0;
  let calm = false;
  const network = await createRelayerNetwork({
    lost: () => !calm && (losses[sent++ % losses.length] ?? false),
    // Until its next block a member that crashed knows no device, and no broker here sends again what found no room.
    quotas: { unregistered: 100, device: 500 },
  });
  const device = createDevice();
  network.enrol(device, 1);
  const { terms, document } = makeOrder({ quantity: 1_000n });
  const order = network.chain.createOrder(terms);
  for (const { relayer } of network.network)
    await relayer.api.inject({ method: "POST", url: "/v1/orders", payload: document });
  await network.step();

  const payload = (i: number, quantity: number) =>
    receivingEvent({ eventId: `e${String(i)}`, time: NOW, order: orderUri(), epcClass: LGTIN, quantity });
  const quantities: number[] = [];
  const twins = new Set<number>();
  const members = (to: readonly number[]) => network.network.filter((_, i) => to.includes(i));
  for (const step of actions) {
    if (step.do === "event") {
      quantities.push(step.quantity);
      await network.publish(device, payload(quantities.length - 1, step.quantity), members(step.to));
    } else if (step.do === "twin" || step.do === "replay") {
      const quantity = quantities[step.of];
      if (quantity === undefined) continue;
      if (step.do === "twin") twins.add(step.of);
      await network.publish(device, payload(step.of, step.do === "twin" ? quantity + 10 : quantity), members(step.to));
    } else if (step.do === "crash") network.restart(step.member);
    else if (step.do === "sleep") await nap(network, step.member, step.blocks);
    else await network.step(step.blocks);
  }
  calm = true;
  await network.step(60);
  return { ...network, order, quantities, twins };
}

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

async function nap(
  network: Awaited<ReturnType<typeof createRelayerNetwork>>,
  index: number,
  blocks: number,
): Promise<void> {
  const sleeper = network.network[index];
  if (sleeper) sleeper.up = false;
  await network.step(blocks);
  if (sleeper) sleeper.up = true;
}

describe("relayers under random schedules", () => {
  it("count every event of an honest device once, whatever is lost or crashes", async () => {
    const schedule = fc.array(action, { minLength: 5, maxLength: 25 });
    const losses = fc.array(fc.boolean(), { minLength: 7, maxLength: 31 });
    await fc.assert(
      fc.asyncProperty(schedule, losses, async (actions, lost) => {
        const { chain, order, quantities, twins, network } = await play(actions, lost);
        const sums = chain.confirmed.map(({ from, to }) => to - from);
        const delivered = chain.delivered(order) ?? 0n;
        expect(sums.reduce((a, b) => a + b, 0n)).to.equal(delivered);
        // An event of which a second content exists counts with one of them or not at all; every other one counts once.
        const [certain, most] = quantities.reduce(
          ([low, high], q, i) => (twins.has(i) ? [low, high + q + 10] : [low + q, high + q]),
          [0, 0],
        );
        expect(Number(delivered)).to.be.within(certain, most);
        for (const { db } of network) {
          const signed = await db.selectFrom("signed_digests").select("batch_id").execute();
          expect(new Set(signed.map(({ batch_id }) => batch_id)).size).to.equal(signed.length);
        }
      }),
      { numRuns: 25 },
    );
  });
});
