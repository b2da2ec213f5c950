import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Kysely } from "kysely";
import { parseDeployment } from "../chain/deployment.ts";
import { ChainError, RpcError } from "../chain/errors.ts";
import { createFollower } from "../chain/follower.ts";
import type { Follower } from "../chain/follower.ts";
import { checkNetwork } from "../chain/provider.ts";
import { readBlock } from "../chain/wire.ts";
import { readRelayerSettings } from "../config/env.ts";
import { readNamedFile, readToken } from "../config/files.ts";
import { createCrashpoint } from "../lib/crashpoint.ts";
import { describeError, RetryableError } from "../lib/errors.ts";
import type { FactoryChainError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import { bindStore } from "../store/binding.ts";
import { readCheckpoints } from "../store/checkpoints.ts";
import { openDatabase } from "../store/database.ts";
import { createHolder, holderHasEnded } from "../store/holder.ts";
import { createLease } from "../store/lease.ts";
import type { CoreSchema } from "../store/schema.ts";
import { createTransactionStore } from "../store/transactions.ts";
import { createAccounts, createNodes } from "./chain.ts";
import { openDoor } from "./door.ts";
import { useFastKeccak } from "./fastKeccak.ts";
import { takeTurns } from "./leadership.ts";
import { listenAt } from "./listen.ts";
import { createLog } from "./log.ts";
import type { Log } from "./log.ts";
import { relayerMigrations } from "./migrations.ts";
import { createMetrics } from "./metrics.ts";
import { createMonitor } from "./monitor.ts";
import { connectMqtt } from "./mqtt.ts";
import { mqttSettings } from "./mqttSettings.ts";
import { openSigner, openSubmitters } from "./openSigner.ts";
import { addOperatorApi } from "./operatorApi.ts";
import { createPeers } from "./peers.ts";
import { createRelayer } from "./relayer.ts";
import type { Relayer } from "./relayer.ts";
import { createSuspects } from "./suspects.ts";
import type { RelayerTables } from "./tables.ts";

/** Milliseconds between looks at the chain's head. */
const POLL = 250;

/** Longest wait, in milliseconds, for what goes on when everything has been stopped. */
const LEFT = 3_000;

/** Seconds after which another process with the same key and store takes over from one that is silent. */
const LEASE = 10;

/**
 * One relayer, with everything that it stands on.
 *
 * @param stopped ends it in order
 */
export async function runRelayer(stopped: AbortSignal): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: "string" } } });
  const settings = readRelayerSettings({ config: values.config ?? null });
  const signer = await openSigner(settings);
  const { address } = signer;
  await useFastKeccak();
  const metrics = createMetrics({ address });
  const log = metrics.counted(createLog({ relayer: address }, settings.logLevel));
  log.info({ listen: settings.listen }, "the relayer starts");
  const stopping = (): void => log.info({}, "the relayer is stopping");
  if (stopped.aborted) stopping();
  else stopped.addEventListener("abort", stopping);
  const deployment = parseDeployment({
    text: readNamedFile({ name: settings.deployment, what: "the deployment file" }),
    name: settings.deployment,
  });
  const crashpoint = createCrashpoint({
    setting: settings.crashpoint,
    die: () => process.kill(process.pid, "SIGKILL"),
  });
  const operatorToken = settings.operatorTokenFile === null ? null : readToken(settings.operatorTokenFile);
  const door = openDoor({ account: address, peers: settings.peers, listen: settings.listen, tls: settings.tls, log });
  const suspects = createSuspects({ log });
  let db: Awaited<ReturnType<typeof openDatabase<RelayerTables>>> | null = null;
  const depth = settings.finalityDepth;
  const checkpoints = async () => (db === null ? [] : await readCheckpoints(db));
  const provider = createNodes({ urls: settings.rpcUrls, deployment, depth, checkpoints, log });
  const meets = <T>(action: () => Promise<T>, signal = stopped) => whenThere({ action, log, stopped: signal });
  if (!(await meets(() => checkNetwork({ provider, deployment })))) return end(log);
  const store = await meets(() =>
    openDatabase<RelayerTables>({
      url: settings.store,
      migrations: relayerMigrations,
      onQuery: metrics.query,
      migrating: () => crashpoint("migrating"),
    }),
  );
  if (store === null) return end(log);
  db = store.result;
  await bindStore({ db, values: { genesis: deployment.genesis, signer: address } });
  // Now with what was followed before.
  if (!(await meets(() => provider.review()))) {
    await db.destroy();
    return end(log);
  }
  const leaseName = `signer ${address}`;
  const lease = createLease({
    db: db as unknown as Kysely<CoreSchema>,
    name: leaseName,
    holder: createHolder(),
    ttl: LEASE,
    hasEnded: holderHasEnded,
  });

  const sender = createAccounts({
    signers: await openSubmitters(settings, signer),
    provider,
    depth,
    chainId: deployment.chainId,
    store: createTransactionStore({ db, fence: lease.fence }),
    crashpoint,
  });
  const peers = createPeers({
    ...{ peers: door.peers, suspects, log, fetch: door.fetch },
    shared: () => crashpoint("shared"),
  });
  const relayer = createRelayer({
    db,
    deployment,
    sender: { ...sender, address },
    sign: signer.sign,
    peers,
    suspects,
    door: door.api,
    highest: (head) =>
      Promise.resolve(Math.max(head.number, ...provider.state().endpoints.map((endpoint) => endpoint.head ?? 0))),
    blockAt: (number) => readBlock(provider, number),
    clock: () => Math.floor(Date.now() / 1000),
    retention: settings.retention,
    fence: lease.fence,
    crashpoint,
    log,
  });
  const escrows = Object.values(deployment.currencies).map(({ escrow }) => escrow);
  const follower = createFollower({
    provider,
    addresses: [deployment.organisationRegistry, deployment.deviceRegistry, ...escrows],
    start: deployment.block,
    genesis: deployment.genesis,
    depth,
    store: relayer.followerStore,
  });

  const mqtt = mqttSettings({ settings: settings.mqtt, address });
  const readBroker = () => connectMqtt({ settings: mqtt, inbox: relayer, log, crashpoint });
  // Replicas that share the events read all the time; otherwise the one that leads reads, in the one session.
  const shared = mqtt.share === null ? null : readBroker();
  let broker = shared;
  const monitor = createMonitor({
    db,
    lag: settings.readyLag,
    lease: leaseName,
    metrics,
    checkSigner: signer.check,
    live: () => ({
      broker: broker?.connected() ?? null,
      leads: lease.isHeld(),
      nodes: provider.state(),
      suspicions: suspects.counts(),
      phase: relayer.standing().phase,
      trouble: relayer.trouble(),
    }),
  });
  addOperatorApi({ app: relayer.api, db: db as unknown as Kysely<RelayerTables>, token: operatorToken });
  await monitor.open({ api: relayer.api, listen: settings.metricsListen });
  await door.listen();
  await listenAt({ app: relayer.api, address: settings.listen, setting: "listen" });
  await takeTurns({
    lease,
    standBy: relayer.observe,
    async lead(signal) {
      if (!(await meets(async () => relayer.advance(await follower.poll()), signal))) return;
      if (signal.aborted) return;
      await sender.resume();
      broker = shared ?? readBroker();
      log.info({ listen: settings.listen }, "the relayer is up");
      await follow({ follower, relayer, log, stopped: signal });
      if (shared === null) {
        await broker.close();
        broker = null;
      }
      await sender.stop();
    },
    stopped,
    log,
  });

  await shared?.close();
  await peers.stop();
  await door.close();
  await relayer.api.close();
  crashpoint("stopping");
  await sender.stop();
  // Nothing is written any more once the store is closed: what waits for a silent node may be left behind.
  await Promise.race([relayer.ended(), sleep(LEFT)]);
  await db.destroy();
  end(log);
}

