import { expect } from "chai";
import type { Kysely } from "kysely";
import type { BlockRef } from "../../src/chain/transactions.ts";
import { batchFromJson, proposalToJson } from "../../src/relayer/batch.ts";
import type { Relayer } from "../../src/relayer/relayer.ts";
import { createLease } from "../../src/store/lease.ts";
import type { CoreSchema } from "../../src/store/schema.ts";
import { failureOf } from "../support/failureOf.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { describeStores } from "../support/stores.ts";

describeStores("two processes of one relayer", ({ newStore }) => {
  let network: Awaited<ReturnType<typeof createOrderNetwork>>;
  afterEach(() => network.close());

  /** The first member's operator runs two processes; the others are not to be reached from now on. */
  async function fixture() {
    network = await createOrderNetwork({ newStore });
    const [first, second, third] = network.network;
    if (!first || !second || !third) throw new Error("There are three members.");
    const db = first.db as unknown as Kysely<CoreSchema>;
    const lease = (holder: string) => createLease({ db, name: "signer", holder, ttl: 0 });
    const leases = { old: lease("old"), present: lease("present") };
    const processes = {
      old: network.replica(0, leases.old.fence),
      present: network.replica(0, leases.present.fence),
    };
    first.up = third.up = false;
    await leases.old.acquire();
    const head = (): BlockRef => {
      const { number, hash, time } = network.chain.blocks.at(-1)!;
      return { number, hash, time };
    };
    const lead = async (relayer: Relayer): Promise<void> => {
      await network.follow(relayer, head().number);
      await relayer.advance(head());
    };
    return { first, second, leases, processes, lead, head };
  }

  /** So many blocks after its start a process knows what was signed before, and may sign. */
  async function warm(
    { lead, processes }: Pick<Awaited<ReturnType<typeof fixture>>, "lead" | "processes">,
    which: keyof typeof processes,
  ) {
    for (let i = 0; i < 4; i++) {
      await network.step();
      await lead(processes[which]);
    }
  }

  /** A delivery that the second member proposes, and the first one's store knows. */
  async function proposal({ first, second, processes, lead }: Awaited<ReturnType<typeof fixture>>): Promise<string> {
    const { device } = network;
    await network.publish(device, deliveryOf("e1", 4), [second]);
    const message = { topic: device.topic, payload: device.signJws(deliveryOf("e1", 4)), retained: false };
    await processes.old.receive(message);
    for (let blocks = 0; blocks < 40; blocks++) {
      await network.step();
      await network.follow(processes.old, network.chain.blocks.length - 1);
      const row = await second.db.selectFrom("batches").selectAll().where("state", "=", "open").executeTakeFirst();
      if (row === undefined) continue;
      const own = second.db.selectFrom("shares").select("signature").where("digest", "=", row.digest);
      const { signature } = await own.executeTakeFirstOrThrow();
      await lead(processes.old);
      expect(await first.db.selectFrom("signed_digests").selectAll().execute()).to.deep.equal([]);
      return proposalToJson({ batch: batchFromJson(JSON.parse(row.document)), signature });
    }
    throw new Error("The second member has not proposed anything.");
  }

  const propose = async (relayer: Relayer, payload: string) =>
    relayer.api.inject({
      method: "POST",
      url: "/v1/peer/proposals",
      headers: { "content-type": "application/json" },
      payload,
    });

  it("never both sign: the one that lost the lease is refused, whatever it still believes", async () => {
    const place = await fixture();
    const { first, leases, processes } = place;
    await warm(place, "old");
    const json = await proposal(place);
    await leases.present.acquire();
    const refused = await propose(processes.old, json);
    expect([refused.statusCode, refused.json<{ title: string }>().title]).to.deep.equal([503, "lease-lost"]);
    expect(await first.db.selectFrom("signed_digests").selectAll().execute()).to.deep.equal([]);
    expect((await first.db.selectFrom("batches").selectAll().execute()).length).to.equal(0);
    await processes.present.observe();
    expect((await propose(processes.present, json)).json()).to.include({ decision: "wait" });
    await warm(place, "present");
    const signed = () => first.db.selectFrom("signed_digests").selectAll().execute();
    for (let blocks = 0; blocks < 40 && (await signed()).length === 0; blocks++) {
      await network.step();
      await place.lead(processes.present);
    }
    expect((await signed()).length).to.be.greaterThan(0);
  });

  it("never both follow the chain: a block is applied once, and taken back only by the one that leads", async () => {
    const { first, leases, processes, lead, head } = await fixture();
    await network.step(2);
    await lead(processes.old);
    await network.step(2);
    await leases.present.acquire();
    for (const late of [
      () => lead(processes.old),
      () => processes.old.followerStore.rollback(null),
      () => processes.old.advance(head()),
    ]) {
      expect(await failureOf(late()), String(late)).to.include({ code: "lease-lost" });
    }
    await lead(processes.present);
    const [last] = await processes.present.followerStore.checkpoints();
    expect(last?.number).to.equal(head().number);
    expect((await first.db.selectFrom("chain_orders").selectAll().execute()).length).to.equal(1);
  });

  it("both take messages in and answer, and who takes over goes on where the other was", async () => {
    const { second, leases, processes, lead, head } = await fixture();
    await lead(processes.old);
    expect((await processes.present.api.inject("/v1/status")).statusCode).to.equal(503);
    await processes.present.observe();
    expect((await processes.present.api.inject("/v1/status")).statusCode).to.equal(200);
    const { device, order, chain } = network;
    const message = { topic: device.topic, payload: device.signJws(deliveryOf("e1", 4)), retained: false };
    await processes.present.receive(message);
    await processes.old.receive(message);
    await network.publish(device, deliveryOf("e1", 4), [second]);
    const listed = (await processes.present.api.inject("/v1/messages")).json<{ status: string }[]>();
    expect(listed.map(({ status }) => status)).to.deep.equal(["pending", "duplicate"]);
    // The old process ends; the present one is reached at the member's address from now on.
    await leases.present.acquire();
    const member = network.network[0]!;
    await lead(processes.present);
    [member.relayer, member.up] = [processes.present, true];
    await network.step(20);
    expect(chain.delivered(order)).to.equal(4n);
    expect(head().number).to.equal((await member.relayer.followerStore.checkpoints())[0]?.number);
  });
});
