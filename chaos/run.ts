import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeError } from "../src/lib/errors.ts";
import { inParallel } from "../testbed/parallel.ts";
import type { TestChain } from "../testbed/networkChain.ts";
import { playAct } from "./act.ts";
import type { ActPlace } from "./act.ts";
import type { Violation } from "./audit/history.ts";
import { faultKinds } from "./faults/kinds.ts";
import { planRun, skippedKinds } from "./plan.ts";
import type { Means, PlannedAct } from "./plan.ts";

/** What a run came to. */
export interface RunResult {
  seed: number;
  faults: number;
  events: number;
  lost: number;
  doubled: number;
  false: number;
  /** How often each class of fault was done. */
  classes: Record<string, number>;
  seconds: number;
  /** Events that were found behind a confirmed root. */
  settled: number;
  /** Everything that must never be, those counted above among it; `act` says where. */
  violations: (Violation & { act: number })[];
  /** Classes that this machine, or this chain, does not allow. */
  skipped: string[];
}

/** Milliseconds between two lines about progress. */
const TELL = 5_000;

/**
 * Plays a run: acts, each with a network of its own and its audit.
 *
 * @param folder for schedule, logs and stores
 * @param say a line about progress
 */
export async function playRun(p: {
  seed: number;
  faults: number;
  means: Means;
  folder: string;
  chain: TestChain | null;
  control: ActPlace["control"];
  postgres: ActPlace["postgres"];
  path: string;
  imports: ActPlace["imports"];
  patience: number;
  /** Acts that are played at a time, each on a chain of its own. */
  together: number;
  /** The one act that is played, counted from 1; null: all. */
  only: number | null;
  say: (text: string) => void;
}): Promise<RunResult> {
  const { seed, means, folder } = p;
  const started = Date.now();
  const acts = planRun({ seed, faults: p.faults, means, kinds: faultKinds });
  writeFileSync(join(folder, "schedule.json"), `${JSON.stringify({ seed, means, acts }, null, 1)}\n`);
  const result: RunResult = {
    ...{ seed, faults: 0, events: 0, lost: 0, doubled: 0, false: 0, classes: {}, seconds: 0 },
    ...{ settled: 0, violations: [], skipped: skippedKinds({ means, kinds: faultKinds }) },
  };
  async function play({ act, index }: { act: PlannedAct; index: number }): Promise<void> {
    const name = `act-${index + 1}`;
    const say = (text: string): void => p.say(`act ${index + 1} of ${acts.length}: ${text}`);
    let [count, told] = [0, Date.now()];
    const audit = await playAct({
      ...{ act, name: `${seed}-${index + 1}` },
      place: {
        ...{ folder: join(folder, name), say, chain: p.chain, control: p.control, postgres: p.postgres },
        ...{ path: p.path, imports: p.imports, patience: p.patience },
        done(fault) {
          result.classes[fault.done] = (result.classes[fault.done] ?? 0) + 1;
          result.faults++;
          count++;
          appendFileSync(join(folder, "done.jsonl"), `${JSON.stringify({ act: index + 1, ...fault })}\n`);
          if (Date.now() - told < TELL) return;
          told = Date.now();
          say(`${count} of ${act.faults.length} faults`);
        },
      },
    });
    result.events += audit.events;
    result.settled += audit.settled;
    result.violations.push(...audit.violations.map((violation) => ({ ...violation, act: index + 1 })));
    say(`${audit.settled} of ${audit.events} events settled, ${audit.violations.length} violations`);
  }

  const chosen = acts.map((act, index) => ({ act, index })).filter(({ index }) => (p.only ?? index + 1) === index + 1);
  if (chosen.length === 0) throw new Error(`There is no act ${p.only}: this run has ${acts.length}.`);
  // One that finds something wrong keeps no other from being played.
  await inParallel({
    items: chosen,
    most: p.together,
    work: (one) =>
      play(one).catch((error: unknown) => {
        const [act, what] = [one.index + 1, `the act was not played to its end: ${describeError(error)}`];
        p.say(`act ${act} of ${acts.length}: ${what}`);
        result.violations.push({ verdict: "process", what, act });
      }),
  });
  const count = (verdict: Violation["verdict"]): number =>
    result.violations.filter((violation) => violation.verdict === verdict).length;
  const [lost, doubled] = [count("lost"), count("doubled")];
  const classes = Object.fromEntries(Object.entries(result.classes).sort(([a], [b]) => (a < b ? -1 : 1)));
  const seconds = Math.round((Date.now() - started) / 100) / 10;
  return { ...result, lost, doubled, false: count("false"), classes, seconds };
}
