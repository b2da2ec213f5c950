import { join } from "node:path";
import { expect } from "chai";
import { Wallet } from "ethers";
import { commandStory } from "./commandStory.ts";
import { STORY_TIMEOUT } from "./run.ts";

const NUMBER = "BO-2026-0117";
const SPECIAL = ["--arbiter", "Arbiter", "--inspection-days", "10", "--retention-percent", "5"];

describe("what parties agree on the command line", function () {
  this.timeout(STORY_TIMEOUT);
  const { place, step, run, ask } = commandStory();

  step(
    "an order with inspection and retention needs an arbiter, and can be paid from the buyer's balance",
    async () => {
      await ask("organisation", "register", "Hanbit", "--kind", "buyer", "--identifier", "8801234500012");
      const create = ["order", "create", "examples/order.xml", "--register", "--from-balance"];
      const refused = await run(...create, "--inspection-days", "10");
      expect(refused.code).to.equal(1);
      expect(refused.stderr).to.include("needs an arbiter").and.to.include("--arbiter");
      for (const name of ["Arbiter", "Bank"]) await ask("organisation", "register", name, "--kind", "bank");
      expect(await ask("balance", "deposit", "Hanbit", "--amount", "12273526")).to.include({ escrow: "12273526" });
      await ask(...create, ...SPECIAL);
      expect(await ask("balance", "show", "Hanbit")).to.include({ escrow: "1", wallet: "0" });
      expect(await ask("order", "show", NUMBER)).to.include({ status: "open", seq: 0 });
    },
  );

  step("a claim is sold with a signature that was given in a file, and only as it was signed", async () => {
    const file = join(place.folder, "bank.json");
    const sale = [NUMBER, "--to", "Bank", "--amount", "5000000", "--price", "4900000"];
    await ask("order", "sign", "assign", ...sale, "--as", "Bank", "--out", file);
    const other = await run("order", "assign", ...sale.with(-1, "4800000"), "--approval", file);
    expect(other.code).to.equal(1);
    expect(other.stderr).to.include("under something else");
    await ask("order", "assign", ...sale, "--approval", file);
    const claims = await ask<{ end: string }[]>("order", "claims", NUMBER);
    expect(claims.map(({ end }) => end)).to.deep.equal(["5000000", String(2n ** 56n - 1n)]);
  });

  step("relayers whose keys are elsewhere are registered, and become a group", async () => {
    const accounts = Array.from({ length: 3 }, () => Wallet.createRandom().address.toLowerCase());
    for (const [i, account] of accounts.entries()) {
      const args = ["organisation", "register", `Operator ${String(i)}`, "--kind", "relayer-operator"];
      expect(await ask(...args, "--account", account)).to.include({ account });
    }
    const group = await ask<{ group: number; threshold: number; members: { account: string }[] }>(
      ...["group", "register", ...accounts, "--threshold", "2"],
    );
    expect(group.threshold).to.equal(2);
    expect(group.members.map(({ account }) => account)).to.deep.equal(accounts);
    const again = await run("group", "register", accounts[0]!, accounts[0]!, "--threshold", "2");
    expect(again.code).to.equal(1);
    const none = await run("group", "register", ...accounts, "--threshold", "two");
    expect(none.stderr).to.include("whole number");
    const short = await run("organisation", "register", "X", "--kind", "bank", "--account", "0x12");
    expect(short.stderr).to.include("must be an address");
  });

  step("an amendment and a cancellation take the consent of all", async () => {
    await ask("order", "amend", NUMBER, "--line", "10", "--quantity", "1100");
    expect(await ask("order", "show", NUMBER)).to.include({ total: "13059537", seq: 1 });
    await ask("order", "cancel", NUMBER, "--payout", "5000000");
    expect(await ask("order", "show", NUMBER)).to.include({ status: "closed", paid: "5000000" });
    const again = await run("order", "cancel", NUMBER, "--payout", "5000000");
    expect(again.stderr).to.include("is closed");
  });
});
