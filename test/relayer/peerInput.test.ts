import { expect } from "chai";
import { Wallet, keccak256, toUtf8Bytes } from "ethers";
import { batchFromJson, digestOf } from "../../src/relayer/batch.ts";
import { createBatchStore } from "../../src/relayer/batchStore.ts";
import type { RelayerTables } from "../../src/relayer/tables.ts";
import type { Kysely } from "kysely";
import { deployment } from "../support/fakeEscrow.ts";
import { createOrderNetwork, deliveryOf } from "../support/orderNetwork.ts";
import { createRng } from "../../testbed/seeded.ts";

/** The first member has proposed an event and nobody has answered yet; the third one is hostile. */
async function fixture() {
  const place = await createOrderNetwork({ registered: 3, members: 4 });
  const { network, publish, step, device, chain, wallets, named } = place;
  while (chain.blocks.length % 24 !== 0) await step(1);
  for (const member of [1, 2, 3]) network[member]!.up = false;
  await publish(device, deliveryOf("e1", 4));
  await step(1);
  const row = (await network[0]!.db.selectFrom("batches").selectAll().executeTakeFirst())!;
  const batch = batchFromJson(JSON.parse(row.document));
  const evil = wallets[2]!;
  const from = evil.address.toLowerCase();
  const post = async (url: string, payload: string | Buffer, headers: object = {}) =>
    network[0]!.relayer.api.inject({
      method: "POST",
      url,
      headers: { "content-type": "application/json", "x-from": from, ...headers },
      payload,
    });
  const sign = (hash: string, by: Pick<Wallet, "signingKey"> = evil) => by.signingKey.sign(hash).serialized;
  const shares = () => network[0]!.db.selectFrom("shares").select("member").execute();
  const against = () => named[0]!.counts()[from]?.["invalid-share"] ?? 0;
  return { ...place, batch, digest: row.digest, evil, from, post, sign, shares, against };
}

type Place = Awaited<ReturnType<typeof fixture>>;

const { chainId } = deployment;

/** What a signature may be on that is not this batch of this group by one of its members. */
const WRONG: Record<string, (place: Place) => string | Promise<string>> = {
  "another payload": ({ sign }) => sign(keccak256(toUtf8Bytes("another"))),
  "the same payload in another domain": ({ sign, batch }) => sign(digestOf({ chainId: chainId + 1, batch })),
  "the same payload of another escrow": ({ sign, batch }) =>
    sign(digestOf({ chainId, batch: { ...batch, escrow: `0x${"ee".repeat(20)}` } })),
  "another group": ({ sign, batch }) => sign(digestOf({ chainId, batch: { ...batch, group: 2 } })),
  "another epoch of the group": ({ sign, batch }) =>
    sign(digestOf({ chainId, batch: { ...batch, members: batch.members.slice(0, 2) } })),
  "another block B": ({ sign, batch }) =>
    sign(digestOf({ chainId, batch: { ...batch, block: { ...batch.block, number: batch.block.number + 1 } } })),
  "a stranger's key": ({ sign, digest }) => sign(digest, Wallet.createRandom()),
  "the key of a relayer that is in no group": ({ sign, digest, wallets }) => sign(digest, wallets[3]),
  "the key of a member that was retired": async ({ sign, digest, retire, step }) => {
    retire(2);
    await step(1);
    return sign(digest);
  },
  "no point of the curve": () => `0x${"ff".repeat(64)}1b`,
};

