import { copyFileSync, existsSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { untilReady } from "../../testbed/network.ts";
import type { TestRelayer } from "../../testbed/network.ts";
import { dieAt, own, startAgain } from "./processes.ts";
import { pause } from "./fault.ts";
import type { ActSetting, FaultKind, FaultKinds, Stage } from "./fault.ts";

/** Longest time in which a relayer takes in again what it lost, in milliseconds; other faults hold it up. */
const WHOLE = 600_000;
const ENDINGS = ["", "-wal", "-shm"];

const onFile = ({ store }: ActSetting): boolean => store === "sqlite";
const lossy = (setting: ActSetting): boolean => setting.losses && onFile(setting);

const fileOf = (relayer: TestRelayer): string => relayer.settings["FACTORYCHAIN_STORE"] ?? "";

function remove(relayer: TestRelayer): void {
  for (const ending of ENDINGS) rmSync(`${fileOf(relayer)}${ending}`, { force: true });
}

/** A relayer loses its store and takes in again what it held, before another one may: together they would be too many. */
function lose(stage: Stage, work: () => Promise<string | null>): Promise<string | null> {
  return stage.alone("store", () =>
    own(stage, async () => {
      const done = await work();
      if (!(await untilReady(stage.relayer, WHOLE)))
        throw new Error(`relayer ${stage.relayer.index + 1} lost its store and did not get whole again`);
      return done;
    }),
  );
}

/** Its store is empty, and it dies at this point while it makes it anew or takes in what it lost. */
function killInRebuilding(point: "migrating" | "recovering"): FaultKind {
  return {
    lane: "points",
    when: lossy,
    run: (stage) =>
      lose(stage, async () => {
        const { relayer, rng } = stage;
        await relayer.process?.kill();
        remove(relayer);
        newLife(stage);
        const died = await dieAt(relayer, point === "migrating" ? `${point}:${1 + rng.nat(5)}` : point);
        await startAgain(relayer);
        return died ? `kill:${point}` : "store:lost";
      }),
  };
}

function newLife({ wires, relayer }: Stage): void {
  wires.find((wire) => wire.relayer === relayer)?.newLife();
}

export const storeFaults: FaultKinds = {
  "kill:migrating": killInRebuilding("migrating"),
  "kill:recovering": killInRebuilding("recovering"),

  "store:lost": {
    lane: "process",
    when: lossy,
    run: (stage) =>
      lose(stage, async () => {
        await stage.relayer.process?.kill();
        remove(stage.relayer);
        newLife(stage);
        await startAgain(stage.relayer);
        return "store:lost";
      }),
  },

  "store:older-copy": {
    lane: "process",
    when: lossy,
    run: (stage) =>
      lose(stage, async () => {
        const { relayer, rng } = stage;
        const file = fileOf(relayer);
        await relayer.process?.stop();
        for (const ending of ENDINGS) {
          rmSync(`${file}.copy${ending}`, { force: true });
          if (existsSync(`${file}${ending}`)) copyFileSync(`${file}${ending}`, `${file}.copy${ending}`);
        }
        await startAgain(relayer);
        await pause(3_000 + rng.nat(5_000));
        await relayer.process?.kill();
        remove(relayer);
        for (const ending of ENDINGS) {
          if (existsSync(`${file}.copy${ending}`)) copyFileSync(`${file}.copy${ending}`, `${file}${ending}`);
        }
        newLife(stage);
        await startAgain(relayer);
        return "store:older-copy";
      }),
  },

  // Somebody else writes into the file and does not end, for longer than a writer waits or not.
  "store:busy": {
    lane: "process",
    when: onFile,
    run: (stage) =>
      own(stage, async () => {
        const other = new DatabaseSync(fileOf(stage.relayer));
        try {
          other.exec("PRAGMA busy_timeout = 5000");
          other.exec("BEGIN IMMEDIATE");
          await pause(500 + stage.rng.nat(7_000));
          other.exec("ROLLBACK");
          return "store:busy";
        } catch {
          return null;
        } finally {
          other.close();
        }
      }),
  },

  "store:server-killed": {
    lane: "broker",
    when: ({ store }) => store === "postgres",
    run: ({ storeServer, alone, rng }) =>
      alone("store server", async () => {
        if (storeServer === null) return null;
        await storeServer.kill();
        await pause(rng.nat(3_000));
        await storeServer.start();
        return "store:server-killed";
      }),
  },
};
