import { expect } from "chai";
import { createGroupCommit } from "../../src/relayer/groupCommit.ts";
import { failureOf } from "../support/failureOf.ts";
import { until } from "../support/until.ts";

const KIB = 1024;

/** A disk whose commits end when the test says so. */
function fixture(limits = { items: 3, bytes: 64 * KIB, room: 64 * KIB }, quiet = 0) {
  const commits: { items: string[]; end: (results?: (string | Error)[]) => void; fail: (error: Error) => void }[] = [];
  const group = createGroupCommit<string, string>({
    sizeOf: (item) => item.length,
    ...{ limits, quiet },
    commit: (items) =>
      new Promise((resolve, reject) => {
        const end = (results: (string | Error)[] = items.map((item) => `${item}!`)) => resolve(results);
        commits.push({ items: [...items], end, fail: reject });
      }),
  });
  return { group, commits };
}

const rest = () => new Promise((resolve) => setImmediate(resolve));

describe("a group commit", () => {
  it("takes together what comes during a commit, in its order, a bounded number at a time", async () => {
    const { group, commits } = fixture();
    const results = ["a", "b", "c", "d", "e"].map((item) => group.add(item));
    await rest();
    for (let i = 0; i < 3; i++) {
      commits[i]?.end();
      await rest();
    }
    expect(commits.map(({ items }) => items.join(""))).to.deep.equal(["a", "bcd", "e"]);
    expect(await Promise.all(results)).to.deep.equal(["a!", "b!", "c!", "d!", "e!"]);
  });

  it("takes together what comes in quick succession, until it is full", async () => {
    const { group, commits } = fixture({ items: 4, bytes: 64 * KIB, room: 64 * KIB }, 20);
    // At once: whatever else the machine does meanwhile, no time passes between them.
    for (const item of ["a", "b", "c", "d", "e"]) void group.add(item);
    await until(() => commits.length === 1);
    commits[0]?.end();
    await until(() => commits.length === 2);
    expect(commits.map(({ items }) => items.join(""))).to.deep.equal(["abcd", "e"]);
  });

  it("waits for nothing more when nothing comes", async () => {
    const { group, commits } = fixture(undefined, 20);
    void group.add("a");
    await until(() => commits.length > 0);
    void group.add("b");
    expect(commits.map(({ items }) => items.join(""))).to.deep.equal(["a"]);
  });

  it("has ended when nothing waits any more", async () => {
    const { group, commits } = fixture();
    await group.ended();
    let over = false;
    for (const item of ["a", "b"]) void group.add(item);
    const ended = group.ended().then(() => (over = true));
    commits[0]?.end();
    await rest();
    expect(over).to.equal(false);
    commits[1]?.end();
    await ended;
  });

  it("bounds a group by bytes, but takes one item whatever its size", async () => {
    const { group, commits } = fixture({ items: 100, bytes: 4 * KIB, room: 64 * KIB });
    for (const item of ["a", "b".repeat(8 * KIB), "c", "d"]) void group.add(item);
    await rest();
    for (let i = 0; i < 3; i++) {
      commits[i]?.end();
      await rest();
    }
    expect(commits.map(({ items }) => items.map((item) => item[0]).join(""))).to.deep.equal(["a", "b", "cd"]);
  });

  it("tells an item nothing before its commit has returned, and whom it failed for", async () => {
    const { group, commits } = fixture();
    const told: string[] = [];
    for (const item of ["a", "b", "c"]) {
      group.add(item).then(
        (result) => told.push(result),
        (error: Error) => told.push(`${item} ${error.message}`),
      );
    }
    await rest();
    expect(told).to.deep.equal([]);
    commits[0]?.end();
    await rest();
    expect(told).to.deep.equal(["a!"]);
    commits[1]?.end([new Error("is bad"), "c!"]);
    await rest();
    expect(told).to.deep.equal(["a!", "b is bad", "c!"]);
  });

  it("goes on after a commit that failed as a whole", async () => {
    const { group, commits } = fixture();
    const first = failureOf(group.add("a"));
    const second = group.add("b");
    await rest();
    commits[0]?.fail(new Error("disk full"));
    expect(await first).to.have.property("message", "disk full");
    await rest();
    commits[1]?.end();
    expect(await second).to.equal("b!");
    expect(group.bytes()).to.equal(0);
  });

  it("takes nothing more than it has room for while a commit stands still", async () => {
    const { group, commits } = fixture({ items: 100, bytes: 64 * KIB, room: 10 * KIB });
    const results: Promise<unknown>[] = [];
    for (let i = 0; i < 1_000; i++) results.push(failureOf(group.add("x".repeat(KIB))));
    await rest();
    expect(group.bytes()).to.be.at.most(10 * KIB);
    const full = (await Promise.race([results.at(-1), rest()])) as Error;
    expect(full).to.include({ code: "inbox-full", retryable: true });
    for (let i = 0; i < 2; i++) {
      commits[i]?.end();
      await rest();
    }
    expect(group.bytes()).to.equal(0);
    const again = group.add("again");
    commits[2]?.end();
    expect(await again).to.equal("again!");
  });
});
