import { expect } from "chai";
import { docs } from "../../scripts/checks/docs.ts";
import { findingsOf } from "./memoryTree.ts";

const whats = (...args: Parameters<typeof findingsOf>) => findingsOf(...args).map(({ what }) => what);

describe("documents", () => {
  it("accepts what is there", () => {
    const files = {
      "README.md": [
        "# Paid on delivery",
        "See [the map](docs/README.md#where-to-begin), [above](#paid-on-delivery), [a site](https://example.org), `src/lib/a.ts`.",
        "Run `npm run demo`.",
        "```tree\nsrc/   code\n  lib/ pure\n    a.ts one\ndocs/  words\n```",
      ].join("\n"),
      "docs/README.md": "## Where to begin\nUp to [README](../README.md).",
      "src/lib/a.ts": "",
    };
    expect(findingsOf(docs, files)).to.deep.equal([]);
  });

  it("finds a link to nothing, relative to the document", () => {
    const files = { "docs/a.md": "[b](b.md) and [c](../c.md)", "b.md": "", "docs/c.md": "" };
    expect(whats(docs, files)).to.deep.equal(["links to b.md", "links to ../c.md"]);
  });

  it("finds a heading that is gone", () => {
    expect(whats(docs, { "a.md": "[b](b.md#old)", "b.md": "# New" })).to.deep.equal(["links to the heading b.md#old"]);
  });

  it("finds a file and a command that are gone, in code too", () => {
    const files = { "a.md": "`src/gone.ts`\n```\nnpm run gone\n```" };
    expect(whats(docs, files)).to.deep.equal(["names src/gone.ts", "names the command npm run gone"]);
  });

  it("finds what a tree lists and the project lacks", () => {
    const files = { "a.md": "```tree\nsrc/\n  lib/  pure\n  gone/ not\nlib/   not here\n```", "src/lib/a.ts": "" };
    expect(whats(docs, files)).to.deep.equal(["lists src/gone/", "lists lib/"]);
  });

  it("lets the changelog speak of the past", () => {
    expect(findingsOf(docs, { "CHANGELOG.md": "Removed `src/gone.ts`" })).to.deep.equal([]);
  });
});
