/**
 * Steps of a relayer's work after which a kill must cost nothing, in the order in which a message meets them. Each is
 * named after what has just happened, or is about to.
 */
export const CRASHPOINTS = [
  "migrating", // a step of the store's schema is written and not committed
  "asking", // after a start, a peer told what this relayer signed last
  "recovering", // a page of what was lost is taken in
  "received", // a message came from the broker
  "committing", // it is written and not committed
  "committed", // it is durable and not acknowledged
  "acknowledged", // its PUBACK was handed to the connection
  "kept", // a digest is durable, its signature not made
  "shared", // a peer has the signature
  "certified", // k signatures are there
  "intent", // what to send and its nonce are durable
  "prepared", // the signed bytes are
  "broadcast", // a node was given them
  "included", // a block holds them
  "final", // that block is deep enough, and this is durable
  "stopping", // asked to stop, it has closed its doors
] as const;

export type CrashpointName = (typeof CRASHPOINTS)[number];

/** Called at each of these steps; does nothing unless a setting names the step. */
export type Crashpoint = (name: CrashpointName) => void;

export const noCrashpoint: Crashpoint = () => {};

/** Where to die: the n-th time at a step. */
export interface CrashpointSetting {
  name: CrashpointName;
  hit: number;
}

/** Reads `prepared`, or `prepared:3` for the third time. Null: no such step. */
export function parseCrashpoint(text: string): CrashpointSetting | null {
  const [, named, hit = "1"] = /^([a-z]+)(?::([1-9]\d{0,5}))?$/.exec(text) ?? [];
  const name = CRASHPOINTS.find((one) => one === named);
  return name === undefined ? null : { name, hit: Number(hit) };
}

/** @param die ends the process at once, without a chance to do anything more */
export function createCrashpoint(p: { setting: CrashpointSetting | null; die: () => void }): Crashpoint {
  const { setting, die } = p;
  if (setting === null) return noCrashpoint;
  let left = setting.hit;
  return (name) => {
    if (name === setting.name && --left === 0) die();
  };
}
