import { expect } from "chai";
import { createLoader } from "../../src/relayer/loader.ts";

/** A loader of words by their first letter, and which letters each query asked for. */
function createScene() {
  const asked: string[][] = [];
  const load = createLoader({
    read: (letters: readonly string[]) => {
      asked.push([...letters]);
      if (letters.includes("!")) return Promise.reject(new Error("no such letter"));
      const words = ["ant", "bee", "bat"].filter((word) => letters.includes(word.charAt(0)));
      return Promise.resolve(words);
    },
    nameOf: (letter: string) => letter,
    keyOf: (word) => word.charAt(0),
  });
  return { asked, load };
}

describe("a loader", () => {
  it("reads with one query what is asked for at the same time, also behind other answers, and each key once", async () => {
    const { asked, load } = createScene();
    const both = async (first: string, second: string) => [await load(first), await load(second)];
    expect(await Promise.all([both("a", "b"), both("c", "d"), both("a", "b")])).to.deep.equal([
      [["ant"], ["bee", "bat"]],
      [[], []],
      [["ant"], ["bee", "bat"]],
    ]);
    expect(await load("a")).to.deep.equal(["ant"]);
    expect(asked).to.deep.equal([
      ["a", "c"],
      ["b", "d"],
    ]);
  });

  it("asks for no more than fit into one statement", async () => {
    const { asked, load } = createScene();
    await Promise.all(Array.from({ length: 1_100 }, (_, index) => load(`x${index}`)));
    expect(asked.map(({ length }) => length)).to.deep.equal([500, 500, 100]);
  });

  it("fails for all who asked with the query that failed, and for nobody else", async () => {
    const { load } = createScene();
    const results = await Promise.allSettled([load("a"), load("!")]);
    expect(results.map(({ status }) => status)).to.deep.equal(["rejected", "rejected"]);
    expect(await load("b")).to.have.length(2);
  });
});
