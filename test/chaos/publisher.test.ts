import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect } from "chai";
import { openPublisher } from "../../chaos/publisher.ts";
import { until } from "../support/until.ts";

const [CONNECT, CONNACK, PUBLISH, PUBACK] = [0x10, 0x20, 0x30, 0x40] as const;

/** A broker for short messages, which acknowledges when it is told to. */
async function startBroker() {
  const broker = { acknowledges: false, connections: 0, seen: [] as string[], cut: () => {} };
  const server = createServer((socket: Socket) => {
    broker.connections++;
    broker.cut = () => socket.destroy();
    let rest = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      for (let size = 2 + (rest[1] ?? 0); rest.length >= Math.max(2, size); size = 2 + (rest[1] ?? 0)) {
        const [packet, kind] = [rest.subarray(0, size), (rest[0] ?? 0) & 0xf0];
        rest = rest.subarray(size);
        if (kind === CONNECT) socket.write(Buffer.from([CONNACK, 2, 0, 0]));
        if (kind !== PUBLISH) continue;
        const topic = packet.readUInt16BE(2);
        broker.seen.push(packet.subarray(6 + topic).toString());
        const id = packet.subarray(4 + topic, 6 + topic);
        if (broker.acknowledges) socket.write(Buffer.from([PUBACK, 2, ...id]));
      }
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(broker, { port, stop: () => (broker.cut(), server.close()) });
}

const messageOf = (text: string) => ({ topic: "t", payload: Buffer.from(text) });

describe("chaos: the devices' client", () => {
  let broker: Awaited<ReturnType<typeof startBroker>>;
  let publisher: ReturnType<typeof openPublisher>;
  beforeEach(async () => {
    broker = await startBroker();
    publisher = openPublisher({ port: broker.port, name: "test" });
  });
  afterEach(async () => {
    await publisher.end();
    broker.stop();
  });

  it("sends what its library gives back when a line is cut while old messages are sent again", async () => {
    const first = publisher.publish(messageOf("first"));
    await until(() => broker.seen.length === 1);
    broker.cut();
    await until(() => broker.seen.length === 2); // again, and it waits for its acknowledgement: the library is busy
    const second = publisher.publish(messageOf("second"));
    broker.cut();
    broker.acknowledges = true;
    expect(await Promise.all([first, second])).to.deep.equal([true, true]);
    expect(broker.seen).to.include("second");
  });

  it("says of nothing that it was acknowledged when it was not", async () => {
    const sent = publisher.publish(messageOf("first"));
    await until(() => broker.seen.length === 1);
    await publisher.end();
    expect(await sent).to.equal(false);
  });

  it("sends nothing while it must be quiet, and first waits for what is open", async () => {
    const first = publisher.publish(messageOf("first"));
    await until(() => broker.seen.length === 1);
    let [quiet, done] = [false, false];
    const work = publisher.quietly(async () => {
      quiet = true;
      await until(() => done);
    });
    const second = publisher.publish(messageOf("second"));
    expect(quiet).to.equal(false);
    broker.acknowledges = true;
    broker.cut();
    await until(() => quiet);
    expect(await first).to.equal(true);
    expect(broker.seen).to.not.include("second");
    done = true;
    await work;
    expect(await second).to.equal(true);
  });
});
