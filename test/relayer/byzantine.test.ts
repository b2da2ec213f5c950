import { expect } from "chai";
import { playSchedule } from "../support/byzantineSchedule.ts";

/** SEED=1000 SCHEDULES=5000 plays others, and as many as there is time for. */
const FIRST = Number(process.env["SEED"] ?? 1);
const SCHEDULES = Number(process.env["SCHEDULES"] ?? 48);

describe("relayers with a dishonest member among them", () => {
  it(`count nothing false or twice, lose nothing, and sign one digest for one batch, in ${String(SCHEDULES)} schedules`, async function () {
    this.timeout(60_000 + SCHEDULES * 20_000);
    for (let seed = FIRST; seed < FIRST + SCHEDULES; seed++) expect(await playSchedule(seed)).to.deep.equal([]);
  });
});
