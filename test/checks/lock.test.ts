import { expect } from "chai";
import { completeLock, lock, type Lock } from "../../scripts/checks/lock.ts";
import { findingsOf } from "./memoryTree.ts";

const whats = (packages: Lock["packages"]) =>
  findingsOf(lock, { "package-lock.json": JSON.stringify({ packages }) }).map(({ what }) => what);

describe("lock file", () => {
  it("accepts a complete one, with nested packages", () => {
    const packages = {
      "": { dependencies: { a: "1.0.0" } },
      "node_modules/a": { version: "1.0.0", dependencies: { b: "1.0.0", c: "1.0.0" } },
      "node_modules/a/node_modules/b": { version: "1.0.0", dependencies: { c: "1.0.0" } },
      "node_modules/c": { version: "1.0.0" },
    };
    expect(whats(packages)).to.deep.equal([]);
  });

  it("finds a download address", () => {
    expect(whats({ "node_modules/a": { resolved: "https://example.org/a.tgz" } })).to.deep.equal([
      "node_modules/a has a download address",
    ]);
  });

  it("finds a build for another machine that is not locked, and adds it", () => {
    const content: Lock = {
      packages: {
        "node_modules/a": { version: "2.0.0", dev: true, optionalDependencies: { "a-linux-amd64": "2.0.0" } },
      },
    };
    expect(whats(content.packages)).to.deep.equal(["node_modules/a wants a-linux-amd64, which is not locked"]);
    expect(completeLock(content)).to.deep.equal(["a-linux-amd64"]);
    expect(content.packages["node_modules/a-linux-amd64"]).to.deep.equal({
      version: "2.0.0",
      os: ["linux"],
      cpu: ["x64"],
      optional: true,
      dev: true,
    });
    expect(whats(content.packages)).to.deep.equal([]);
  });

  it("does not invent what is no build for another machine", () => {
    const content: Lock = { packages: { "node_modules/a": { dependencies: { b: "1.0.0" } } } };
    expect(() => completeLock(content)).to.throw("b is missing from the lock file");
  });
});
