import { setTimeout as sleep } from "node:timers/promises";
import { startRelayerProcess } from "../../testbed/networkRelayer.ts";
import type { TestRelayer } from "../../testbed/network.ts";
import type { Disk } from "../disks.ts";
import { pause, until } from "./fault.ts";
import type { FaultKinds, Stage } from "./fault.ts";
import { isUp, killNow, own, startAgain } from "./processes.ts";

/** Longest wait for a relayer to notice that its disk is full, in milliseconds: it does with the next message. */
const NOTICED = 15_000;
/** Longest wait for one to end that cannot write its store. */
const ENDED = 60_000;

export const diskFaults: FaultKinds = {
  // It has room for nothing: it takes no message and signs nothing, says so, and goes on when there is room.
  "store:full": {
    lane: "process",
    when: ({ disks }) => disks,
    run: (stage) => onDisk(stage, (disk) => whileFull(stage, disk)),
  },

  // The same from its start on, and killed meanwhile.
  "store:full-at-start": {
    lane: "process",
    when: ({ disks }) => disks,
    run: (stage) =>
      onDisk(stage, async (disk) => {
        const { relayer, rng } = stage;
        await killNow(relayer);
        disk.fill();
        relayer.start();
        await pause(1_000 + rng.nat(3_000));
        if (rng.chance(0.5)) {
          await killNow(relayer);
          relayer.start();
          await pause(1_000 + rng.nat(2_000));
        }
        return relayer.process?.running() === true ? "store:full-at-start" : null;
      }),
  },

  // A person must do something first, so it ends, and says what.
  "store:read-only": {
    lane: "process",
    when: ({ disks }) => disks,
    run: (stage) =>
      onDisk(stage, async (disk) => {
        const { relayer, network } = stage;
        await relayer.process?.stop();
        disk.protect(true);
        const process = startRelayerProcess(relayer);
        const ending = await Promise.race([process.ended, sleep(ENDED, undefined, { ref: false })]);
        if (ending === undefined) await process.kill();
        const words = process.lastWords();
        if (ending !== "failed" || !words.includes("What to do"))
          network.failures.push(`relayer ${relayer.index + 1} did not end with a store that is read-only: ${words}`);
        return "store:read-only";
      }),
  },
};

/** However it goes, it has room again, and runs. */
async function onDisk(stage: Stage, work: (disk: Disk) => Promise<string | null>): Promise<string | null> {
  const disk = stage.disks[stage.relayer.index];
  if (disk === undefined) return null;
  return await own(stage, async () => {
    try {
      return await work(disk);
    } finally {
      disk.protect(false);
      disk.empty();
      await startAgain(stage.relayer);
    }
  });
}

async function whileFull({ relayer, rng }: Stage, disk: Disk): Promise<string | null> {
  // An orderly stop leaves no file behind into which it could still write without asking for room.
  await relayer.process?.stop();
  await startAgain(relayer);
  disk.fill();
  const noticed = await until(() => missesStore(relayer), NOTICED);
  if (noticed) await pause(rng.nat(5_000));
  return noticed && (await isUp(relayer)) ? "store:full" : null;
}

async function missesStore({ url }: TestRelayer): Promise<boolean> {
  const answer = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) }).catch(() => null);
  const state = (await answer?.json().catch(() => null)) as { reasons?: { code: string }[] } | null | undefined;
  return state?.reasons?.some(({ code }) => code === "store") ?? false;
}
