import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import mqtt from "mqtt";
import { relayerMigrations } from "../../src/relayer/migrations.ts";
import { freePort } from "../../src/node/ports.ts";
import { bindStore } from "../../src/store/binding.ts";
import { openDatabase } from "../../src/store/database.ts";
import { createAuthority, describeMosquitto, startOwnMosquitto } from "../support/mosquitto.ts";
import { newPostgresStore, startOwnPostgres } from "../support/postgres.ts";
import { createRelayerPlace, expectNoTrace } from "../support/relayerProcess.ts";
import type { RelayerPlace } from "../support/relayerProcess.ts";
import { describePostgres } from "../support/stores.ts";
import { until } from "../support/until.ts";
import { startWeb3SignerStandIn } from "../support/web3SignerStandIn.ts";

/** Whether this user may mount in a name space of its own, as root may. */
const mounts = ((): boolean => {
  try {
    execFileSync("unshare", ["--mount", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe("a relayer on a machine that fails it", () => {
  let place: RelayerPlace;
  before(async () => {
    place = await createRelayerPlace();
  });
  after(() => place.close());

  type Relayer = Awaited<ReturnType<RelayerPlace["start"]>>;
  /** Waits until it gives exactly these reasons for not being ready. */
  async function notReady(relayer: Relayer, ...codes: string[]): Promise<string> {
    let last: unknown = null;
    const found = async () => {
      const { reasons } = await relayer.ready();
      last = reasons;
      return reasons.map(({ code }) => code).join() === codes.join() && reasons;
    };
    await until(async () => (await found()) !== false, 40_000).catch(() => undefined);
    expect(last, relayer.said()).to.satisfy(
      (reasons: { code: string }[]) => reasons.map(({ code }) => code).join() === codes.join(),
    );
    return (last as { detail: string }[]).map(({ detail }) => detail).join("\n");
  }
  const post = (relayer: Relayer, text: string) =>
    fetch(`${relayer.url}/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/jose" },
      body: text,
    });
  const kept = async (relayer: Relayer) =>
    ((await (await fetch(`${relayer.url}/v1/messages`)).json()) as unknown[]).length;

  describe("ends, with one message, when", () => {
    const ends = (...given: Parameters<RelayerPlace["expectEnd"]>) => place.expectEnd(...given);

    it("its configuration is broken, empty, or not there", async () => {
      await ends([{}, { config: '{"listen": ' }], /relayer-\d+\.json is no JSON/, "Expected: a JSON object");
      await ends([{}, { config: "[]" }], "must be an object");
      await ends([{}, { config: null }], "cannot be read");
    });

    it("the node is on another chain, or the deployment file is another chain's", async () => {
      const other = (more: object) => JSON.stringify({ ...place.deployment, ...more });
      await ends([{ deployment: place.file("chain.json", other({ chainId: 1 })) }], /chain 31337/, /\b1\b/);
      const genesis = `0x${"ab".repeat(32)}`;
      await ends([{ deployment: place.file("genesis.json", other({ genesis })) }], genesis);
      await ends([{ deployment: place.file("broken.json", "{") }], "broken.json", "JSON");
    });

    it("its store is another relayer's, a newer version's, no database, or cannot be written", async () => {
      const [foreign, newer] = ["foreign", "newer"].map((name) => join(place.folder, `${name}.sqlite`)) as [
        string,
        string,
      ];
      const stranger = Wallet.createRandom().address.toLowerCase();
      let db = await openDatabase({ url: foreign, migrations: relayerMigrations });
      await bindStore({ db, values: { genesis: place.deployment.genesis, signer: stranger } });
      await db.destroy();
      await ends([{ store: foreign }], `belongs to another signer: ${stranger}`);
      const future = { name: "relayer-999-wonder", up: () => Promise.resolve() };
      db = await openDatabase({ url: newer, migrations: [...relayerMigrations, future] });
      await db.destroy();
      await ends([{ store: newer }], "written by another version: relayer-999-wonder");
      await ends([{ store: place.file("text.sqlite", "this is a text, and no database\n".repeat(99)) }], "damaged");
      const closed = join(place.folder, "closed");
      mkdirSync(closed);
      const readOnly = mounts
        ? ["unshare", "--mount", "sh", "-c", `mount -t tmpfs -o ro tmpfs ${closed} && exec "$0" "$@"`]
        : ["sh", "-c", `chmod 0555 ${closed} && exec "$0" "$@"`];
      await ends([{ store: join(closed, "store.sqlite") }, { within: readOnly }], "store.sqlite");
    });

    it("its key cannot be read, or is no key", async () => {
      await ends([{ keyFile: place.folder }], place.folder);
      await ends([{ keyFile: join(place.folder, "gone.key") }], "gone.key");
      await ends([{ keyFile: place.file("cut.json", '{"crypto":{"cipher":"aes-128-ctr"') }], "cut.json");
      await ends([{ senderKeys: [join(place.folder, "gone.sender")] }], "gone.sender");
    });

    it("the address for its peers is taken", async () => {
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
      const listen = `127.0.0.1:${String((taken.address() as AddressInfo).port)}`;
      const authority = createAuthority("Consortium");
      const tls = { ca: authority.ca, ...authority.issue("relayer"), listen };
      await ends([{ tls }], `cannot listen at ${listen} (tls.listen): another program has it`);
      await ends([{ tls: { ...tls, cert: place.file("none.pem", "no PEM") } }], "TLS files cannot be used");
      taken.close();
      authority.remove();
    });
  });

  describe("waits, says so, and goes on by itself", () => {
    it("without a node", async () => {
      const relayer = await place.start({ rpcUrls: [`http://127.0.0.1:${String(await freePort())}`] });
      await until(() => relayer.said().includes("the chain's node is away; trying again"));
      expect(relayer.child.exitCode).to.equal(null);
      expectNoTrace(relayer.said());
      await place.stop(relayer);
    });

    it("without a broker", async () => {
      const relayer = await place.started();
      expect(await notReady(relayer, "broker")).to.equal("The broker is not connected.");
      await until(() => relayer.said().includes("the broker does not answer"));
      expectNoTrace(relayer.said());
      await place.stop(relayer);
    });

    it("while its web3signer is away, or has another key", async () => {
      const [own, other] = [Wallet.createRandom(), Wallet.createRandom()];
      const publicKey = `0x${own.signingKey.publicKey.slice(4)}`;
      const server = await startWeb3SignerStandIn({ privateKeys: [other.privateKey] });
      const without = { keyFile: undefined };
      const wrong = await place.started({ ...without, web3signer: { url: server.url, publicKey } });
      expect(await notReady(wrong, "signer", "broker")).to.match(/does not have the key of 0x.*\n.*\nWhat to do/s);
      await place.stop(wrong);
      await server.stop();
      const away = await place.started({ ...without, web3signer: { url: server.url, publicKey } });
      expect(await notReady(away, "signer", "broker")).to.match(/web3signer at \S+ does not answer.*What to do/s);
      await place.stop(away);
    });

    it("when blocks are taken back that counted as final, and counts them", async () => {
      const relayer = await place.started();
      const undone = async () =>
        Number(/final_blocks_undone_total\S* (\d+)/.exec(await (await fetch(`${relayer.url}/metrics`)).text())?.[1]);
      const block = async () =>
        Number(/factorychain_head_block\S* (\d+)/.exec(await (await fetch(`${relayer.url}/metrics`)).text())?.[1]);
      const first = await block();
      await until(async () => (await block()) > first + 6);
      // Without a block meanwhile, it has followed all five.
      await place.anvil.rpc("evm_setIntervalMining", [0]);
      const head = Number(await place.anvil.rpc("eth_blockNumber"));
      await until(async () => (await block()) >= head);
      expect(await undone()).to.equal(0);
      await place.anvil.rpc("anvil_reorg", [5, []]);
      await place.anvil.rpc("evm_setIntervalMining", [1]);
      await until(async () => (await undone()) > 0);
      // A block may have been on its way when mining stopped.
      expect(await undone()).to.be.within(4, 5);
      await until(() => relayer.said().includes("the chain took back blocks that counted as final"));
      await place.stop(relayer);
    });
  });

  describeMosquitto("its broker", () => {
    it("has a certificate that has expired: it says so, and is not ready", async () => {
      const authority = createAuthority("Factory");
      const broker = await startOwnMosquitto({ tls: authority.issue("broker", -1) });
      const relayer = await place.started({ mqtt: { url: broker.url, ca: authority.ca } });
      await until(() => /the broker does not answer/.test(relayer.said()));
      expect(relayer.said()).to.match(/certificate has expired/);
      await notReady(relayer, "broker");
      expectNoTrace(relayer.said());
      await place.stop(relayer);
      await broker.remove();
      authority.remove();
    });

    it("and its full disk: nothing is acknowledged, it says so, and goes on when there is room", async () => {
      const folder = join(place.folder, "small");
      mkdirSync(folder);
      const broker = await startOwnMosquitto();
      const mount = `mount -t tmpfs -o size=4m tmpfs ${folder} && exec "$0" "$@"`;
      const relayer = await place.started(
        { store: join(folder, "store.sqlite"), mqtt: { url: broker.url, version: "5" } },
        mounts ? { within: ["unshare", "--mount", "sh", "-c", mount] } : {},
      );
      const { pid } = relayer.child;
      const ballast = `/proc/${String(pid)}/root${folder}/ballast`;
      const limit = (size: string) => execFileSync("prlimit", ["--pid", String(pid), `--fsize=${size}:`]);
      const fill = (): void => {
        if (!mounts) return void limit("4096");
        try {
          writeFileSync(ballast, Buffer.alloc(8 * 1024 * 1024));
        } catch (error) {
          expect(error).to.have.property("code", "ENOSPC");
        }
      };
      const client = await mqtt.connectAsync(broker.url, { protocolVersion: 5 });
      const send = (text: string) => client.publishAsync("factorychain/devices/x/events", text, { qos: 1 });
      await until(async () => (await relayer.ready()).status === 200);
      expect((await post(relayer, "e.first.")).status).to.equal(422);
      await send("e.second.");
      await until(async () => (await kept(relayer)) === 2);

      fill();
      const answer = await post(relayer, `e.${"x".repeat(50_000)}.`);
      const problem = (await answer.json()) as { title: string; detail: string };
      expect(answer.status, JSON.stringify(problem)).to.equal(503);
      if (mounts) expect(problem.title).to.equal("store-full");
      for (let i = 0; i < 20; i++) await send(`e.${String(i)}${"x".repeat(20_000)}.`);
      const reasons = async () => (await relayer.ready()).reasons.find(({ code }) => code === "store")?.detail;
      await until(async () => (await reasons()) !== undefined, 30_000);
      if (mounts) expect(await reasons()).to.match(/has no room left.*\nExpected: free space.*\nWhat to do: Make room/);
      expect(await kept(relayer)).to.equal(2);
      await until(() => relayer.said().includes("messages wait for the store"));
      if (mounts) expect(relayer.said()).to.match(/has no room left/);
      expectNoTrace(relayer.said());

      if (mounts) rmSync(ballast);
      else limit("unlimited");
      await until(async () => (await relayer.ready()).status === 200, 60_000);
      expect((await post(relayer, "e.last.")).status).to.equal(422);
      await until(async () => (await kept(relayer)) === 23, 60_000);
      await client.endAsync();
      await place.stop(relayer);
      await broker.remove();
    });
  });

  describePostgres("its PostgreSQL", () => {
    it("refuses the password, has no such database, or takes no writes: it ends, and never says the password", async () => {
      const good = new URL(await newPostgresStore());
      const changed = (change: (url: URL) => void): string => {
        const url = new URL(good);
        change(url);
        return url.href;
      };
      const say = async (store: string, text: string) => {
        const given: [Record<string, unknown>] = [{ store: { file: place.file("store.url", store) } }];
        await place.expectEnd(given, text);
      };
      await say(
        changed((url) => (url.password = "wrong")),
        "refuses this user",
      );
      await say(
        changed((url) => (url.pathname = "/nothing")),
        "does not exist",
      );
      await say(
        changed((url) => url.searchParams.set("options", "-c default_transaction_read_only=on")),
        "cannot be written",
      );
    });

    it("is down at the start, and again later: it waits, says so, and goes on", async () => {
      const server = await startOwnPostgres();
      await server.stop();
      const relayer = await place.start({ store: { file: place.file("down.url", server.url) } });
      await until(() => relayer.said().includes("the store is away; trying again"));
      await server.start();
      await until(() => relayer.said().includes("the relayer is up"));
      expect((await post(relayer, "e.first.")).status).to.equal(422);
      await server.kill();
      expect((await post(relayer, "e.lost.")).status).to.equal(503);
      await until(async () => (await relayer.ready()).reasons.some(({ code }) => code === "store"));
      await server.start();
      await notReady(relayer, "broker");
      expect((await post(relayer, "e.last.")).status).to.equal(422);
      expect(await kept(relayer)).to.equal(2);
      expectNoTrace(relayer.said());
      expect(relayer.said()).to.not.include(new URL(server.url).password);
      await place.stop(relayer);
      await server.remove();
    });
  });
});
