import { expect } from "chai";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { hexlify } from "ethers";
import mqtt from "mqtt";
import {
  announceOrder,
  createOrder,
  enrolDevice,
  mintCurrency,
  parseUblOrder,
  readBalance,
  readDeliveries,
  readMessages,
  readOrder,
  readRelayerStatus,
  toOrderSheet,
  writeOrderDocument,
} from "../../src/index.ts";
import type { OrderDocument, RelayerMessage } from "../../src/index.ts";
import { createDevice, receivingEvent } from "../support/device.ts";
import { stackStory } from "../support/stackStory.ts";
import { until } from "../support/until.ts";
import { root } from "../cli/run.ts";
import { watchDescendants } from "../node/processes.ts";

const DAY = 86_400;
const KRW = "KRW";
/** Longest wait for the relayers, in milliseconds: for some blocks, and for their start. */
const PATIENCE = 120_000;

describe("from a purchase order to the supplier's money", () => {
  // The first relayer that has signed a payment and not yet sent it dies, and the other two with it.
  const { step, there, register } = stackStory({ currency: KRW, args: ["--crash-once", "prepared"] });
  const scale = createDevice();
  const now = Math.floor(Date.now() / 1000);
  let { stack, endpoints, issuer } = {} as ReturnType<typeof there>;
  let watch: ReturnType<typeof watchDescendants>;

  before(() => {
    ({ stack, endpoints, issuer } = there());
    watch = watchDescendants(endpoints.pid);
  });

  /** What the scale at the buyer's gate sends when goods arrive. */
  const arrival = (eventId: string, quantity: number) =>
    scale.signJws({
      ...receivingEvent({
        eventId,
        time: now,
        order: "urn:epcglobal:cbv:bt:8801234500012:BO-2026-0117",
        epcClass: "urn:example:gate",
        quantity,
      }),
      "factorychain:line": "10",
    });

  async function send(...messages: Uint8Array[]): Promise<void> {
    const client = await mqtt.connectAsync(endpoints.mqtt);
    for (const message of messages) await client.publishAsync(scale.topic, Buffer.from(message), { qos: 1 });
    await client.endAsync();
  }

  const messagesOf = () => Promise.all(endpoints.relayers.map(({ url }) => readMessages({ url })));

  /**
   * Every relayer has got this, and nothing is under way. It is not told by how many messages came: one that was killed
   * before the broker had its acknowledgement gets a message twice.
   */
  async function judged(got: (messages: RelayerMessage[], relayer: number) => boolean): Promise<void> {
    const look = async (): Promise<boolean> => {
      const statuses = await Promise.all(endpoints.relayers.map(({ url }) => readRelayerStatus({ url })));
      const quiet = statuses.every(({ messages, open }) => messages.pending === 0 && open === 0);
      return quiet && (await messagesOf()).every(got);
    };
    await until(() => look().catch(() => false), PATIENCE);
  }

  let buyer: Awaited<ReturnType<typeof register>>;
  let supplier: Awaited<ReturnType<typeof register>>;
  let order: OrderDocument;
  const balanceOf = (account: string) => readBalance({ client: buyer, currency: KRW, account });
  const paid = () => balanceOf(supplier.address);

  step("begins with a buyer, a supplier, and a scale at the buyer's gate", async () => {
    [buyer, supplier] = await Promise.all([register("buyer"), register("supplier")]);
    const key = { curve: "P-256", x: scale.x, y: scale.y } as const;
    const { device } = await enrolDevice({ client: buyer, key, validFrom: now - DAY, validUntil: now + DAY });
    expect(device).to.equal(scale.id);
  });

  step("the buyer orders and pays into escrow; nothing is the supplier's yet", async () => {
    const purchase = parseUblOrder(readFileSync(join(root, "examples/order.xml")));
    const sheet = toOrderSheet({ order: purchase, salt: hexlify(randomBytes(32)) });
    order = writeOrderDocument({
      deployment: buyer.deployment,
      sheet,
      buyer: buyer.address,
      supplier: supplier.address,
      due: now + 30 * DAY,
      expiry: now + 60 * DAY,
      grace: 7 * DAY,
      group: endpoints.groups[KRW] ?? 0,
    });
    await mintCurrency({ client: issuer, currency: KRW, to: buyer.address, amount: BigInt(purchase.payable) });
    await announceOrder({ order, relayers: endpoints.relayers.map(({ url }) => url) });
    await createOrder({ client: buyer, order });
    expect(await balanceOf(buyer.address)).to.equal(0n);
    expect(await balanceOf(order.escrow)).to.equal(12_273_525n);
    expect(await paid()).to.equal(0n);
  });

  step(
    "400 of 1,000 arrive: the supplier is paid for them, though every relayer is killed between signing and sending",
    async () => {
      await send(arrival("gate-1", 400));
      await stack.once("killed");
      await stack.once("restarted");
      await judged((messages) => messages.some(({ status }) => status === "counted"));
      // 40% of the line's 7,860,121, rounded down.
      expect(await paid()).to.equal(3_144_048n);
      expect(await readDeliveries({ client: buyer, currency: KRW, order: order.id })).to.have.length(1);
    },
  );

  step("the same message again pays nothing", async () => {
    const before = (await messagesOf()).map(({ length }) => length);
    await send(arrival("gate-1", 400));
    await judged((messages, relayer) => messages.length > before[relayer]!);
    for (const messages of await messagesOf()) expect(messages.at(-1)).to.include({ status: "duplicate" });
    expect(await paid()).to.equal(3_144_048n);
  });

  step("a message that somebody else signed pays nothing", async () => {
    const forged = createDevice().signJws(JSON.parse(payloadOf(arrival("gate-2", 600))) as object, { kid: scale.kid });
    await send(forged);
    await judged((messages) => messages.some(({ eventId }) => eventId === "gate-2"));
    for (const messages of await messagesOf())
      expect(messages.at(-1)).to.include({ eventId: "gate-2", status: "refused", reason: "signature" });
    expect(await paid()).to.equal(3_144_048n);
  });

  step("700 more arrive, 100 too many: 600 are paid, and not one more", async () => {
    await send(arrival("gate-2", 700));
    await judged((messages) => messages.some(({ eventId, status }) => eventId === "gate-2" && status === "counted"));
    expect(await paid()).to.equal(7_860_121n);
    const state = await readOrder({ client: buyer, currency: KRW, order: order.id });
    expect(state?.lines[0]?.delivered).to.equal(1_000n);
    expect(await balanceOf(order.escrow)).to.equal(12_273_525n - 7_860_121n);
  });

  step("and the relayers, the broker and the chain stop without a trace", async () => {
    await stack.stop();
    expect(await watch.left()).to.deep.equal([]);
  });
});

function payloadOf(message: Uint8Array): string {
  return Buffer.from(Buffer.from(message).toString().split(".")[1] ?? "", "base64url").toString();
}
