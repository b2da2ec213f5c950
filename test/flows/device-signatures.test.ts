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
  openOrder,
  parseUblOrder,
  readBalance,
  readMessages,
  readOrder,
  readRelayerStatus,
  signDeviceReport,
  toOrderSheet,
  writeDeviceKeys,
  writeOrderDocument,
} from "../../src/index.ts";
import type { AccountClient, DeviceKey, OrderDocument, PrivateJwk } from "../../src/index.ts";
import { root } from "../cli/run.ts";
import { createDevice, receivingEvent } from "../support/device.ts";
import { stackStory } from "../support/stackStory.ts";
import { until } from "../support/until.ts";

const DAY = 86_400;
const KRW = "KRW";
/** 40% and all of the line's 7,860,121, rounded down. */
const [FIRST, WHOLE] = [3_144_048n, 7_860_121n];

const publicOf = ({ crv, x, y }: PrivateJwk): DeviceKey => ({
  curve: crv,
  x: hexlify(Buffer.from(x, "base64url")),
  y: hexlify(Buffer.from(y, "base64url")),
});

describe("deliveries that a device signs for the chain", () => {
  const { step, there, register } = stackStory({ currency: KRW });
  const scale = createDevice();
  const now = Math.floor(Date.now() / 1000);
  let { endpoints, issuer } = {} as ReturnType<typeof there>;
  let buyer: AccountClient;
  let sent = 0;

  before(() => {
    ({ endpoints, issuer } = there());
  });

  const statuses = () => Promise.all(endpoints.relayers.map(({ url }) => readRelayerStatus({ url }).catch(() => null)));

  /** An order of the example's goods under another number, whose supplier has no other. */
  async function order(number: string, keys?: DeviceKey[]): Promise<OrderDocument & { supplier: string }> {
    const { address: supplier } = await register("supplier");
    const purchase = parseUblOrder(readFileSync(join(root, "examples/order.xml")));
    const made = writeOrderDocument({
      deployment: buyer.deployment,
      sheet: { ...toOrderSheet({ order: purchase, salt: hexlify(randomBytes(32)) }), number },
      buyer: buyer.address,
      supplier,
      due: now + 30 * DAY,
      expiry: now + 60 * DAY,
      grace: 7 * DAY,
      group: endpoints.groups[KRW] ?? 0,
      ...(keys && { special: { devices: writeDeviceKeys({ keys }) } }),
    });
    await mintCurrency({ client: issuer, currency: KRW, to: buyer.address, amount: BigInt(purchase.payable) });
    await announceOrder({ order: made, relayers: endpoints.relayers.map(({ url }) => url) });
    const { creation } = await (keys ? openOrder : createOrder)({ client: buyer, order: made });
    // A relayer that judges the block before it still would say that there is no such order.
    await until(async () => (await statuses()).every((one) => one && one.head.number >= creation.block.number));
    return { ...made, supplier };
  }

  /** The scale sends an event, and every relayer judges it. @returns what the first one makes of it */
  async function arrive(number: string, eventId: string, quantity: number, signatures?: unknown[]) {
    const uri = `urn:epcglobal:cbv:bt:8801234500012:${number}`;
    const event = receivingEvent({ eventId, time: now, order: uri, epcClass: "urn:example:gate", quantity });
    const signed = signatures === undefined ? {} : { "factorychain:deviceSignatures": signatures };
    const message = scale.signJws({ ...event, ...signed, "factorychain:line": "10" });
    const client = await mqtt.connectAsync(endpoints.mqtt);
    await client.publishAsync(scale.topic, Buffer.from(message), { qos: 1 });
    await client.endAsync();
    sent++;
    const settled = async () =>
      (await statuses()).every(
        (one) => one && one.messages.received >= sent && one.messages.pending === 0 && one.open === 0,
      );
    while (!(await settled())) await new Promise((resolve) => setTimeout(resolve, 200));
    const messages = await readMessages({ url: endpoints.relayers[0]?.url ?? "" });
    const event_ = messages.find((one) => one.eventId === eventId);
    return [event_?.status, event_?.reason];
  }

  const paid = (account: string) => readBalance({ client: buyer, currency: KRW, account });
  const waits = (reason: string) => ["waiting", `device-signature-${reason}`];

  step("begins with a buyer and a scale at the buyer's gate, whose messages are signed on P-256", async () => {
    buyer = await register("buyer");
    const key = { curve: "P-256", x: scale.x, y: scale.y } as const;
    await enrolDevice({ client: buyer, key, validFrom: now - DAY, validUntil: now + DAY });
    expect(endpoints.relayers).to.have.length(3);
  });

  for (const [curve, key, stranger] of [
    ["secp256k1", createDevice({ curve: "secp256k1" }).jwk, createDevice({ curve: "secp256k1" }).jwk],
    ["P-256", scale.jwk, createDevice().jwk],
  ] as const) {
    const number = `SIGNED-${curve}`;
    const keys = [publicOf(createDevice().jwk), publicOf(createDevice().jwk), publicOf(key)];
    if (curve === "secp256k1") keys.splice(0, 2, publicOf(createDevice({ curve: "secp256k1" }).jwk));
    let signed: Awaited<ReturnType<typeof order>>;
    let another: Awaited<ReturnType<typeof order>>;
    const sign = (p: { order: string; line?: number; from: bigint; to: bigint }, by: PrivateJwk = key) => {
      const list = by === key ? keys : [...keys.slice(0, -1), publicOf(by)];
      return signDeviceReport({ deployment: buyer.deployment, currency: KRW, line: 0, ...p, key: by, keys: list });
    };

    step(`two orders demand signatures on ${curve}`, async () => {
      signed = await order(number, keys);
      another = await order(`${number}-2`, keys);
    });

    step(`without one, and with wrong ones, 400 pieces wait and nothing is paid (${curve})`, async () => {
      const { id } = signed;
      const right = sign({ order: id, from: 0n, to: 400n });
      expect(await arrive(number, `${curve}-none`, 400)).to.deep.equal(waits("missing"));
      const byStranger = sign({ order: id, from: 0n, to: 400n }, stranger);
      expect(await arrive(number, `${curve}-stranger`, 400, [byStranger])).to.deep.equal(waits("invalid"));
      const hidden = { ...byStranger, x: right.x, y: right.y, proof: right.proof };
      expect(await arrive(number, `${curve}-hidden`, 400, [hidden])).to.deep.equal(waits("invalid"));
      const more = sign({ order: id, from: 0n, to: 401n });
      expect(await arrive(number, `${curve}-more`, 400, [more])).to.deep.equal(waits("other"));
      expect(await arrive(number, `${curve}-bent`, 400, [{ ...more, to: "400" }])).to.deep.equal(waits("invalid"));
      const line = sign({ order: id, line: 1, from: 0n, to: 400n });
      expect(await arrive(number, `${curve}-line`, 400, [{ ...line, line: 0 }])).to.deep.equal(waits("invalid"));
      expect(await arrive(`${number}-2`, `${curve}-order`, 400, [right])).to.deep.equal(waits("invalid"));
      expect(await paid(signed.supplier)).to.equal(0n);
      expect(await paid(another.supplier)).to.equal(0n);
    });

    step(`which holds up nobody: an order beside them is paid (${curve})`, async () => {
      const plain = await order(`PLAIN-${curve}`);
      expect(await arrive(`PLAIN-${curve}`, `${curve}-plain`, 400)).to.deep.equal(["counted", null]);
      expect(await paid(plain.supplier)).to.equal(FIRST);
    });

    step(`the same event with a signature of the device is paid (${curve})`, async () => {
      const right = sign({ order: signed.id, from: 0n, to: 400n });
      expect(await arrive(number, `${curve}-none`, 400, [right])).to.deep.equal(["counted", null]);
      expect(await paid(signed.supplier)).to.equal(FIRST);
    });

    step(`that signature again pays nothing; one that leads on pays the rest (${curve})`, async () => {
      const right = sign({ order: signed.id, from: 0n, to: 400n });
      expect(await arrive(number, `${curve}-again`, 400, [right])).to.deep.equal(waits("other"));
      expect(await paid(signed.supplier)).to.equal(FIRST);
      const rest = sign({ order: signed.id, from: 400n, to: 1_000n });
      expect(await arrive(number, `${curve}-rest`, 600, [rest])).to.deep.equal(["counted", null]);
      expect(await paid(signed.supplier)).to.equal(WHOLE);
      const state = await readOrder({ client: buyer, currency: KRW, order: signed.id });
      expect(state?.lines[0]?.delivered).to.equal(1_000n);
      expect(await paid(another.supplier)).to.equal(0n);
    });
  }
});
