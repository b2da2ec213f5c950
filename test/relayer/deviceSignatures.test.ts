import { expect } from "chai";
import { createDeviceKeys } from "../support/deviceKeys.ts";
import { createDevice } from "../support/device.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { amendedTerms, lgtin, makeOrder, orderUri } from "../support/relayerNetwork.ts";

const CURVES = [
  { curve: "secp256k1", p256: false },
  { curve: "P-256", p256: true },
];

/** A network in which devices must sign the reports of the order; another order of the same buyer does not ask for it. */
async function createSignedNetwork(p: { p256: boolean; lines?: number } & Parameters<typeof createOrderNetwork>[0]) {
  const keys = createDeviceKeys(p);
  const order = { clauses: { options: keys.options }, devices: keys.root, lines: p.lines ?? 1 };
  const made = await createOrderNetwork({ ...p, order });
  const plain = makeOrder({ number: "PO-2", salt: 8 });
  const other = made.chain.createOrder(plain.terms);
  await made.network[0]?.relayer.api.inject({ method: "POST", url: "/v1/orders", payload: plain.document });
  await made.step(2);
  const elsewhere = { bizTransactionList: [{ type: "po", bizTransaction: orderUri("PO-2") }] };
  const stand = async () => (await made.messages()).map(({ status, reason }) => [status, reason]);
  return { ...made, keys, other, elsewhere, stand };
}

for (const { curve, p256 } of CURVES) {
  describe(`relayers carry device signatures on ${curve}`, () => {
    it("and pay in the order in which they lead on from each other, whoever of the keys signed", async () => {
      const { publish, step, stand, chain, device, order, keys } = await createSignedNetwork({ p256 });
      const second = keys.sign({ order, from: 4, to: 7 }, 1);
      await publish(device, deliveryOf("e2", 3, keys.member(second)));
      await step(12);
      expect(await stand()).to.deep.equal([["waiting", "device-signature-other"]]);
      await publish(device, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }, 2))));
      await step(30);
      expect(await stand()).to.deep.equal([
        ["counted", null],
        ["counted", null],
      ]);
      expect(chain.confirmed.map(({ from, to }) => [from, to])).to.deep.equal([
        [0n, 4n],
        [4n, 7n],
      ]);
      expect([chain.skipped, chain.reverted]).to.deep.equal([[], []]);
    });

    for (const [title, reason, wrong] of [
      ["none", "device-signature-missing", () => []],
      ["that of a stranger", "device-signature-invalid", (sign, order) => [sign({ order, from: 0, to: 4 }, "x")]],
      ["one for less", "device-signature-other", (sign, order) => [sign({ order, from: 0, to: 3 })]],
      [
        "one for less that says otherwise",
        "device-signature-invalid",
        (sign, order) => [sign({ order, from: 0, to: 4 }, 0, { to: 3 })],
      ],
      ["one for another line", "device-signature-missing", (sign, order) => [sign({ order, line: 1, from: 0, to: 4 })]],
      [
        "one for another line that says otherwise",
        "device-signature-invalid",
        (sign, order) => [sign({ order, from: 0, to: 4 }, 0, { line: 1 })],
      ],
      [
        "one for another order",
        "device-signature-invalid",
        (sign, order, other) => [sign({ order, from: 0, to: 4 }, 0, { order: other })],
      ],
    ] as [string, string, (sign: Sign, order: string, other: string) => ReturnType<Sign>[]][]) {
      it(`and keep an event with ${title} waiting, without holding up others, until it comes with a good one`, async () => {
        const made = await createSignedNetwork({ p256 });
        const { publish, step, stand, chain, device, order, other, elsewhere, keys } = made;
        await publish(device, deliveryOf("e1", 4, keys.member(...wrong(keys.sign, order, other))));
        await publish(device, deliveryOf("e2", 5, elsewhere));
        await step(20);
        expect(await stand()).to.deep.equal([
          ["waiting", reason],
          ["counted", null],
        ]);
        expect([chain.delivered(order), chain.delivered(other)]).to.deep.equal([0n, 5n]);
        await publish(device, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }))));
        await step(20);
        expect((await stand()).map(([status]) => status)).to.deep.equal(["counted", "counted", "duplicate"]);
        expect(chain.delivered(order)).to.equal(4n);
        expect([chain.skipped, chain.reverted]).to.deep.equal([[], []]);
      });
    }
  });
}

