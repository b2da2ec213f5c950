import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Wallet } from "ethers";
import { childEnvironment } from "../../src/config/env.ts";
import { deployContracts } from "../../src/node/deploy.ts";
import { foundGroups } from "../../src/node/group.ts";
import { freePort } from "../../src/node/ports.ts";
import { createClient, withAccount } from "../../src/sdk/client.ts";
import type { TlsFiles } from "../../src/relayer/tls.ts";
import { root } from "../cli/run.ts";
import { startAnvil } from "./anvil.ts";
import { makeCa, makeMember } from "../../testbed/certificates.ts";
import { until } from "./until.ts";

const KRW = "KRW";

/** A relayer of a network that talks by mutual TLS. */
export interface TlsMember {
  wallet: Wallet;
  /** Lowercase. */
  account: string;
  files: TlsFiles;
  /** Of its public API. */
  url: string;
  peerUrl: string;
  store: string;
}

/** One relayer as a process of its own. */
export interface RelayerChild {
  child: ChildProcess;
  said: () => string;
  stop: () => Promise<number | null>;
}

/** An anvil with the contracts and a group of three, 2 of them to sign; each relayer is started by the test. */
export async function createTlsNetwork(folder: string) {
  const anvil = await startAnvil();
  const running = new Set<RelayerChild>();
  const admin = Wallet.createRandom();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const out = join(folder, "deployment.json");
  const chain = { rpc: anvil.url, chainId: 31_337, embedded: true, currencies: [KRW] };
  const keyFile = file("admin.key", admin.privateKey);
  const deployment = await deployContracts({ ...chain, keyFile, out, signal: new AbortController().signal });
  const client = withAccount({
    client: createClient({ rpcUrl: anvil.url, deployment }),
    wallet: new Wallet(admin.privateKey),
  });
  makeCa(folder);

  async function member(
    name: string,
    options: { account?: string; days?: number; folder?: string } = {},
  ): Promise<TlsMember> {
    const wallet = new Wallet(Wallet.createRandom().privateKey);
    const account = wallet.address.toLowerCase();
    file(`${name}-relayer.key`, wallet.privateKey);
    const { days = 365 } = options;
    const files = makeMember(options.folder ?? folder, { name, account: options.account ?? account, days });
    const [url, peerUrl] = [`http://127.0.0.1:${await freePort()}`, `https://127.0.0.1:${await freePort()}`];
    return {
      wallet,
      account,
      files: { ...files, ca: join(folder, "ca.pem") },
      url,
      peerUrl,
      store: join(folder, `${account}.sqlite`),
    };
  }

  const members = [await member("m1"), await member("m2"), await member("m3")] as const;
  const { [KRW]: group = 0 } = await foundGroups({ admin: client, members: members.map(({ account }) => account) });
  await anvil.rpc("evm_setAutomine", [false]);
  await anvil.rpc("evm_setIntervalMining", [1]);

  /** @param peers those that it is told of; default: the group's others */
  async function start(
    self: TlsMember,
    peers: readonly TlsMember[] = members.filter((one) => one !== self),
  ): Promise<RelayerChild> {
    const env = childEnvironment({
      FACTORYCHAIN_RPC_URL: anvil.url,
      FACTORYCHAIN_MQTT_URL: "mqtt://127.0.0.1:9",
      FACTORYCHAIN_DEPLOYMENT: out,
      FACTORYCHAIN_KEY_FILE: file(`${self.account}.key`, self.wallet.privateKey),
      FACTORYCHAIN_STORE: self.store,
      FACTORYCHAIN_LISTEN: new URL(self.url).host,
      FACTORYCHAIN_PEER_LISTEN: new URL(self.peerUrl).host,
      FACTORYCHAIN_PEERS: peers.map(({ peerUrl, account }) => `${peerUrl}#account=${account}`).join(),
      FACTORYCHAIN_TLS_CA: self.files.ca,
      FACTORYCHAIN_TLS_CERT: self.files.cert,
      FACTORYCHAIN_TLS_KEY: self.files.key,
    });
    const args = ["--disable-warning=ExperimentalWarning", join(root, "src/relayer/main.ts")];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (said += chunk));
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    const relayer: RelayerChild = {
      child,
      said: () => said,
      async stop() {
        child.kill("SIGTERM");
        running.delete(relayer);
        return await ended;
      },
    };
    running.add(relayer);
    await until(() => said.includes("the relayer is up") || child.exitCode !== null, 90_000);
    if (child.exitCode !== null) throw new Error(said);
    return relayer;
  }

  return {
    admin: client,
    deployment,
    group,
    members,
    member,
    start,
    async stop(): Promise<void> {
      for (const { child } of running) child.kill("SIGKILL");
      await anvil.stop();
    },
  };
}
