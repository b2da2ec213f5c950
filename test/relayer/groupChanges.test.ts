import { expect } from "chai";
import { concat, toBeHex } from "ethers";
import type { Kysely, Transaction } from "kysely";
import { interfaces } from "../../src/chain/contracts.ts";
import { ZERO_HASH } from "../../src/chain/terms.ts";
import type { ChainLog } from "../../src/chain/transactions.ts";
import { applyLogs, rollbackLogs } from "../../src/relayer/chainIndex.ts";
import { groupAt, groupsAt } from "../../src/relayer/groups.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { openDatabase } from "../../src/store/database.ts";
import { deployment, escrow } from "../support/fakeEscrow.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";

describe("relayers follow their group", () => {
  it("go on without a retired member, which signs no more", async () => {
    const { publish, step, chain, device, order, retire } = await createOrderNetwork();
    for (const [i, event] of ["e1", "e2", "e3"].entries()) {
      await publish(device, deliveryOf(event, 2));
      await step(10);
      if (i === 0) retire(0);
    }
    await step(20);
    expect(chain.delivered(order)).to.equal(6n);
  });

  it("are not held up by what a member proposed before it was retired", async () => {
    const { publish, step, chain, device, order, network, retire } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    for (const [i, member] of network.entries()) member.up = i === 0;
    await step(30);
    retire(0);
    for (const member of network) member.up = true;
    await step(40);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("pay nothing while too few live members are left, and go on once one more has joined", async () => {
    const { publish, step, chain, device, order, retire, join } = await createOrderNetwork({
      members: 4,
      registered: 3,
    });
    retire(0);
    retire(1);
    await publish(device, deliveryOf("e1", 4));
    await step(30);
    expect(chain.delivered(order)).to.equal(0n);
    join(3);
    await step(40);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("sign over the longer list once a member has joined, also what was under way", async () => {
    const { publish, step, chain, device, order, network, join } = await createOrderNetwork({
      members: 4,
      registered: 3,
    });
    await publish(device, deliveryOf("e1", 4));
    for (const [i, member] of network.entries()) member.up = i === 0;
    await step(30);
    join(3);
    for (const [i, member] of network.entries()) member.up = i === 0 || i === 3;
    await step(40);
    expect(chain.delivered(order)).to.equal(4n);
  });
});

describe("a group in the store", () => {
  const [A, B, C] = [201, 202, 203].map((n) => toBeHex(n, 20)) as [string, string, string];

  async function createStore() {
    const database = await openDatabase<RelayerTables>({ url: ":memory:", migrations: relayerMigrations });
    const db = database as unknown as Kysely<RelayerTables>;
    const within = (work: (tx: Transaction<RelayerTables>) => Promise<void>) => db.transaction().execute(work);
    await within((tx) =>
      applyLogs(tx, deployment, [
        logOf({ block: 3, event: "GroupRegistered", args: [1, 1, [A, B]] }),
        logOf({ block: 5, event: "MemberRetired", args: [1, A, false] }),
        logOf({ block: 7, event: "MemberAdded", args: [1, C, concat([A, B, C]), false] }),
        logOf({ block: 7, event: "MemberRetired", args: [1, C, false], index: 1 }),
      ]),
    );
    const at = async (block?: number) => {
      const found = await groupAt({ db, escrow, group: 1, ...(block === undefined ? {} : { block }) });
      return found && { members: found.members, live: found.live };
    };
    return { db, within, at };
  }

  it("is what it was at each block", async () => {
    const { db, at } = await createStore();
    expect(await at(2)).to.equal(undefined);
    expect(await at(4)).to.deep.equal({ members: [A, B], live: [A, B] });
    expect(await at(6)).to.deep.equal({ members: [A, B], live: [B] });
    expect(await at(7)).to.deep.equal({ members: [A, B, C], live: [B] });
    expect(await at()).to.deep.equal(await at(7));
    expect(await groupsAt({ db, block: 6 })).to.deep.equal([
      { escrow, id: 1, threshold: 1, members: [A, B], live: [B] },
    ]);
    await db.destroy();
  });

  it("goes back with the chain", async () => {
    const { db, within, at } = await createStore();
    await within((tx) => rollbackLogs(tx, 6));
    expect(await at()).to.deep.equal({ members: [A, B], live: [B] });
    await within((tx) => rollbackLogs(tx, 4));
    expect(await at()).to.deep.equal({ members: [A, B], live: [A, B] });
    await within((tx) => rollbackLogs(tx, null));
    expect(await at()).to.equal(undefined);
    await db.destroy();
  });

  function logOf(p: { block: number; event: string; args: unknown[]; index?: number }): ChainLog {
    return {
      ...interfaces.quorum.encodeEventLog(p.event, p.args),
      address: escrow,
      blockNumber: p.block,
      blockHash: ZERO_HASH,
      transactionHash: ZERO_HASH,
      index: p.index ?? 0,
    };
  }
});
