import { expect } from "chai";
import { takeTurns } from "../../src/relayer/leadership.ts";
import type { Log } from "../../src/relayer/log.ts";
import { until } from "../support/until.ts";

/** One process: its lease is what the test says, its clock jumps, and each pause lets the others on. */
function fixture() {
  const stopped = new AbortController();
  const said: string[] = [];
  const story: string[] = [];
  /** How often it has looked at its lease. */
  let looks = 0;
  let answer: () => Promise<boolean> = () => Promise.resolve(false);
  let held = false;
  const log: Log = {
    info: (_fields, text) => said.push(text),
    warn: (_fields, text) => said.push(text),
    error: (_fields, text) => said.push(text),
  };
  const ask = async (): Promise<boolean> => {
    looks++;
    return (held = await answer());
  };
  const running = takeTurns({
    lease: {
      acquire: ask,
      renew: ask,
      release: () => Promise.resolve(void story.push("released")),
      isHeld: () => held,
      current: () => Promise.resolve("p9"),
    },
    lead: async (signal) => {
      story.push("leads");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      story.push("has ended");
    },
    standBy: () => Promise.resolve(void story.push("stands by")),
    stopped: stopped.signal,
    log,
    clock: { now: () => 0, sleep: () => new Promise((resolve) => setTimeout(resolve, 2)) },
  });
  /** From now on its lease says this; resolves when it has looked at that some times, and done what comes of it. */
  const set = async (next: () => Promise<boolean>, p: { lasts?: boolean; looks?: number } = {}): Promise<void> => {
    answer = next;
    if (p.lasts !== undefined) held = p.lasts;
    story.length = 0;
    const enough = looks + (p.looks ?? 5);
    await until(() => looks >= enough);
  };
  const stop = async (): Promise<void> => {
    stopped.abort();
    await running;
  };
  return { story, said, set, stop };
}

const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);
const away = () => Promise.reject(new Error("the store is away"));

describe("leadership of a relayer's processes", () => {
  it("stands by, and says so once, until the lease is free", async () => {
    const { story, said, set, stop } = fixture();
    await set(no);
    expect(new Set(story)).to.deep.equal(new Set(["stands by"]));
    expect(said).to.deep.equal(["another process has this relayer's key and store: standing by"]);
    await set(yes);
    expect(story).to.deep.equal(["leads"]);
    await stop();
    expect(story).to.deep.equal(["leads", "has ended", "released"]);
  });

  it("begins nothing when it is asked to stop while it asks for the lease, and gives back what it is given", async () => {
    const { story, set, stop } = fixture();
    let give: (given: boolean) => void = () => undefined;
    await set(() => new Promise((resolve) => (give = resolve)), { looks: 1 });
    const ended = stop();
    give(true);
    await ended;
    expect(story).to.deep.equal(["stands by", "released"]);
  });

  it("ends its work when the lease is lost, and gives back nothing that it has not", async () => {
    const { story, set, stop } = fixture();
    await set(yes);
    await set(no);
    expect(story.slice(0, 2)).to.deep.equal(["has ended", "stands by"]);
    expect(story).not.to.include("released");
    await stop();
  });

  it("goes on while the store is away, for as long as the lease lasts", async () => {
    const { story, set, stop } = fixture();
    await set(yes);
    await set(away, { lasts: true });
    expect(story).to.deep.equal([]);
    await set(away, { lasts: false });
    expect(story.slice(0, 2)).to.deep.equal(["has ended", "stands by"]);
    await set(yes);
    expect(story).to.deep.equal(["leads"]);
    await stop();
  });
});
