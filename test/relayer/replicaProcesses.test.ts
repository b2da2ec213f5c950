import { expect } from "chai";
import mqtt from "mqtt";
import { interfaces } from "../../src/chain/contracts.ts";
import { createDevice } from "../support/device.ts";
import type { Device } from "../support/device.ts";
import { describeMosquitto, startOwnMosquitto } from "../support/mosquitto.ts";
import { deliveryOf } from "../support/orderNetwork.ts";
import { newPostgresStore, onServer } from "../support/postgres.ts";
import { createRelayerPlace } from "../support/relayerProcess.ts";
import { describePostgres } from "../support/stores.ts";
import { until } from "../support/until.ts";

const REGISTRY = `0x${"d1".repeat(20)}`;
const SENDER = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266";
/** A contract that logs what it is sent: three topics of 32 bytes, then the data. */
const ECHO = "0x60603603806060600037604035602035600035836000a300";
const EVENTS = 400;

type Place = Awaited<ReturnType<typeof createRelayerPlace>>;

async function enrol({ anvil }: Place, device: Device): Promise<void> {
  await anvil.rpc("anvil_setCode", [REGISTRY, ECHO]);
  const now = Math.floor(Date.now() / 1000);
  const validity = [now - 1_000, now + 1_000_000];
  const values = [device.id, 1, 1, device.x, device.y, ...validity, `0x${"00".repeat(32)}`];
  const { data, topics } = interfaces.deviceRegistry.encodeEventLog("DeviceEnrolled", values);
  const input = `0x${[...topics, data].map((part) => part.slice(2)).join("")}`;
  await anvil.rpc("eth_sendTransaction", [{ from: SENDER, to: REGISTRY, data: input }]);
}

describePostgres("two processes of one operator with one PostgreSQL", () => {
  describeMosquitto("and a share each of one subscription", () => {
    it("lose and double nothing when one is killed with messages in flight, and it takes its place again", async () => {
      const place = await createRelayerPlace();
      const broker = await startOwnMosquitto();
      const store = await newPostgresStore();
      const device = createDevice();
      await enrol(place, device);
      const deployment = place.file("own.json", JSON.stringify({ ...place.deployment, deviceRegistry: REGISTRY }));
      const settings = (replica: string) => ({
        deployment,
        store: { file: place.file("store.url", store) },
        mqtt: { url: broker.url, version: "5", replica },
      });
      const first = await place.started(settings("a"));
      const second = await place.start(settings("b"));
      const isReady = async (relayer: typeof first) => (await relayer.ready().catch(() => null))?.reasons.length === 0;
      await until(async () => (await isReady(first)) && (await isReady(second)));
      expect([(await first.ready()).role, (await second.ready()).role]).to.deep.equal(["leader", "standby"]);

      const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
      const names = Array.from({ length: EVENTS }, (_, i) => `e${String(i)}`);
      const send = (name: string) =>
        client.publishAsync(device.topic, Buffer.from(device.signJws(deliveryOf(name, 1))), { qos: 1 });
      const rows = (text: string) => onServer(store, async (db) => (await db.query<{ n: string }>(text)).rows);
      const held = async () => Number((await rows("select count(*) as n from events"))[0]?.n);

      const sending = (async () => {
        for (let i = 0; i < EVENTS; i += 20) await Promise.all(names.slice(i, i + 20).map(send));
      })();
      await until(async () => (await held()) > 40);
      first.child.kill("SIGKILL");
      await first.ended;
      await sending;
      // What was given to the one that was killed waits in its session until it, or its replacement, comes back.
      const again = await place.start(settings("a"));
      await until(async () => (await held()) === EVENTS, 60_000);
      const both = [second, again];
      await until(async () => (await Promise.all(both.map(isReady))).every(Boolean));
      const roles = await Promise.all(both.map(async (relayer) => (await relayer.ready()).role));
      expect(roles.sort()).to.deep.equal(["leader", "standby"]);

      const each = await rows("select event_id as n from events");
      expect(each.map(({ n }) => n).sort()).to.deep.equal([...names].sort());
      const listed = await rows(
        "select event_id as n from messages where status <> 'duplicate' group by event_id having count(*) > 1",
      );
      expect(listed).to.deep.equal([]);
      expect(Number((await rows("select epoch as n from leases where name like 'signer %'"))[0]?.n)).to.equal(2);
      await client.endAsync();
      for (const relayer of both) await place.stop(relayer);
      await place.close();
      await broker.remove();
    });
  });
});
