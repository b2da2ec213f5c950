import { freePort } from "../../src/node/ports.ts";
import { CRASHPOINTS } from "../../src/lib/crashpoint.ts";
import type { CrashpointName } from "../../src/lib/crashpoint.ts";
import { startRelayerProcess } from "../../testbed/networkRelayer.ts";
import type { TestRelayer } from "../../testbed/network.ts";
import { pause, until } from "./fault.ts";
import type { FaultKind, FaultKinds, Stage } from "./fault.ts";

/** Longest wait for a process to get to its crash point, in milliseconds: then it is killed wherever it is. */
const PATIENCE = 45_000;
/** Longest start, until the process answers. */
const START = 120_000;
/** Points that are passed with every message: any of the first ones will do. */
const OFTEN: readonly CrashpointName[] = ["received", "committing", "committed", "acknowledged"];
/** Points that only a start with an empty store passes: stores.ts. */
const EMPTY: readonly CrashpointName[] = ["migrating", "recovering"];

export async function isUp({ url }: TestRelayer): Promise<boolean> {
  const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  return answer?.ok === true;
}

/** Starts it without a crash point, unless it runs, and waits until it answers. */
export async function startAgain(relayer: TestRelayer): Promise<void> {
  if (relayer.process?.running() !== true) relayer.start();
  await until(() => isUp(relayer), START);
}

/** One relayer's process is nobody else's business while this runs. */
export function own<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
  return stage.alone(`relayer ${stage.relayer.index}`, work);
}

/** Starts it with a crash point and sees it die there. @returns whether it did; otherwise it was killed elsewhere */
export async function dieAt(relayer: TestRelayer, crashpoint: string): Promise<boolean> {
  const process = relayer.start(crashpoint);
  const late = new AbortController();
  const waiting = new Promise<null>((resolve) => {
    const timer = setTimeout(() => resolve(null), PATIENCE);
    late.signal.addEventListener("abort", () => clearTimeout(timer));
  });
  const ending = await Promise.race([process.ended, waiting]);
  late.abort();
  return (ending ?? (await process.kill())) === "crashed";
}

function killAt(name: CrashpointName): FaultKind {
  return {
    lane: "points",
    run: (stage) =>
      own(stage, async () => {
        const { relayer, rng } = stage;
        await relayer.process?.stop();
        const died = await dieAt(relayer, OFTEN.includes(name) ? `${name}:${1 + rng.nat(6)}` : name);
        await startAgain(relayer);
        return died ? `kill:${name}` : "kill:moment";
      }),
  };
}

const killStopping: FaultKind = {
  lane: "points",
  run: (stage) =>
    own(stage, async () => {
      const { relayer } = stage;
      await relayer.process?.stop();
      const process = relayer.start("stopping");
      await until(() => isUp(relayer), START);
      const ending = await process.stop();
      await startAgain(relayer);
      return ending === "crashed" ? "kill:stopping" : ending === "killed" ? "kill:moment" : null;
    }),
};

export async function killNow(relayer: TestRelayer): Promise<boolean> {
  return (await relayer.process?.kill()) === "killed";
}

export const processFaults: FaultKinds = {
  ...Object.fromEntries(
    CRASHPOINTS.filter((name) => !EMPTY.includes(name) && name !== "stopping").map((name) => [
      `kill:${name}`,
      killAt(name),
    ]),
  ),
  "kill:stopping": killStopping,

  "kill:moment": {
    lane: "process",
    weight: 2,
    run: (stage) =>
      own(stage, async () => {
        const { relayer, rng } = stage;
        await pause(rng.nat(2_500));
        const killed = await killNow(relayer);
        await pause(rng.nat(800));
        await startAgain(relayer);
        return killed ? "kill:moment" : null;
      }),
  },

  // Killed again while it still finds out where it stands.
  "kill:twice": {
    lane: "process",
    run: (stage) =>
      own(stage, async () => {
        const { relayer, rng } = stage;
        const first = await killNow(relayer);
        relayer.start();
        await pause(200 + rng.nat(1_800));
        const second = await killNow(relayer);
        await startAgain(relayer);
        return first && second ? "kill:twice" : null;
      }),
  },

  "kill:two-at-once": {
    lane: "pairs",
    async run(stage) {
      const { network, setting, rng, alone } = stage;
      const honest = network.relayers.filter(({ index }) => index !== setting.hostile);
      const first = honest[rng.nat(honest.length)] as TestRelayer;
      const others = honest.filter((relayer) => relayer !== first);
      const two = [first, others[rng.nat(others.length)] as TestRelayer].sort((a, b) => a.index - b.index);
      const [low, high] = two as [TestRelayer, TestRelayer];
      // In the order of their numbers, so that nobody waits in a circle.
      return await alone(`relayer ${low.index}`, () =>
        alone(`relayer ${high.index}`, async () => {
          const killed = await Promise.all(two.map(killNow));
          await pause(rng.nat(1_000));
          await Promise.all(two.map(startAgain));
          return killed.every(Boolean) ? "kill:two-at-once" : null;
        }),
      );
    },
  },

  "clock:forward": { lane: "process", run: (stage) => jump(stage, 1, "clock:forward") },
  "clock:back": { lane: "process", run: (stage) => jump(stage, -1, "clock:back") },

  // Two processes with one key and one store: one of them works, and the other takes over when that is killed.
  "process:second": {
    lane: "process",
    run: (stage) =>
      own(stage, async () => {
        const { relayer, rng } = stage;
        const { logFile, imports } = relayer;
        const listen = `127.0.0.1:${await freePort()}`;
        const settings = { ...relayer.settings, FACTORYCHAIN_LISTEN: listen };
        const second = startRelayerProcess({ settings, imports, logFile: logFile.replace(/\.log$/, "-second.log") });
        const up = await until(() => isUp({ ...relayer, url: `http://${listen}` }), START);
        await pause(rng.nat(1_500));
        const killed = await killNow(relayer);
        await pause(1_500 + rng.nat(2_000));
        await startAgain(relayer);
        await (rng.chance(0.5) ? second.kill() : second.stop());
        return up && killed ? "process:second" : null;
      }),
  },
};

function jump(stage: Stage, sign: 1 | -1, name: string): Promise<string | null> {
  return own(stage, async () => {
    const { relayer, rng } = stage;
    relayer.process?.shift(sign * (30 + rng.nat(1_200)));
    await pause(1_000 + rng.nat(2_000));
    const up = await isUp(relayer);
    relayer.process?.shift(0);
    return up ? name : null;
  });
}