function end(log: Log): void {
  log.info({}, "the relayer has stopped");
}

/** Does what needs the chain or the store, as soon as it answers; null when the relayer was stopped before. */
async function whenThere<T>(p: {
  action: () => Promise<T>;
  log: Log;
  stopped: AbortSignal;
}): Promise<{ result: T } | null> {
  const waiting = (error: FactoryChainError, milliseconds: number): void => {
    const who = error.code.startsWith("store-") ? "the store" : "the chain's node";
    p.log.warn({ error: describeError(error), milliseconds }, `${who} is away; trying again`);
  };
  try {
    const action = (): Promise<T> => p.action().catch(passing);
    return { result: await retry({ action, signal: p.stopped, waiting }) };
  } catch (error) {
    if (p.stopped.aborted) return null;
    throw error;
  }
}

/** A node that fails at a request may serve it soon: it may be starting up itself. */
function passing(error: unknown): never {
  if (!(error instanceof RpcError)) throw error;
  const { code, message, expected, advice } = error;
  throw new RetryableError(code, message, {
    ...(expected === undefined ? {} : { expected }),
    ...(advice === undefined ? {} : { advice }),
    cause: error,
  });
}

/** A round at each new head until stopped; an outage is waited out. */
async function follow(p: { follower: Follower; relayer: Relayer; log: Log; stopped: AbortSignal }): Promise<void> {
  let last = "";
  while (!p.stopped.aborted) {
    try {
      const head = await p.follower.poll();
      if (head.hash !== last) await p.relayer.advance(head);
      last = head.hash;
    } catch (error) {
      if (isOtherChain(error)) throw error;
      p.log.warn({ error: describeError(error) }, "the chain could not be followed");
    }
    await sleep(POLL);
  }
}

/** No node is left that is on the relayer's chain: nothing here can change that. */
function isOtherChain(error: unknown): boolean {
  return error instanceof ChainError && (error.code === "wrong-chain" || error.code === "wrong-genesis");
}