describe("a share", () => {
  for (const [what, signatureOf] of Object.entries(WRONG)) {
    it(`by ${what} is answered with 422, counted against who sent it, and makes no certificate`, async () => {
      const place = await fixture();
      const signature = await signatureOf(place);
      const answer = await place.post("/v1/peer/shares", JSON.stringify({ digest: place.digest, signature }));
      expect(answer.statusCode, answer.body).to.equal(422);
      expect(answer.json<{ title: string }>().title).to.equal("share-invalid");
      expect(place.against()).to.equal(1);
      expect(await place.shares()).to.have.length.below(2);
      await place.step(20);
      expect(place.chain.delivered(place.order)).to.equal(0n);
      await place.close();
    });
  }

  it("by a member is taken, and taken once, however often it comes", async () => {
    const { post, sign, digest, shares, against, close } = await fixture();
    for (let i = 0; i < 3; i++) {
      const payload = JSON.stringify({ digest, signature: sign(digest) });
      expect((await post("/v1/peer/shares", payload)).statusCode).to.equal(200);
    }
    expect((await shares()).length).to.equal(2);
    expect(against()).to.equal(0);
    await close();
  });

  it("that cannot be read is answered with 422", async () => {
    const { post, digest, against, close } = await fixture();
    for (const body of [{}, [], null, { digest }, { digest, signature: "0x" }, { digest: "x", signature: "y" }]) {
      const answer = await post("/v1/peer/shares", JSON.stringify(body));
      expect(answer.statusCode, JSON.stringify(body)).to.equal(422);
    }
    expect(against()).to.equal(0);
    await close();
  });

  it("on a batch that nobody knows fills neither memory nor store", async () => {
    const { network, evil, close } = await fixture();
    const db = network[0]!.db as unknown as Kysely<RelayerTables>;
    const nothing = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const batches = createBatchStore({
      db,
      chainId,
      sign: () => Promise.resolve("0x"),
      certified: () => undefined,
      suspects: { note: () => undefined, clear: () => undefined, counts: () => ({}) },
      log: nothing,
    });
    const signature = evil.signingKey.sign(keccak256("0x")).serialized;
    for (let i = 0; i < 500; i++)
      await batches.addShare({ digest: keccak256(toUtf8Bytes(String(i))), signature, from: "0xa" });
    await batches.addShare({ digest: keccak256("0x"), signature, from: "0xb" });
    expect(batches.early().filter(({ from }) => from === "0xa")).to.have.length(64);
    expect(batches.early().filter(({ from }) => from === "0xb")).to.have.length(1);
    expect(await db.selectFrom("heard_batches").selectAll().execute()).to.deep.equal([]);
    await close();
  });
});

const POSTS = ["messages", "proposals", "shares", "roots"].map((name) => `/v1/peer/${name}`);
const GETS = ["events?after=", "newest/", "roots/", "batches/", "orders/"].map((name) => `/v1/peer/${name}`);

describe("the interface for peers", () => {
  it("answers whatever is sent with 2xx or 4xx, and goes on", async () => {
    const place = await fixture();
    const { post, network, from, step, chain, order, digest, sign, batch } = place;
    const rng = createRng(11);
    const bytes = (length: number) => Buffer.from(Array.from({ length }, () => rng.nat(256)));
    const text = JSON.stringify({ batch: { ...batch, reports: [] }, signature: sign(digest) });
    const bodies: (() => string | Buffer)[] = [
      () => bytes(1 + rng.nat(300)),
      () => "[".repeat(200_000),
      () => `{"messages":${"[".repeat(50_000)}${"]".repeat(50_000)}}`,
      () => JSON.stringify({ messages: Array.from({ length: 100_000 }, () => 0) }),
      () => JSON.stringify({ roots: Array.from({ length: 100_000 }, () => digest) }),
      () => JSON.stringify({ messages: [{ payload: "x".repeat(200_000), encoding: "utf8" }] }),
      () => JSON.stringify({ digest, signature: "0x" + "0".repeat(200_000) }),
      () => text.replace('"reports":[]', `"reports":[${"{},".repeat(40_000)}{}]`),
      () => `{"__proto__":{"digest":"${digest}"},"constructor":{"prototype":{}}}`,
      () => text.slice(0, rng.nat(text.length)),
      () => text.replace(/\d/g, (digit) => (rng.chance(0.1) ? String(rng.nat(10)) : digit)),
      () => text.replace(/"[^"]*"/g, (word) => (rng.chance(0.1) ? '"\\ud800\\u0000"' : word)),
      () => text.replace(/\d+/g, (number) => (rng.chance(0.2) ? "1e400" : number)),
    ];
    const types = ["application/json", "text/plain", "application/x-www-form-urlencoded", "x", ""];
    for (let round = 0; round < 12; round++) {
      for (const [i, url] of POSTS.entries()) {
        const body = bodies[(round + i * 3) % bodies.length]!();
        const headers = round % 4 === 3 ? { "content-type": rng.pick(types) } : {};
        const { statusCode, body: said } = await post(url, body, headers);
        expect(statusCode, `${url}: ${said}`).to.be.within(200, 499);
      }
      for (const url of GETS) {
        const ending = rng.pick([
          "-1",
          "1e99",
          "%00",
          "%ff",
          "%ud800",
          "x".repeat(5_000),
          digest,
          "0x",
          "../..",
          "NaN",
        ]);
        const headers = { "x-from": from };
        const { statusCode, body } = await network[0]!.relayer.api.inject({ url: url + ending, headers });
        expect(statusCode, `${url}${ending}: ${body}`).to.be.within(200, 499);
      }
    }
    for (const member of network.slice(0, 3)) member.up = true;
    await step(24);
    expect(chain.delivered(order)).to.equal(4n);
    await place.close();
  });
});
