import { expect } from "chai";
import { story } from "../support/story.ts";
import { runCli, startNode, temporaryFolder, untilEnded } from "./run.ts";
import type { Cli, Ended } from "./run.ts";

/** A stack in a folder of its own, for as long as a `describe` runs, and the commands of a story that is told on it. */
export function commandStory() {
  const place = temporaryFolder();
  let running: Cli | null = null;

  before(async () => void (running = (await startNode({ data: place.folder })).cli));
  after(async () => {
    running?.child.kill("SIGTERM");
    if (running !== null) await untilEnded(running, 60_000);
    place.remove();
  });

  const run = (...args: string[]): Promise<Ended> => runCli(...args, "--data", place.folder, "--json");

  return {
    place,
    step: story(),
    run,

    /** What a command that must succeed says. */
    async ask<T>(...args: string[]): Promise<T> {
      const { code, stdout, stderr } = await run(...args);
      expect(code, stderr).to.equal(0);
      return JSON.parse(stdout) as T;
    },
  };
}
