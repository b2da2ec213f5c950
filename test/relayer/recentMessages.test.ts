import { expect } from "chai";
import { createRecentMessages } from "../../src/relayer/recentMessages.ts";

const message = (text: string) => Buffer.from(text);

describe("messages that came last", () => {
  it("are known byte for byte", () => {
    const recent = createRecentMessages();
    recent.add(message("a"));
    expect(["a", "a ", ""].filter((text) => recent.has(message(text)))).to.deep.equal(["a"]);
  });

  it("make room for newer ones, those first that came first", () => {
    const recent = createRecentMessages({ most: 2 });
    for (const text of ["a", "b", "a", "c"]) recent.add(message(text));
    expect(["a", "b", "c"].filter((text) => recent.has(message(text)))).to.deep.equal(["a", "c"]);
  });

  it("are forgotten after a minute", () => {
    let now = 0;
    const recent = createRecentMessages({ now: () => now });
    recent.add(message("a"));
    now = 59_999;
    expect(recent.has(message("a"))).to.equal(true);
    now = 60_000;
    expect(recent.has(message("a"))).to.equal(false);
  });
});
