import { expect } from "chai";
import { createBackground } from "../../src/lib/background.ts";

describe("work in the background", () => {
  it("is waited for, with what it began itself, and its failures are told", async () => {
    const background = createBackground();
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const failures: unknown[] = [];
    const fail = (error: unknown) => void failures.push(error);
    background.add(
      first.promise.then(() => background.add(second.promise, fail)),
      fail,
    );
    let over = false;
    const ended = background.ended().then(() => (over = true));
    first.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).to.equal(false);
    second.reject(new Error("second"));
    await ended;
    expect(failures.map(String)).to.deep.equal(["Error: second"]);
    await background.ended();
  });
});
