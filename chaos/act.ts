import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { currencyContracts } from "../src/chain/deployment.ts";
import { createNetwork, untilReady } from "../testbed/network.ts";
import type { Network } from "../testbed/network.ts";
import { startOwnChain } from "../testbed/networkChain.ts";
import type { TestChain } from "../testbed/networkChain.ts";
import { createRng } from "../testbed/seeded.ts";
import { audit } from "./audit.ts";
import type { Audit } from "./audit.ts";
import type { History, Violation } from "./audit/history.ts";
import { readChain } from "./audit/readChain.ts";
import { openDisk } from "./disks.ts";
import { pause, until } from "./faults/fault.ts";
import type { Control } from "./faults/fault.ts";
import { faultKinds } from "./faults/kinds.ts";
import { startAgain, isUp } from "./faults/processes.ts";
import { sharesIn } from "./hearing.ts";
import { openHostile } from "./hostile.ts";
import type { Hostile } from "./hostile.ts";
import { playLanes } from "./lanes.ts";
import type { DoneFault } from "./lanes.ts";
import { createLocks } from "./locks.ts";
import type { PlannedAct } from "./plan.ts";
import type { Stores } from "./postgres.ts";
import { openScene } from "./scene.ts";
import type { Scene } from "./scene.ts";
import { untilHeld, untilSettled } from "./settle.ts";
import { openTraffic } from "./traffic.ts";
import type { Traffic } from "./traffic.ts";
import { createWire } from "./wire.ts";
import type { Wire } from "./wire.ts";

/** Orders of one act, of five lines each. */
const ORDERS = 8;
/** Milliseconds between two deliveries. */
const PACE = 450;
/** Longest wait at the end for every relayer to hold everything, in milliseconds. */
const HELD = 120_000;

/** What an act stands on, besides its plan. */
export interface ActPlace {
  /** Empty, for this act alone; kept when something is wrong. */
  folder: string;
  /** A chain that is there already; null: one of our own. */
  chain: TestChain | null;
  control: Control | null;
  /** Offers stores in PostgreSQL; null: the machine has none. */
  postgres: (() => Stores) | null;
  path: string;
  /** Modules that relayers load before their own, to be broken. */
  imports: readonly string[];
  /** Longest time without progress at the end, in milliseconds. */
  patience: number;
  say: (text: string) => void;
  done: (fault: DoneFault) => void;
}

/** One act: a network of its own, faults while devices deliver, everything healed, and the audit. */
export async function playAct(p: { act: PlannedAct; name: string; place: ActPlace }): Promise<Audit> {
  const { act, name, place } = p;
  const { setting } = act;
  const { folder, say } = place;
  mkdirSync(folder, { recursive: true });
  const rng = createRng(act.seed);
  const chain = place.chain ?? (await startOwnChain());
  const stops: (() => Promise<unknown>)[] = place.chain === null ? [chain.stop] : [];
  const stores = setting.store === "postgres" ? (place.postgres?.() ?? null) : null;
  if (stores !== null) stops.push(stores.stop);
  try {
    const hostile = setting.hostile === null ? null : await openHostile({ index: setting.hostile });
    if (hostile !== null) stops.unshift(hostile.stop);
    const onDisks = setting.disks ? Array.from({ length: setting.members }, (_, index) => `disk-${index + 1}`) : [];
    const disks = onDisks.map((name) => openDisk({ folder: join(folder, name) }));
    stops.push(() => Promise.resolve(disks.forEach((disk) => disk.close())));
    const network = await createNetwork({
      ...{ folder, chain, members: setting.members, threshold: setting.threshold, path: place.path },
      ...{ finalityDepth: setting.finalityDepth, tls: setting.tls, imports: place.imports },
      store: (index) => stores?.newStore() ?? join(folder, onDisks[index] ?? "", `relayer-${index + 1}.sqlite`),
      played: new Map(hostile === null ? [] : [[setting.hostile ?? 0, hostile.url]]),
    });
    stops.unshift(network.stop);
    const honest = network.relayers.filter(({ index }) => index !== setting.hostile);
    const wires = honest.map(createWire);
    for (const relayer of honest) relayer.start();
    for (const relayer of honest)
      if (!(await until(() => isUp(relayer), 180_000))) throw new Error("a relayer did not start");
    const scene = await openScene({ network, rng, relayers: honest.map(({ url }) => url), orders: ORDERS });
    await chain.own?.tick(setting.tick);
    for (const relayer of honest) if (!(await untilReady(relayer, 180_000))) throw new Error("a relayer is not ready");
    if (chain.own !== null) await untilDeep({ chain, depth: setting.finalityDepth + 6 });
    const traffic = await openTraffic({ network, scene, name, rng, pace: PACE });
    stops.unshift(traffic.drop);
    hostile?.join({ network, scene, traffic });
    say(`${act.faults.length} faults on ${describe({ network, act })}`);

    const storeServer = stores?.server ?? null;
    const alone = createLocks();
    const shared = { disks, setting, network, scene, traffic, wires, alone, say, storeServer, control: place.control };
    await playLanes({
      faults: act.faults,
      kinds: faultKinds,
      stageOf: ({ relayer }) => ({
        ...{ ...shared, attack: hostile?.attack ?? null },
        relayer: network.relayers[relayer] ?? (honest[0] as (typeof honest)[number]),
      }),
      done: place.done,
    });

    say("everything is healed; waiting for what was sent");
    for (const wire of wires) wire.heal();
    for (const relayer of honest) if (!(await isUp(relayer))) await startAgain(relayer);
    await traffic.end();
    return await judge({ network, scene, traffic, wires, hostile, place, setting });
  } finally {
    for (const stop of stops) await stop().catch(() => undefined);
  }
}

