import { expect } from "chai";
import { createDevice } from "../support/device.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { describeStores } from "../support/stores.ts";

interface Gaps {
  device: string;
  highest: number;
  gaps: [number, number][];
  missing: number;
  forgotten: number;
}

describeStores("numbers of devices' events", ({ newStore }) => {
  let network: Awaited<ReturnType<typeof createOrderNetwork>>;
  afterEach(() => network.close());

  async function fixture() {
    network = await createOrderNetwork({ newStore });
    const { relayer } = network.network[0]!;
    const { device } = network;
    const send = async (...numbers: number[]): Promise<void> => {
      const messages = numbers.map((n) =>
        device.signJws(deliveryOf(`e${String(n)}`, 1, { "factorychain:sequence": n })),
      );
      await Promise.all(messages.map((payload) => relayer.receive({ topic: device.topic, payload, retained: false })));
    };
    const gaps = async () => (await relayer.api.inject("/v1/gaps")).json<Gaps[]>();
    return { relayer, device, send, gaps };
  }

  it("says which are missing, until they come, in whatever order", async () => {
    const { device, send, gaps } = await fixture();
    await send(5, 6, 7);
    expect(await gaps()).to.deep.equal([]);
    await send(10, 20);
    const [one] = await gaps();
    expect(one).to.include({ device: device.id, highest: 20, missing: 11, forgotten: 0 });
    expect(one?.gaps).to.deep.equal([[8, 9], [11, 19]]); // prettier-ignore
    await send(15, 8);
    expect((await gaps())[0]?.gaps).to.deep.equal([[9, 9], [11, 14], [16, 19]]); // prettier-ignore
    await send(9, 11, 12, 13, 14, 16, 17, 18, 19);
    expect(await gaps()).to.deep.equal([]);
  });

  it("knows nothing of what was before a device's first event, nor of events that nobody believes", async () => {
    const { relayer, device, send, gaps } = await fixture();
    await send(100);
    await send(3);
    const forged = createDevice().signJws(deliveryOf("x", 1, { "factorychain:sequence": 200 }), { kid: device.kid });
    await relayer.receive({ topic: device.topic, payload: forged, retained: false });
    expect(await gaps()).to.deep.equal([]);
    const shown = (await relayer.api.inject(`/v1/devices/${device.id}`)).json<{ sequence: Gaps }>();
    expect(shown.sequence).to.include({ highest: 100, missing: 0 });
  });

  it("stays small, whatever a device counts", async () => {
    const { send, gaps } = await fixture();
    await send(...Array.from({ length: 200 }, (_, i) => 2 * i));
    await send(Number.MAX_SAFE_INTEGER);
    const [one] = await gaps();
    expect(one?.gaps).to.have.length(64);
    expect(one?.forgotten).to.equal(136);
    expect(one?.missing).to.equal(199 + Number.MAX_SAFE_INTEGER - 1 - 398);
  });

  it("tells of a device what the chain and its events say, and 404 where there is nothing", async () => {
    const { relayer, device, send } = await fixture();
    await send(1);
    const shown = await relayer.api.inject(`/v1/devices/${device.id}`);
    expect(shown.json()).to.deep.include({ device: device.id, events: { pending: 1 } });
    expect(shown.json<{ registered: object }>().registered).to.include({ owner: 1, curve: "P-256", revoked: false });
    const stranger = await relayer.api.inject(`/v1/devices/${createDevice().id}`);
    expect([stranger.statusCode, stranger.json<{ title: string }>().title]).to.deep.equal([404, "not-found"]);
    expect((await relayer.api.inject("/v1/devices/none")).statusCode).to.equal(422);
  });
});
