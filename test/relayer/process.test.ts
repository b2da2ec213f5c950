import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { writeKeystore } from "../../src/config/keystore.ts";
import { freePort } from "../../src/node/ports.ts";
import { root, runCli } from "../cli/run.ts";
import { createRelayerPlace } from "../support/relayerProcess.ts";
import type { RelayerPlace } from "../support/relayerProcess.ts";
import { until } from "../support/until.ts";
import { startWeb3SignerStandIn } from "../support/web3SignerStandIn.ts";

describe("a relayer's process", () => {
  let place: RelayerPlace;
  before(async () => {
    place = await createRelayerPlace();
  });
  after(() => place.close());

  it("runs, says how it is, and stops in order", async () => {
    const { child, ended, url, said } = await place.started(
      {},
      { program: [join(root, "src/cli/main.ts"), "relayer", "run"] },
    );
    expect(await (await fetch(`${url}/health`)).json()).to.have.property("alive", true);
    const ready = await fetch(`${url}/ready`);
    const state = (await ready.json()) as { reasons: { code: string }[]; role: string };
    expect([ready.status, state.role, state.reasons.map(({ code }) => code)]).to.deep.equal([
      503,
      "leader",
      ["broker"],
    ]);
    expect(await (await fetch(`${url}/metrics`)).text()).to.match(/^factorychain_lease_held\{\S+ 1$/m);

    const status = await runCli("relayer", "status", "--url", url, "--json");
    expect(status.code, status.stderr).to.equal(75);
    expect((JSON.parse(status.stdout) as { reasons: unknown }[])[0]?.reasons).to.have.length(1);
    expect((await runCli("relayer", "status", "--url", url)).stdout).to.match(/ready +no\n.*\n.*\n.*lease/);
    expect((await runCli("relayer", "refused", "--url", url)).stdout).to.equal("Nothing.\n");
    const retried = await runCli("relayer", "retry", "--url", url);
    expect([retried.code, retried.stdout]).to.deep.equal([0, `0 events are judged again at ${url}\n`]);

    child.kill("SIGTERM");
    expect(await ended, said()).to.equal(0);
    expect(said()).to.include("the relayer has stopped");
  });

  it("has its figures on an address of their own, where it is told to", async () => {
    const metricsListen = `127.0.0.1:${await freePort()}`;
    const { child, ended, url } = await place.started({ metricsListen });
    expect((await fetch(`http://${metricsListen}/metrics`)).status).to.equal(200);
    expect((await fetch(`http://${metricsListen}/v1/status`)).status).to.equal(404);
    expect((await fetch(`${url}/metrics`)).status).to.equal(404);
    child.kill("SIGINT");
    expect(await ended).to.equal(0);
  });

  it("ends at once when it is asked twice", async () => {
    const silent = createServer((socket) => socket.resume()); // a node that never answers
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const rpcUrls = [`http://127.0.0.1:${(silent.address() as AddressInfo).port}`];
    const { child, ended, said } = await place.start({ rpcUrls });
    await until(() => said().includes("the relayer starts") || child.exitCode !== null);
    child.kill("SIGTERM");
    await until(() => said().includes("stopping") || child.exitCode !== null);
    child.kill("SIGTERM");
    expect(await ended, said()).to.equal(143);
    silent.close();
  });

  it("signs with a keystore, and with a web3signer", async () => {
    const wallet = Wallet.createRandom();
    const password = "battery staple horse";
    const keystore = join(place.folder, "keystore.json");
    await writeKeystore({ file: keystore, wallet, password, scrypt: { N: 2, r: 8, p: 1 } });
    const keyPasswordFile = place.file("password", `${password}\n`);
    const server = await startWeb3SignerStandIn({ privateKeys: [wallet.privateKey] });
    const web3signer = { url: server.url, publicKey: `0x${wallet.signingKey.publicKey.slice(4)}` };
    for (const key of [
      { keyFile: keystore, keyPasswordFile },
      { keyFile: undefined, web3signer },
    ]) {
      const { child, ended, url, said } = await place.started(key);
      const { relayer } = (await (await fetch(`${url}/v1/status`)).json()) as { relayer: string };
      expect(relayer).to.equal(wallet.address.toLowerCase());
      child.kill("SIGTERM");
      expect(await ended).to.equal(0);
      expect(said()).to.not.include(password).and.not.include(wallet.privateKey.slice(2));
    }
    await server.stop();
    await place.expectEnd([{ keyFile: keystore }], "no file with its password is named");
    await place.expectEnd(
      [{ keyFile: keystore, keyPasswordFile: place.file("wrong", "battery") }],
      /password in .*wrong does not open/,
    );
  });

  it("says what to do about a port that is taken, or not this machine's", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const listen = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    await place.expectEnd([{ listen }], `cannot listen at ${listen} (listen): another program has it`);
    await place.expectEnd([{ metricsListen: listen }], `cannot listen at ${listen} (metricsListen)`);
    taken.close();
    await place.expectEnd([{ listen: "192.0.2.1:8701" }], "this machine does not have the address");
  });

  it("says what to do about files that are missing, wrong or closed", async () => {
    await place.expectEnd(
      [{ deployment: join(place.folder, "gone.json") }],
      "the deployment file, cannot be read: there is no such",
    );
    await place.expectEnd([{ deployment: place.file("bad.json", "{}") }], "bad.json");
    await place.expectEnd([{ keyFile: place.file("bad.key", "0x12") }], "holds no private key");
    await place.expectEnd([{ operatorTokenFile: place.file("short.token", "hush") }], "holds no token");
    await place.expectEnd([{ colour: "red" }], "colour in");
    await place.expectEnd([{ store: join(place.folder, "no/such/folder/store.sqlite") }], "store.sqlite");
    await place.expectEnd([{ store: place.folder }], place.folder);
  });
});
