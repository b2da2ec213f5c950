import { createRng } from "../testbed/seeded.ts";
import type { Rng } from "../testbed/seeded.ts";
import type { ActSetting, FaultKinds, Lane } from "./faults/fault.ts";
import { shuffle } from "./scene.ts";

/** A fault that is to be done. Everything that it leaves to chance comes from its own seed. */
export interface PlannedFault {
  kind: string;
  lane: Lane;
  /** Index of the relayer that it is about. */
  relayer: number;
  seed: number;
}

export interface PlannedAct {
  seed: number;
  setting: ActSetting;
  faults: PlannedFault[];
}

/** What there is to play on. */
export interface Means {
  ownChain: boolean;
  control: boolean;
  postgres: boolean;
  openssl: boolean;
  /** It may mount disks of its own. */
  mounts: boolean;
  /** Default: 0, and on a chain of our own by the seed. */
  depth: number | null;
}

/** Lanes whose faults take little time: they come twice as often. */
const CHEAP: readonly Lane[] = ["messages", "rpc"];

/** Faults of one act: more would take deliveries that no line has room for. */
const PER_ACT = 100;

/** The whole schedule of a run: the same for the same seed, number and means, whatever the machine does. */
export function planRun(p: { seed: number; faults: number; means: Means; kinds: FaultKinds }): PlannedAct[] {
  const rng = createRng(p.seed);
  const few = p.faults < PER_ACT / 2;
  const acts = few ? 1 : Math.max(2, Math.ceil(p.faults / PER_ACT));
  return Array.from({ length: acts }, (_, index) => {
    const count = Math.floor(((index + 1) * p.faults) / acts) - Math.floor((index * p.faults) / acts);
    const open = settingOf({ rng, index, means: p.means });
    const seed = rng.nat(2 ** 31);
    const chance = (probability: number, salt: number): boolean => createRng(seed + salt).chance(probability);
    const setting: ActSetting = {
      ...open,
      tls: p.means.openssl && open.hostile === null && chance(0.4, 0),
      disks: p.means.mounts && open.store === "sqlite" && chance(0.75, 1),
    };
    return { seed, setting, faults: deal({ rng, setting, count, kinds: p.kinds }) };
  });
}

function settingOf(p: { rng: Rng; index: number; means: Means }): Omit<ActSetting, "tls" | "disks"> {
  const { rng, index, means } = p;
  const wide = index > 1 && rng.chance(0.3);
  const attacked = index % 2 === 1;
  const [members, threshold] = wide ? [4, 3] : [3, 2];
  const depth = 2 + rng.nat(3);
  const onServer = rng.chance(0.3);
  return {
    members,
    threshold,
    hostile: attacked ? rng.nat(members) : null,
    // As many as k - 1 may be faulty together, whoever attacks among them.
    losses: !attacked || wide,
    store: means.postgres && onServer ? "postgres" : "sqlite",
    ownChain: means.ownChain,
    control: means.control,
    finalityDepth: means.depth ?? (means.ownChain ? depth : 0),
    tick: 400 + 100 * rng.nat(4),
  };
}

/** Kinds that these means do not allow, whatever an act is like. */
export function skippedKinds({ means, kinds }: { means: Means; kinds: FaultKinds }): string[] {
  const stores = means.postgres ? (["sqlite", "postgres"] as const) : (["sqlite"] as const);
  const settings = stores.flatMap((store) =>
    [null, 0].map((hostile) => ({
      ...{ members: 3, threshold: 2, hostile, losses: hostile === null, store, tls: false },
      ...{ ownChain: means.ownChain, control: means.control, finalityDepth: 0, tick: 0 },
      disks: means.mounts && store === "sqlite",
    })),
  );
  const skipped = Object.entries(kinds).filter(([, { when }]) => when !== undefined && !settings.some(when));
  return skipped.map(([name]) => name).sort();
}

/** Kinds as cards of a deck, which is shuffled anew whenever it was dealt: no kind is left out for long. */
function deal(p: { rng: Rng; setting: ActSetting; count: number; kinds: FaultKinds }): PlannedFault[] {
  const { rng, setting, count } = p;
  const cards = Object.entries(p.kinds)
    .filter(([, { when }]) => when === undefined || when(setting))
    .flatMap(([kind, { lane, weight = CHEAP.includes(lane) ? 2 : 1 }]) =>
      Array.from({ length: weight }, () => ({ kind, lane })),
    );
  const honest = Array.from({ length: setting.members }, (_, index) => index).filter(
    (index) => index !== setting.hostile,
  );
  let deck: typeof cards = [];
  return Array.from({ length: count }, () => {
    if (deck.length === 0) deck = shuffle(rng, cards);
    const card = deck.pop() as (typeof cards)[number];
    return { ...card, relayer: rng.pick(honest), seed: rng.nat(2 ** 31) };
  });
}
