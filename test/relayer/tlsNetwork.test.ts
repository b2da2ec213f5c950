import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { Wallet, keccak256, toUtf8Bytes } from "ethers";
import { digestOf, eventsRoot, proposalToJson } from "../../src/relayer/batch.ts";
import type { Batch } from "../../src/relayer/batch.ts";
import { batchFromJson } from "../../src/relayer/batch.ts";
import { createPeerFetch } from "../../src/relayer/peerFetch.ts";
import { openCredentials } from "../../src/relayer/tls.ts";
import { readOrder } from "../../src/index.ts";
import type { OrderDocument } from "../../src/index.ts";
import { createEventSigner } from "../../testbed/events.ts";
import { foundTrade, openOrders } from "../../testbed/orders.ts";
import { temporaryFolder } from "../cli/run.ts";
import { makeCa } from "../../testbed/certificates.ts";
import { createTlsNetwork } from "../support/tlsNetwork.ts";
import type { RelayerChild } from "../support/tlsNetwork.ts";
import { story } from "../support/story.ts";
import { until } from "../support/until.ts";

const KRW = "KRW";
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe("three relayer processes that talk by mutual TLS", function () {
  this.timeout(240_000);
  const [place, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const step = story();
  let network: Awaited<ReturnType<typeof createTlsNetwork>>;
  let processes: RelayerChild[];
  let order: OrderDocument;
  let signer: ReturnType<typeof createEventSigner>;

  before(async () => {
    network = await createTlsNetwork(place.folder);
    makeCa(elsewhere.folder);
  });
  after(async () => {
    await network.stop();
    place.remove();
    elsewhere.remove();
  });

  /** A device's event of one piece goes to one relayer alone. @returns when it is delivered on the chain */
  async function deliver(upTo: bigint, to = 0): Promise<void> {
    const time = Math.floor(Date.now() / 1000);
    const { message } = await signer.sign({ order, line: 0, time });
    const url = new URL("/v1/events", network.members[to]!.url);
    const body = message.payload as Uint8Array<ArrayBuffer>;
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/jose" }, body });
    expect(answer.status, await answer.text()).to.be.oneOf([201, 202]);
    await until(async () => (await delivered()) === upTo, 90_000);
  }

  async function delivered(): Promise<bigint | undefined> {
    return (await readOrder({ client: network.admin, currency: KRW, order: order.id }))?.lines[0]?.delivered;
  }

  step("settle an event that one of them alone was given", async () => {
    processes = await Promise.all(network.members.map((member) => network.start(member)));
    const { admin, group, members } = network;
    const trade = await foundTrade({ admin, suppliers: 1, devices: 1 });
    const plan = { count: 1, lines: () => 1 };
    [order] = (await openOrders({ admin, trade, currency: KRW, group, relayers: [members[0].url], plan })) as [
      OrderDocument,
    ];
    signer = createEventSigner({ devices: trade.devices, gln: trade.gln });
    await deliver(1n);
  });

  step("let nobody in by a certificate of another CA, and say so on both sides", async () => {
    const account = network.members[1].account;
    const stranger = await network.member("m2", { folder: elsewhere.folder, account });
    const relayer = await network.start(stranger, network.members);
    const refusal = "a connection was refused: its CA is not among those that are trusted here";
    await until(() => processes.every(({ said }) => said().includes(refusal)));
    await until(() =>
      /a member is not as it should be.*unreachable|unreachable.*a member is not as/.test(relayer.said()),
    );
    expect(relayer.said()).to.include("this relayer's certificate does not name its account");
    expect(await relayer.stop()).to.equal(0);
  });

  step("let nobody in by one that has expired, and say so on both sides", async () => {
    const old = await network.member("old", { days: -1 });
    const relayer = await network.start(old, network.members);
    expect(relayer.said()).to.include("this relayer's certificate has expired: no peer talks to it");
    await until(() => processes.every(({ said }) => said().includes("refused: its certificate has expired")));
    expect(await relayer.stop()).to.equal(0);
    await deliver(2n, 1);
  });

  step("name a member that signs two batches for one block, and whose shares are none", async () => {
    const [first, , evil] = network.members;
    await processes[2]!.stop();
    const { fetch, close } = createPeerFetch({
      peers: [{ url: first.peerUrl, account: first.account, fingerprints: [] }],
      credentials: openCredentials({ files: evil.files, account: evil.account, log: silent }),
    });
    const post = async (path: string, body: string) => {
      const headers = { "content-type": "application/json" };
      const answer = await fetch(new URL(path, first.peerUrl), { method: "POST", headers, body });
      return { status: answer.status, body: await answer.text() };
    };
    const store = new DatabaseSync(first.store, { readOnly: true });
    const rows = store.prepare("select digest, document from batches order by block desc").all();
    store.close();
    const { digest, document } = rows[0] as { digest: string; document: string };
    const known = batchFromJson(JSON.parse(document));
    const { chainId } = network.deployment;
    const sign = (hash: string, by: Wallet = evil.wallet) => by.signingKey.sign(hash).serialized;
    const other: Batch = { ...known, members: known.members.slice(0, 2) };
    const wrong = {
      payload: sign(keccak256(toUtf8Bytes("something else"))),
      domain: sign(digestOf({ chainId: chainId + 1, batch: known })),
      signer: sign(digest, new Wallet(Wallet.createRandom().privateKey)),
      epoch: sign(digestOf({ chainId, batch: other })),
    };
    for (const [what, signature] of Object.entries(wrong))
      expect((await post("/v1/peer/shares", JSON.stringify({ digest, signature }))).status, what).to.equal(422);

    for (const quantity of [5n, 6n]) {
      const events = [{ ...known.reports[0]!.events[0]!, eventId: "made up", quantity }];
      const report = { ...known.reports[0]!, to: known.reports[0]!.from + quantity, events, root: eventsRoot(events) };
      const batch = { ...known, proposer: evil.account, reports: [report] };
      const answer = await post(
        "/v1/peer/proposals",
        proposalToJson({ batch, signature: sign(digestOf({ chainId, batch })) }),
      );
      expect(JSON.parse(answer.body)).to.have.property("decision").that.is.not.equal("sign");
    }
    await close();

    const figures = await (await globalThis.fetch(`${first.url}/metrics`)).text();
    const count = (kind: string) =>
      Number(
        figures
          .split("\n")
          .find((line) => line.includes(`"${kind}"`) && line.includes(evil.account))
          ?.split(" ")
          .at(-1),
      );
    expect(count("invalid-share"), figures).to.equal(4);
    expect(count("equivocated")).to.be.greaterThan(0);
    for (const kind of ["invalid-share", "equivocated"])
      expect(processes[0]!.said()).to.match(new RegExp(`${evil.account}.*"suspicion":"${kind}"`));
    await deliver(3n);
  });

  step("stop in order", async () => {
    for (const relayer of processes.slice(0, 2)) expect(await relayer.stop()).to.equal(0);
    expect(await delivered()).to.equal(3n);
  });
});
