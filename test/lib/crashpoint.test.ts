import { expect } from "chai";
import { createCrashpoint, parseCrashpoint } from "../../src/lib/crashpoint.ts";

describe("crash points", () => {
  it("are named, with the number of the hit", () => {
    expect(parseCrashpoint("prepared")).to.deep.equal({ name: "prepared", hit: 1 });
    expect(parseCrashpoint("received:12")).to.deep.equal({ name: "received", hit: 12 });
    for (const wrong of ["", "nowhere", "prepared:0", "prepared:", "prepared:1.5", "prepared:x", ":1"])
      expect(parseCrashpoint(wrong), wrong).to.equal(null);
  });

  it("end the process at their hit, once", () => {
    let died = 0;
    const crashpoint = createCrashpoint({ setting: { name: "kept", hit: 2 }, die: () => died++ });
    crashpoint("kept");
    crashpoint("shared");
    expect(died).to.equal(0);
    crashpoint("kept");
    expect(died).to.equal(1);
    crashpoint("kept");
    expect(died).to.equal(1);
  });

  it("do nothing where no setting names one", () => {
    expect(() => createCrashpoint({ setting: null, die: () => expect.fail("died") })("kept")).to.not.throw();
  });
});