type Sign = ReturnType<typeof createDeviceKeys>["sign"];

describe("relayers and device signatures", () => {
  const p256 = true;

  it("count a signature once, also under another event", async () => {
    const { publish, step, stand, chain, device, order, keys } = await createSignedNetwork({ p256 });
    const signed = keys.member(keys.sign({ order, from: 0, to: 4 }));
    await publish(device, deliveryOf("e1", 4, signed));
    await publish(device, deliveryOf("e2", 4, signed));
    await step(30);
    expect((await stand()).map(([status, reason]) => reason ?? status).sort()).to.deep.equal([
      "counted",
      "device-signature-other",
    ]);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("take what is over, as it was signed, and pay what was ordered", async () => {
    const { publish, step, stand, chain, device, order, keys } = await createSignedNetwork({ p256 });
    await publish(device, deliveryOf("e1", 14, keys.member(keys.sign({ order, from: 0, to: 14 }))));
    await step(12);
    expect(chain.delivered(order)).to.equal(10n);
    expect(await stand()).to.deep.equal([["counted", null]]);
  });

  it("confirm each line of an event that is signed, and the others when they are", async () => {
    const { publish, step, stand, chain, device, order, keys } = await createSignedNetwork({ p256, lines: 2 });
    const lines = { quantityList: [0, 1].map((line) => ({ epcClass: lgtin(line), quantity: 4 + line })) };
    const [one, two] = [keys.sign({ order, from: 0, to: 4 }), keys.sign({ order, line: 1, from: 0, to: 5 }, 1)];
    await publish(device, deliveryOf("e1", 4, { ...lines, ...keys.member(two) }));
    await step(12);
    expect([chain.delivered(order, 0), chain.delivered(order, 1)]).to.deep.equal([0n, 5n]);
    expect(await stand()).to.deep.equal([["waiting", "device-signature-missing"]]);
    await publish(device, deliveryOf("e1", 4, { ...lines, ...keys.member(one) }));
    await step(20);
    expect([chain.delivered(order, 0), chain.delivered(order, 1)]).to.deep.equal([4n, 5n]);
    expect((await stand())[0]).to.deep.equal(["counted", null]);
  });

  it("put signatures of many lines into one batch, each under its report", async () => {
    const { publish, step, chain, device, order, keys, elsewhere, other } = await createSignedNetwork({
      p256,
      lines: 3,
    });
    for (const line of [2, 0, 1]) {
      const signed = keys.member(keys.sign({ order, line, from: 0, to: 4 + line }, line));
      const item = { quantityList: [{ epcClass: lgtin(line), quantity: 4 + line }] };
      await publish(device, deliveryOf(`e${String(line)}`, 1, { ...item, ...signed }));
    }
    await publish(device, deliveryOf("p1", 2, elsewhere));
    await step(12);
    expect([0, 1, 2].map((line) => chain.delivered(order, line))).to.deep.equal([4n, 5n, 6n]);
    expect(chain.delivered(other)).to.equal(2n);
    expect(chain.reverted).to.deep.equal([]);
  });

  it("hand a new signature to those who missed it", async () => {
    const made = await createSignedNetwork({ p256 });
    const { publish, step, chain, device, order, keys, network } = made;
    await publish(device, deliveryOf("e1", 4));
    await step(2);
    await publish(device, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }))), network.slice(0, 1));
    const kept = async () => {
      const rows = network.map(({ db }) => db.selectFrom("event_signatures").selectAll().execute());
      return (await Promise.all(rows)).map((list) => list.length);
    };
    expect(await kept()).to.deep.equal([1, 1, 1]);
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("offer a signature again to one that was down, which can then confirm without the others' events", async () => {
    const made = await createSignedNetwork({ p256, lost: () => lossy });
    const { publish, step, chain, device, order, keys, network } = made;
    await publish(device, deliveryOf("e1", 4));
    await step(1);
    lossy = true;
    await publish(device, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }))), network.slice(2));
    lossy = false;
    await step(30);
    expect(chain.delivered(order)).to.equal(4n);
    const rows = await network[0]?.db.selectFrom("event_signatures").selectAll().execute();
    expect(rows).to.have.length(1);
  });
  let lossy = false;

  it("keep eight later messages of an event: the device's next one replaces the oldest, a peer's does not", async () => {
    const { publish, device, order, keys, network } = await createSignedNetwork({ p256, lost: () => true });
    const message = (to: number) => deliveryOf("e1", 4, keys.member(keys.sign({ order, from: to - 1, to })));
    for (let to = 1; to <= 12; to++) await publish(device, message(to), network.slice(0, 1));
    const kept = async () => {
      const rows = (await network[0]?.db.selectFrom("event_signatures").selectAll().orderBy("place").execute()) ?? [];
      return rows.map(({ signatures }) => (JSON.parse(signatures) as { to: string }[])[0]?.to);
    };
    const last = ["5", "6", "7", "8", "9", "10", "11", "12"];
    expect(await kept()).to.deep.equal(last);
    const payload = Buffer.from(device.signJws(message(13))).toString();
    const messages = [{ payload, encoding: "utf8" }];
    await network[0]?.relayer.api.inject({ method: "POST", url: "/v1/peer/messages", payload: { messages } });
    expect(await kept()).to.deep.equal(last);
  });

  it("sign no proposal without it, with another's, or with one that nobody asked for", async () => {
    for (const change of ["leave", "exchange", "add"] as const) {
      const made = await createSignedNetwork({ p256 });
      const { publish, step, chain, device, order, keys, network, elsewhere, other } = made;
      // Whatever a member stored: what it proposes is looked at by the others.
      for (const { relayer } of network) {
        const inject = relayer.api.inject.bind(relayer.api) as unknown as (request: object) => Promise<unknown>;
        relayer.api.inject = (async (request: { url: string; payload: string }) => {
          if (request.url !== "/v1/peer/proposals") return inject(request);
          const proposal = JSON.parse(request.payload) as { batch: { reports: { order: string; device?: object }[] } };
          const { x, y, r, s, proof } = keys.sign({ order, from: 0, to: 4 }, 0, { to: 5 });
          for (const report of proposal.batch.reports) {
            if (change === "leave") delete report.device;
            else report.device = { x, y, r, s, proof };
          }
          return inject({ ...request, payload: JSON.stringify(proposal) });
        }) as never;
      }
      if (change === "add") await publish(device, deliveryOf("p1", 4, elsewhere));
      else await publish(device, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }))));
      await step(20);
      expect(chain.delivered(change === "add" ? other : order)).to.equal(0n);
      expect(chain.reverted).to.deep.equal([]);
    }
  });

  it("find the keys behind the order's id when it was amended, also on the way of a certificate", async () => {
    const { publish, step, stand, chain, device, order, terms, keys, other, elsewhere, network } =
      await createSignedNetwork({ p256 });
    await publish(device, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }))));
    await publish(device, deliveryOf("e2", 5, elsewhere));
    const certified = () =>
      network[0]?.db.selectFrom("batches").selectAll().where("state", "=", "certified").executeTakeFirst();
    while ((await certified()) === undefined) await step(1);
    chain.amend(order, amendedTerms({ order, terms, quantity: 14n, devices: keys.root }));
    await step(1);
    expect([chain.delivered(order), chain.delivered(other)]).to.deep.equal([0n, 5n]);
    expect(chain.skipped).to.deep.equal([{ order, line: 0 }]);
    await step(20);
    expect(chain.delivered(order)).to.equal(4n);
    await publish(device, deliveryOf("e3", 9, keys.member(keys.sign({ order, from: 4, to: 13 }))));
    await step(30);
    expect(chain.delivered(order)).to.equal(13n);
    expect((await stand()).map(([status]) => status)).to.deep.equal(["counted", "counted", "counted"]);
    expect(chain.reverted).to.deep.equal([]);
  });

  it("take them from any device of the buyer: the key that signs for the chain need not be the one of the message", async () => {
    const { publish, step, chain, enrol, order, keys } = await createSignedNetwork({ p256: false });
    const second = createDevice();
    enrol(second, 1);
    await step(1);
    await publish(second, deliveryOf("e1", 4, keys.member(keys.sign({ order, from: 0, to: 4 }))));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
  });
});
