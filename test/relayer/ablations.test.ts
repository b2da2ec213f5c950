import { readFileSync } from "node:fs";
import { expect } from "chai";
import { ABLATIONS } from "../support/ablations.ts";

describe("the rules that can be switched off to see whether the simulation misses them", () => {
  for (const { rule, changes } of ABLATIONS) {
    it(`stand in the code: ${rule}`, () => {
      for (const { file, code } of changes) {
        expect(readFileSync(file, "utf8").split(code).length - 1, `${code} in ${file}`).to.equal(1);
      }
    });
  }
});
