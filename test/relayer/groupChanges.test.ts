import { expect } from "chai";
import { concat, toBeHex } from "ethers";
import type { Kysely, Transaction } from "kysely";
import { interfaces } from "../../src/chain/contracts.ts";
import { ZERO_HASH } from "../../src/chain/terms.ts";
import type { ChainLog } from "../../src/chain/transactions.ts";
import { batchFromJson, digestOf, proposalToJson } from "../../src/relayer/batch.ts";
import { applyLogs, rollbackLogs } from "../../src/relayer/chainIndex.ts";
import { groupAt, groupsAt } from "../../src/relayer/groups.ts";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import { openDatabase } from "../../src/store/database.ts";
import { deployment, escrow } from "../support/fakeEscrow.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";

describe("relayers follow their group", () => {
  it("go on without a retired member, with no turn left empty", async () => {
    const { publish, step, chain, device, order, retire } = await createOrderNetwork();
    retire(0);
    await step(1);
    for (let count = 1; count <= 8; count++) {
      await publish(device, deliveryOf(`e${String(count)}`, 1));
      await step(4);
      expect(chain.delivered(order)).to.equal(BigInt(count));
    }
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

  it("propose anew what reached the chain with the list of before", async () => {
    const { publish, step, chain, device, order, network, join } = await createOrderNetwork({
      members: 4,
      registered: 3,
    });
    await publish(device, deliveryOf("e1", 4));
    for (const [i, member] of network.entries()) member.up = i !== 3; // it would propose what the others still hold
    while ((await openBatches(network[1])).every(({ state }) => state !== "certified")) await step(1);
    join(3);
    await step(1);
    expect(chain.delivered(order)).to.equal(0n);
    await step(20);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("count the signature of a member that joined", async () => {
    const { publish, step, chain, device, order, network, join } = await createOrderNetwork({
      members: 4,
      registered: 3,
    });
    join(3);
    await publish(device, deliveryOf("e1", 4));
    for (const [i, member] of network.entries()) member.up = i === 0 || i === 3;
    await step(40);
    expect(chain.delivered(order)).to.equal(4n);
  });

  it("neither ask a retired member for a signature nor count one", async () => {
    const { publish, step, device, network, retire, wallets } = await createOrderNetwork();
    retire(0);
    await publish(device, deliveryOf("e1", 4));
    for (const [i, member] of network.entries()) member.up = i !== 2;
    while ((await openBatches(network[1])).length === 0) await step(1);
    const { digest, proposal } = await openProposal(network[1]);
    expect(await post(network[0], "proposals", proposalToJson(proposal))).to.include({
      decision: "refuse",
      reason: "not this relayer's group",
    });
    const signature = wallets[0]?.signingKey.sign(digest).compactSerialized;
    await post(network[1], "shares", { digest, signature });
    expect((await openBatches(network[1])).map(({ state }) => state)).to.deep.equal(["open"]);
  });

  it("refuse what was proposed at a block before the change, or by a member after its retirement", async () => {
    const { publish, step, device, network, retire, chain, wallets } = await createOrderNetwork();
    await publish(device, deliveryOf("e1", 4));
    for (const [i, member] of network.entries()) member.up = i === 1;
    while ((await openBatches(network[1])).length === 0) await step(1);
    const { proposal } = await openProposal(network[1]);
    for (const member of network) member.up = true;
    retire(0);
    await step(1);
    expect(await post(network[2], "proposals", proposalToJson(proposal))).to.include({
      reason: "the group changed after block B",
    });

    const { batch } = proposal;
    const { number, hash, time } = chain.blocks.at(-1) ?? batch.block;
    const block = { number, hash, time };
    const late = { ...batch, proposer: batch.members[0] ?? "", block };
    const signature = wallets[0]?.signingKey.sign(digestOf({ chainId: deployment.chainId, batch: late })).serialized;
    expect(await post(network[2], "proposals", proposalToJson({ batch: late, signature: signature ?? "" }))).to.include(
      {
        reason: "the proposer is no member",
      },
    );
  });
});

type Member = Awaited<ReturnType<typeof createOrderNetwork>>["network"][number] | undefined;

function openBatches(member: Member) {
  return member?.db.selectFrom("batches").selectAll().where("state", "!=", "done").execute() ?? Promise.resolve([]);
}

/** What a member proposed, with its signature, and its digest. */
async function openProposal(member: Member) {
  const [row] = await openBatches(member);
  const share = await member?.db.selectFrom("shares").select("signature").executeTakeFirst();
  const batch = batchFromJson(JSON.parse(row?.document ?? ""));
  return { digest: row?.digest ?? "", proposal: { batch, signature: share?.signature ?? "" } };
}

async function post(member: Member, path: string, payload: string | object): Promise<object> {
  const headers = { "content-type": "application/json" };
  const answer = await member?.relayer.api.inject({ method: "POST", url: `/v1/peer/${path}`, headers, payload });
  return answer?.json() as object;
}

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
