import { expect } from "chai";
import { prune } from "../../src/relayer/prune.ts";
import type { Kysely } from "kysely";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";

describe("a relayer's store", () => {
  it("forgets batches after an hour, but neither its newest one nor the others' newest signatures", async () => {
    const { network, publish, step, device, chain } = await createOrderNetwork();
    for (const id of ["e1", "e2", "e3"]) {
      await publish(device, deliveryOf(id, 1));
      await step(10);
    }
    const db = network[0]!.db as unknown as Kysely<RelayerTables>;
    const count = async () => (await db.selectFrom("batches").select("digest").execute()).length;
    expect(await count()).to.be.greaterThan(2);
    const keys = await db.selectFrom("root_events").selectAll().execute();
    const head = chain.blocks.at(-1)!;
    await prune({ db, head: { ...head, time: head.time + 3_000 } });
    expect(await count()).to.be.greaterThan(2);
    await prune({ db, head: { ...head, time: head.time + 4_000 } });
    expect(await count()).to.equal(1);
    expect((await db.selectFrom("newest_shares").selectAll().execute()).length).to.equal(3);
    expect(await db.selectFrom("root_events").selectAll().execute()).to.deep.equal(keys);
  });
});
