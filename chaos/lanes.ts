import type { FaultKinds, Lane, Stage } from "./faults/fault.ts";
import type { PlannedFault } from "./plan.ts";
import { RetryableError } from "../src/lib/errors.ts";
import { createRng } from "../testbed/seeded.ts";

/** Tries of one fault, each with other chances, before another one of its lane is done in its place. */
const TRIES = 2;
/** Tries of that, and milliseconds between them. */
const MOST = 60;
const AGAIN = 1_000;
/** What can always be done. */
const SURE: Record<Lane, string> = {
  process: "kill:moment",
  points: "kill:moment",
  rpc: "rpc:503",
  peers: "peers:cut",
  pairs: "kill:two-at-once",
  broker: "devices:line-cut",
  messages: "bad:garbage",
  chain: "chain:stands-still",
  hostile: "hostile:nonsense",
};
/** Pauses between two messages, so that they meet relayers in all states, in milliseconds. */
const PAUSE: Partial<Record<Lane, number>> = { messages: 300, hostile: 500, chain: 1_000, broker: 1_000 };

/** A fault as it was done. */
export interface DoneFault extends PlannedFault {
  /** What it came to: a kill that never got to its point is one at any moment. */
  done: string;
  /** Milliseconds since the act began. */
  at: number;
}

/** Does the faults of an act, those of each lane one after the other. Resolves when all were done. */
export async function playLanes(p: {
  faults: readonly PlannedFault[];
  kinds: FaultKinds;
  stageOf: (fault: PlannedFault) => Omit<Stage, "rng">;
  done: (fault: DoneFault) => void;
}): Promise<void> {
  const started = Date.now();
  const lanes = Map.groupBy(p.faults, ({ lane, relayer }) =>
    lane === "process" || lane === "rpc" ? `${lane} ${relayer}` : lane,
  );

  async function attempt(fault: PlannedFault, kind: string, seed: number): Promise<string | null> {
    const found = p.kinds[kind];
    try {
      return (await found?.run({ ...p.stageOf(fault), rng: createRng(seed) })) ?? null;
    } catch (error) {
      // The chain's node may be away by another fault.
      if (error instanceof RetryableError) return null;
      throw error;
    }
  }

  async function play(fault: PlannedFault): Promise<void> {
    for (let tries = 0; ; tries++) {
      const kind = tries < TRIES ? fault.kind : SURE[fault.lane];
      const done = await attempt(fault, kind, fault.seed + tries);
      if (done === null && tries < MOST) {
        // Whoever it is about may be down by another fault.
        await new Promise((resolve) => setTimeout(resolve, tries < TRIES ? 0 : AGAIN));
        continue;
      }
      if (done === null) throw new Error(`${fault.kind} cannot be done here, nor can ${SURE[fault.lane]}`);
      p.done({ ...fault, done, at: Date.now() - started });
      return;
    }
  }

  await Promise.all(
    [...lanes.values()].map(async (faults) => {
      for (const fault of faults) {
        await play(fault);
        await new Promise((resolve) => setTimeout(resolve, PAUSE[fault.lane] ?? 100));
      }
    }),
  );
}
