import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../cli/run.ts";

describe("chaos: a small disk", () => {
  it("is full, or read-only, for as long as it should be, and leaves what is on it behind", () => {
    const node = ["--disable-warning=ExperimentalWarning", join(root, "test/support/diskTrial.ts")];
    const said = JSON.parse(execFileSync(process.execPath, node, { encoding: "utf8" })) as object | null;
    if (said === null) return; // whoever may not mount has no disks; chaos then says so
    expect(said).to.deep.equal({
      seen: ["written", "ENOSPC", "written", "EROFS", "written"],
      // The name of what did not fit is there, as on any full disk.
      kept: ["first", "full", "second", "third"],
      mounted: false,
    });
  });
});
