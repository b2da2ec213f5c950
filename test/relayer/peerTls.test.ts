import { copyFileSync } from "node:fs";
import { connect } from "node:tls";
import { expect } from "chai";
import { createApi } from "../../src/relayer/api.ts";
import { openDoor } from "../../src/relayer/door.ts";
import type { Door } from "../../src/relayer/door.ts";
import { createLimiter } from "../../src/relayer/limits.ts";
import { createPeers } from "../../src/relayer/peers.ts";
import { createPeerFetch } from "../../src/relayer/peerFetch.ts";
import { createPeerServer } from "../../src/relayer/peerServer.ts";
import { createSuspects } from "../../src/relayer/suspects.ts";
import { openCredentials } from "../../src/relayer/tls.ts";
import type { TlsFiles } from "../../src/relayer/tls.ts";
import { temporaryFolder } from "../cli/run.ts";
import { makeCa, makeMember } from "../../testbed/certificates.ts";
import { until } from "../support/until.ts";
import { failureOf } from "../support/failureOf.ts";

const account = (n: number): string => `0x${String(n).repeat(40)}`;

describe("relayers know one another by certificate", () => {
  const [ours, theirs] = [temporaryFolder(), temporaryFolder()];
  const stops: (() => Promise<void>)[] = [];
  let [a, b, c, expired, stranger]: TlsFiles[] = [];

  before(() => {
    makeCa(ours.folder);
    makeCa(theirs.folder);
    [a, b, c] = [1, 2, 3].map((n) => makeMember(ours.folder, { name: `m${String(n)}`, account: account(n) }));
    expired = makeMember(ours.folder, { name: "old", account: account(2), days: -1 });
    const foreign = makeMember(theirs.folder, { name: "m2", account: account(2) });
    stranger = { ...foreign, ca: a?.ca ?? "" };
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
  });
  after(() => {
    ours.remove();
    theirs.remove();
  });

  const said: string[] = [];
  const note = (fields: object, message: string): unknown => said.push(`${message} ${JSON.stringify(fields)}`);
  const log = { info: note, warn: note, error: note };

  /** A server of the first member, which knows the second one, and says who calls. */
  async function serve(peerText = "", files = a, clock?: () => number) {
    said.length = 0;
    const fingerprints = peerText === "" ? [] : [peerText];
    const peers = [{ url: "https://localhost:1/", account: account(2), fingerprints }];
    const credentials = openCredentials({ files: files as TlsFiles, account: account(1), log });
    const { app, identify } = createPeerServer({ peers, credentials, log, ...(clock ? { clock } : {}) });
    app.get("/who", (request) => ({ account: identify(request) }));
    await app.listen({ host: "127.0.0.1", port: 0 });
    stops.push(() => app.close());
    const url = `https://127.0.0.1:${String((app.server.address() as { port: number }).port)}`;
    return { url, credentials };
  }

  /** What a server answers to whoever has these files, and takes it for a certain account. */
  async function ask(url: string, files: TlsFiles | undefined, whose = account(1)): Promise<unknown> {
    const peers = [{ url, account: whose, fingerprints: [] }];
    const credentials = openCredentials({ files: files as TlsFiles, account: account(2), log });
    const client = createPeerFetch({ peers, credentials });
    stops.push(client.close);
    const answer = await client.fetch(`${url}/who`);
    return ((await answer.json()) as { account: unknown }).account;
  }

  it("lets a configured peer in, under its account", async () => {
    const { url } = await serve();
    expect(await ask(url, b)).to.equal(account(2));
  });

  it("takes another member's certificate for nobody, and says so", async () => {
    const { url } = await serve();
    expect(await ask(url, c)).to.equal(null);
    expect(said.join("\n")).to.include("its certificate is none of a configured peer").and.include(account(3));
  });

  it("answers what peers ask to configured peers alone, under their accounts and within their limits", async () => {
    const peers = [{ url: "https://localhost:1/", account: account(2), fingerprints: [] }];
    const credentials = openCredentials({ files: a as TlsFiles, account: account(1), log });
    const { app, identify } = createPeerServer({ peers, credentials, log });
    const shares: unknown[] = [];
    const signed = { digest: `0x${"01".repeat(32)}`, signature: `0x${"02".repeat(64)}` };
    const suspects = createSuspects({ log });
    const few = { perSecond: 0, burst: 2 };
    const inner = {
      ...{ server: app, identify, suspects, recovering: () => false, inbox: null as never, agreement: null as never },
      limiter: createLimiter({ limits: { requests: few, bytes: { perSecond: 0, burst: 1_000 } } }),
      batches: { addShare: (share: unknown) => Promise.resolve(shares.push(share) > 0) },
    };
    const open = createApi({
      ...{ db: null as never, address: account(1), head: () => null, inbox: null as never, sheets: null as never },
      ...{ standing: null as never, peers: inner },
    });
    await app.listen({ host: "127.0.0.1", port: 0 });
    stops.push(() => app.close());
    const url = `https://127.0.0.1:${String((app.server.address() as { port: number }).port)}`;
    const share = async (files: TlsFiles | undefined): Promise<number> => {
      const own = openCredentials({ files: files as TlsFiles, account: account(2), log });
      const client = createPeerFetch({ peers: [{ url, account: account(1), fingerprints: [] }], credentials: own });
      stops.push(client.close);
      const body = JSON.stringify(signed);
      const headers = { "content-type": "application/json" };
      return (await client.fetch(`${url}/v1/peer/shares`, { method: "POST", headers, body })).status;
    };
    expect([await share(b), await share(c), await share(b), await share(b)]).to.deep.equal([200, 403, 200, 429]);
    expect(shares[0]).to.deep.equal({ ...signed, from: account(2) });
    expect(shares.length).to.equal(2);
    expect(suspects.counts()).to.deep.equal({ [account(2)]: { flood: 1 } });
    // The public address knows no such page.
    expect((await open.inject({ method: "POST", url: "/v1/peer/shares", payload: {} })).statusCode).to.equal(404);
  });

  it("refuses an expired certificate, one of another CA, and none at all, and says why", async () => {
    const { url } = await serve();
    expect(await failureOf(ask(url, expired))).to.be.instanceOf(Error);
    expect(await failureOf(ask(url, stranger))).to.be.instanceOf(Error);
    const bare = connect({ port: Number(new URL(url).port), host: "127.0.0.1", rejectUnauthorized: false });
    await new Promise((resolve) =>
      bare
        .on("close", resolve)
        .on("error", () => undefined)
        .on("data", () => undefined),
    );
    const text = said.join("\n");
    expect(text).to.include("its certificate has expired");
    expect(text).to.include("its CA is not among those that are trusted here");
    expect(text).to.include("it showed no certificate");
  });

  it("closes what one opens too often, and has room for the others", async () => {
    const peers = [2, 3].map((n) => ({
      url: `https://localhost:${String(n)}/`,
      account: account(n),
      fingerprints: [],
    }));
    const credentials = openCredentials({ files: a as TlsFiles, account: account(1), log });
    const { app, identify } = createPeerServer({ peers, credentials, log });
    app.get("/who", (request) => ({ account: identify(request) }));
    await app.listen({ host: "127.0.0.1", port: 0 });
    stops.push(() => app.close());
    const { port } = app.server.address() as { port: number };
    const { ca, cert, key } = openCredentials({ files: b as TlsFiles, account: account(2), log }).current();
    const closed: unknown[] = [];
    const sockets = Array.from({ length: 40 }, () =>
      connect({ port, host: "127.0.0.1", ca, cert, key, checkServerIdentity: () => undefined })
        .on("error", () => undefined)
        .on("close", () => closed.push(0)),
    );
    await until(() => closed.length === 8);
    expect(await ask(`https://127.0.0.1:${String(port)}`, c)).to.equal(account(3));
    expect(closed.length).to.equal(8);
    expect(said.join("\n")).to.include("a connection was closed: it has too many");
    for (const socket of sockets) socket.destroy();
    // The server has heard of it a moment later.
    await until(async () => (await ask(`https://127.0.0.1:${String(port)}`, b).catch(() => null)) === account(2));
  });

  it("cuts off who sends a body slowly, and takes nothing of it", async () => {
    const peers = [{ url: "https://localhost:1/", account: account(2), fingerprints: [] }];
    const credentials = openCredentials({ files: a as TlsFiles, account: account(1), log });
    const { app } = createPeerServer({ peers, credentials, log, requestTimeout: 500 });
    let taken = 0;
    app.post("/take", () => ({ taken: ++taken }));
    await app.listen({ host: "127.0.0.1", port: 0 });
    stops.push(() => app.close());
    const { port } = app.server.address() as { port: number };
    const { ca, cert, key } = openCredentials({ files: b as TlsFiles, account: account(2), log }).current();
    const slow = connect({ port, host: "127.0.0.1", ca, cert, key, checkServerIdentity: () => undefined });
    let answer = "";
    slow.setEncoding("utf8").on("data", (chunk: string) => (answer += chunk));
    slow.write("POST /take HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{");
    const drip = setInterval(() => slow.write(" "), 100);
    await new Promise((resolve) => slow.on("close", resolve).on("error", () => undefined));
    clearInterval(drip);
    expect(answer).to.match(/^HTTP\/1\.1 408 /);
    expect(taken).to.equal(0);
  });

  it("forgets a certificate that expires while its connection is open", async () => {
    let now = Date.now();
    const { url } = await serve("", a, () => now);
    const peers = [{ url, account: account(1), fingerprints: [] }];
    const client = createPeerFetch({
      peers,
      credentials: openCredentials({ files: b as TlsFiles, account: account(2), log }),
    });
    stops.push(client.close);
    const who = async (): Promise<unknown> => (await client.fetch(`${url}/who`)).json();
    expect(await who()).to.deep.equal({ account: account(2) });
    now += 366 * 86_400_000;
    expect(await who()).to.deep.equal({ account: null });
  });

  it("speaks nothing older than TLS 1.3", async () => {
    const { url } = await serve();
    const old = connect({
      port: Number(new URL(url).port),
      host: "127.0.0.1",
      rejectUnauthorized: false,
      maxVersion: "TLSv1.2",
    });
    const error = await new Promise<Error>((resolve) => old.on("error", resolve));
    expect(error.message).to.include("protocol version");
  });

  it("talks to no server that is another member, though the CA signed it, and names the peer as unreachable", async () => {
    const { url } = await serve("", c);
    const suspects = createSuspects({ log });
    const peers = [{ url, account: account(1), fingerprints: [] }];
    const credentials = openCredentials({ files: b as TlsFiles, account: account(2), log });
    const client = createPeerFetch({ peers, credentials });
    stops.push(client.close);
    const wire = createPeers({ peers, suspects, log, fetch: client.fetch });
    expect(await wire.push([{ payload: "x", encoding: "utf8" }])).to.deep.equal([[]]);
    expect(suspects.counts()).to.deep.equal({ [account(1)]: { unreachable: 1 } });
    expect(said.join("\n")).to.include(`the certificate is not that of ${account(1)}`);
  });

  it("takes a pinned certificate alone for its account", async () => {
    expect(await ask((await serve("0".repeat(64))).url, b)).to.equal(null);
  });

  it("takes up a renewed certificate without a new start, and leaves the old one where the new files are not whole", async () => {
    const live = makeMember(ours.folder, { name: "live", account: account(1) });
    const { url, credentials } = await serve("", live);
    copyFileSync(c?.key ?? "", live.key);
    credentials.refresh();
    expect(said.join("\n")).to.include("the old one stays");
    expect(await ask(url, b)).to.equal(account(2));
    copyFileSync(c?.cert ?? "", live.cert);
    credentials.refresh();
    expect(await ask(url, b, account(3))).to.equal(account(2));
  });
});

