import { join } from "node:path";
import { expect } from "chai";
import { sql } from "kysely";
import { temporaryFolder } from "../cli/run.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { NOW } from "../support/relayerNetwork.ts";

type Network = Awaited<ReturnType<typeof createOrderNetwork>>;

const phase = ({ network }: Network, member: number) => network[member]!.relayer.standing().phase;
const signedBy = ({ signatures }: Network, member: number) => signatures.filter((one) => one.member === member).length;
const errorDeclaration = { declarationTime: new Date(NOW * 1000).toISOString() };

describe("a relayer that starts", () => {
  const files = temporaryFolder();
  after(() => files.remove());

  it("signs for blocks above its head and two more, once a peer has said what it signed last", async () => {
    const place = await createOrderNetwork();
    const { network, restart, step, chain } = place;
    await step(4);
    restart(1);
    expect(phase(place, 1)).to.equal("starting");
    for (const peer of [0, 2]) network[peer]!.up = false;
    await step(6);
    expect(phase(place, 1)).to.equal("asking");
    network[0]!.up = true;
    const start = chain.blocks.length;
    await step(2);
    expect(network[1]!.relayer.standing()).to.include({ phase: "ready" });
    expect(network[1]!.relayer.standing().floor).to.be.lessThan(start);
  });

  it("takes a store that is older than the group's first order for a new one, and signs", async () => {
    const place = await createOrderNetwork();
    await place.step(2);
    for (const member of [0, 1, 2]) expect(phase(place, member)).to.equal("ready");
  });

  it("takes in events, corrections and confirmed keys after it lost its store, and signs only then", async () => {
    const place = await createOrderNetwork();
    const { network, publish, device, step, replaceStore, chain, order, messages } = place;
    await publish(device, deliveryOf("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
    await publish(device, deliveryOf("e2", 3, { errorDeclaration }));
    for (const peer of [0, 2]) network[peer]!.up = false;
    await replaceStore(1);
    const before = signedBy(place, 1);
    await step(6);
    expect(phase(place, 1)).to.equal("recovering");
    const status = (await network[1]!.relayer.api.inject("/v1/status")).json<{ ready: boolean; recovery: object }>();
    expect(status.ready).to.equal(false);
    expect(status.recovery).to.include({ phase: "recovering" });
    network[0]!.up = true;
    await step(6);
    expect(phase(place, 1)).to.equal("ready");
    expect(signedBy(place, 1)).to.equal(before);
    const events = await network[1]!.db.selectFrom("events").select(["event_id", "kind"]).orderBy("event_id").execute();
    expect(events).to.deep.equal([
      { event_id: "e1", kind: "delivery" },
      { event_id: "e2", kind: "correction" },
    ]);
    const keys = await network[1]!.db.selectFrom("root_events").select("event_id").execute();
    expect(keys).to.deep.equal([{ event_id: "e1" }]);
    await publish(device, deliveryOf("e3", 2));
    await step(20);
    expect(chain.delivered(order)).to.equal(6n);
    expect(signedBy(place, 1)).to.be.greaterThan(before);
    expect((await messages(1)).map(({ eventId }) => eventId)).to.deep.equal(["e3"]);
  });

  it("goes on where it was when it is killed while it takes them in", async () => {
    const place = await createOrderNetwork();
    const { network, publish, device, step, replaceStore, restart } = place;
    await publish(device, deliveryOf("e1", 1));
    network[0]!.up = network[2]!.up = false;
    await replaceStore(1);
    await step(2);
    restart(1);
    await step(2);
    expect(phase(place, 1)).to.equal("recovering");
    network[0]!.up = true;
    await step(4);
    expect(phase(place, 1)).to.equal("ready");
  });

  it("learns from its peers that its store is an older backup", async () => {
    const place = await createOrderNetwork();
    const { network, publish, device, step, replaceStore, chain, order } = place;
    const backup = join(files.folder, "backup.sqlite");
    await sql.raw(`vacuum into '${backup}'`).execute(network[1]!.db);
    await publish(device, deliveryOf("e1", 4));
    await step(12);
    expect(chain.delivered(order)).to.equal(4n);
    network[0]!.up = network[2]!.up = false;
    await replaceStore(1, backup);
    await step(4);
    expect(phase(place, 1)).to.equal("asking");
    network[0]!.up = true;
    await step(1);
    expect(phase(place, 1)).to.equal("recovering");
    await step(3);
    expect(phase(place, 1)).to.equal("ready");
    expect(await network[1]!.db.selectFrom("events").select("event_id").execute()).to.deep.equal([{ event_id: "e1" }]);
  });

  it("does not believe a peer that says without proof that it signed more", async () => {
    const lie = (member: number, path: string): unknown =>
      member === 0 && path.includes("/newest/") ? { newest: { batch: {}, signature: "0x00" } } : undefined;
    const place = await createOrderNetwork({ lie });
    await place.step(4);
    place.restart(1);
    await place.step(3);
    expect(phase(place, 1)).to.equal("ready");
  });

  it("is brought back by a peer that stalls and lies no sooner and no later", async () => {
    const never = new Promise(() => undefined);
    let stalling = false;
    const lie = (member: number, path: string): unknown =>
      stalling && member === 0 && path.includes("/v1/peer/events") ? never : undefined;
    const place = await createOrderNetwork({ lie });
    await place.publish(place.device, deliveryOf("e1", 4));
    await place.step(12);
    stalling = true;
    await place.replaceStore(1);
    await place.step(6);
    expect(phase(place, 1)).to.equal("ready");
  });
});
