import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { deployContracts } from "../../src/node/deploy.ts";
import { root, startChain, temporaryFolder } from "../deploy/support.ts";
import type { Chain } from "../deploy/support.ts";

/** An id that no other test and no user has: the records of chains are told apart by it. */
const CHAIN_ID = 913_370;

describe("the contracts of a stack on a chain that was there before", () => {
  const folder = temporaryFolder();
  let chain: Chain;
  before(async () => (chain = await startChain(["--chain-id", String(CHAIN_ID)])));
  after(async () => {
    await chain.stop();
    folder.remove();
  });

  it("are its own, beside those of another stack, and all records are in its folder", async () => {
    const deployed = async (name: string) => {
      const keyFile = join(folder.path, `${name}.key`);
      writeFileSync(keyFile, Wallet.createRandom().privateKey, { mode: 0o600 });
      const place = { keyFile, out: join(folder.path, `${name}.json`), signal: new AbortController().signal };
      const target = { rpc: chain.url, chainId: CHAIN_ID, embedded: false, currencies: ["KRW"] };
      return await deployContracts({ ...target, ...place });
    };
    const [first, second] = [await deployed("first"), await deployed("second")];
    expect(second.accessManager).not.to.equal(first.accessManager);
    expect(existsSync(join(folder.path, "second.journal"))).to.equal(true);
    expect(existsSync(join(root, `deploy/deployments/chain-${CHAIN_ID}`))).to.equal(false);
  });

  it("are not deployed any further when the stack is killed", async () => {
    const connected = Promise.withResolvers<Socket>();
    const silent = createServer((socket) => connected.resolve(socket))
      .listen(0, "127.0.0.1")
      .unref();
    await once(silent, "listening");
    const place = { keyFile: join(folder.path, "killed.key"), out: join(folder.path, "killed.json") };
    const rpc = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const options = { ...place, rpc, chainId: CHAIN_ID, embedded: false, currencies: ["KRW"] };
    const program = `
      import { deployContracts } from ${JSON.stringify(join(root, "src/node/deploy.ts"))};
      await deployContracts({ ...${JSON.stringify(options)}, signal: new AbortController().signal });`;
    const stack = spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "ignore" });
    const socket = await connected.promise;
    socket.on("error", () => {});
    const closed = once(socket.resume(), "close", { signal: AbortSignal.timeout(30_000) });
    stack.kill("SIGKILL");
    await closed;
    silent.close();
  });
});