describe("how relayers reach one another", () => {
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const none = { ca: null, cert: null, key: null, listen: null };
  const local = { host: "127.0.0.1", port: 1 };
  const open = (more: Partial<Parameters<typeof openDoor>[0]>) => (): Door =>
    openDoor({ account: account(1), peers: [], listen: local, tls: none, log: quiet, ...more });

  it("is in clear on one machine only", () => {
    expect(open({ peers: ["http://127.0.0.1:2"] })().api).to.deep.equal({});
    expect(open({ peers: ["http://10.0.0.7:2"] })).to.throw("in clear");
    expect(open({ peers: ["http://127.0.0.1:2"], listen: { host: "0.0.0.0", port: 1 } })).to.throw("in clear");
    expect(open({ listen: { host: "0.0.0.0", port: 1 } })().api).to.deep.equal({ server: null });
  });

  it("needs all TLS settings, accounts, and files that can be read", () => {
    const whole = { ca: "no-such", cert: "no-such", key: "no-such", listen: local };
    const peers = [`https://b.example:1#account=${account(2)}`];
    expect(open({ peers, tls: { ...whole, key: null } })).to.throw("in part");
    expect(open({ peers: ["https://b.example:1"], tls: whole })).to.throw("in clear");
    expect(open({ peers, tls: whole })).to.throw("cannot be used");
    for (const text of ["https://b.example#account=0x12", "https://b.example#sha256=00", "https://b.example#acount=1"])
      expect(open({ peers: [text] })).to.throw("A peer is not written as it should be");
  });
});