/** No reorganisation may reach what was set up, however slowly blocks come. */
async function untilDeep({ chain, depth }: { chain: TestChain; depth: number }): Promise<void> {
  const head = async () => Number(await chain.rpc("eth_blockNumber"));
  const deep = (await head()) + depth;
  if (!(await until(async () => (await head()) >= deep, 180_000))) throw new Error("the chain makes no blocks");
}

async function judge(p: {
  network: Network;
  scene: Scene;
  traffic: Traffic;
  wires: readonly Wire[];
  hostile: Hostile | null;
  place: ActPlace;
  setting: PlannedAct["setting"];
}): Promise<Audit> {
  const { network, place, wires } = p;
  const url = network.chain.urls[0] ?? "";
  const history = historyOf(p);
  const settled = await untilSettled({ url, history, patience: place.patience, say: place.say });
  if (!settled) place.say("there was no more progress");
  // What would be paid twice would be paid soon.
  await pause(
    settled ? 3_000 + (p.setting.finalityDepth + 2) * (network.chain.own === null ? 1_000 : p.setting.tick) : 0,
  );
  const stores = wires.map(({ relayer }) => ({
    relayer: relayer.address,
    url: relayer.settings["FACTORYCHAIN_STORE"] ?? "",
  }));
  const held = await untilHeld({ history, stores, patience: Math.min(HELD, place.patience) });
  await Promise.all(wires.map(async ({ relayer }) => await relayer.process?.stop()));
  const whole = { ...historyOf(p), stores: held };
  const facts = await readChain({ url, history: whole, fromBlock: network.deployment.block });
  const found = audit({ history: whole, facts });
  const ended = network.failures.map((what): Violation => ({ verdict: "process", what }));
  return { ...found, violations: [...found.violations, ...ended] };
}

function historyOf(p: {
  network: Network;
  scene: Scene;
  traffic: Traffic;
  wires: readonly Wire[];
  hostile: Hostile | null;
}): History {
  const { network, scene, traffic, wires, hostile } = p;
  const { deployment, currency, group, members, threshold } = network;
  const { escrow, token } = currencyContracts({ deployment, currency });
  const { chainId } = deployment;
  const heard = [...network.relayers.flatMap(({ tap }) => tap.heard), ...(hostile?.heard ?? [])];
  return {
    ...{ chainId, escrow, token, group, members, threshold },
    hostile: hostile === null ? [] : [members[hostile.index] ?? ""],
    orders: scene.audited,
    events: traffic.made.map(({ sent }) => sent),
    transactions: wires.flatMap(({ sent }) => sent),
    shares: sharesIn({ chainId, escrow, heard }),
    stores: [],
  };
}

function describe(p: { network: Network; act: PlannedAct }): string {
  const { members, threshold, hostile, store, finalityDepth, tls, disks } = p.act.setting;
  const attacked = hostile === null ? "" : `, relayer ${hostile + 1} attacks`;
  return `${members} relayers (${threshold} must sign${attacked})${tls ? " by TLS" : ""}, ${store}${disks ? " on small disks" : ""}, ${p.network.broker.kind}, finality depth ${finalityDepth}`;
}
