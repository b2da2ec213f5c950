import { expect } from "chai";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { watchDescendants } from "../node/processes.ts";
import { startAnvil } from "../support/anvil.ts";
import { root, runCli, startCli, STORY_TIMEOUT, temporaryFolder, untilEnded, untilSeen } from "./run.ts";
import type { Ended } from "./run.ts";

/** What `--json` prints, as far as the tests look at it. */
interface Document {
  order: { number: string; id: string; currency: string; minorUnit: number; total: string };
  payments: { transaction: string; line: string; delivered: string; amount: string; gas: number }[];
  events: { received: number; counted: number; duplicate: number; refused: number; waiting: number };
  refused: { eventId: string | null; reason: string; detail: string }[];
  waiting: { eventId: string | null; reason: string; detail: string }[];
  supplier: { before: string; after: string };
  buyer: { before: string; after: string };
  escrow: { before: string; after: string };
  seconds: number;
}

const PURSES = ["buyer", "supplier", "tier2", "tier3", "bank", "escrow"] as const;

/** The same of the scenario cascade. */
type Cascade = Record<(typeof PURSES)[number], { before: string; after: string }> & {
  order: { status: string; total: string };
  claims: { from: string; to: string; amount: string; price: string; discount: string | null }[];
  payments: { transaction: string; event: string; payee: string; amount: string }[];
  statutory: Record<"dispute" | "end", { due: string | null; overdue: string; interest: string }>;
  ledger: { entries: number; tokens: string; differences: unknown[] };
};

const sum = (amounts: readonly string[]): bigint => amounts.reduce((total, amount) => total + BigInt(amount), 0n);

/** What holds for every run: the money that moved is what was paid, and none of it came or went. */
function expectExactMoney({ order, payments, buyer, supplier, escrow }: Document): void {
  const moved = BigInt(supplier.after) - BigInt(supplier.before);
  expect(moved).to.equal(sum(payments.map(({ amount }) => amount)));
  expect(BigInt(buyer.before) - BigInt(buyer.after)).to.equal(BigInt(order.total));
  expect(BigInt(escrow.after) - BigInt(escrow.before)).to.equal(BigInt(order.total) - moved);
}

describe("the demo", function () {
  this.timeout(STORY_TIMEOUT);
  const place = temporaryFolder();
  after(() => place.remove());

  /** Runs it to its end and sees that nothing of it is left. */
  async function demo(...args: string[]): Promise<Ended> {
    const cli = startCli(["demo", ...args]);
    const watch = watchDescendants(cli.child.pid ?? 0);
    const ended = await untilEnded(cli);
    expect(await watch.left(), "processes left").to.deep.equal([]);
    return ended;
  }

  function expectDocument({ code, stdout, stderr }: Ended): Document {
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Document;
  }

  it("settles the example exactly once, though all relayers are killed between signing and sending", async () => {
    const ended = await demo("--json");
    const document = expectDocument(ended);
    expect(ended.stderr).to.match(/KILLED: relayer 0x[^]*all three relayers are up again/);
    expect(Object.keys(document)).to.deep.equal(
      ["order", "payments", "events", "refused", "waiting", "supplier", "buyer", "escrow", "seconds"], // as documented
    );
    expectExactMoney(document);
    const { events, refused, waiting, payments } = document;
    const stream = readFileSync(join(root, "examples/events.jsonl"), "utf8").trim().split("\n");
    expect(events.received).to.equal(stream.length);
    expect(events.counted + events.duplicate + events.refused + events.waiting).to.equal(events.received);
    expect(refused).to.have.length(events.refused);
    expect(waiting).to.have.length(events.waiting);
    // Forged, conflicting, for an unknown order, by a device that is not the buyer's; and over-delivered, but not paid.
    expect(refused.map(({ reason }) => reason)).to.include.members(["signature", "conflict"]);
    expect(waiting.map(({ reason }) => reason)).to.include("order-unknown");
    expect(events.duplicate).to.equal(1);
    expect(payments.filter(({ line }) => line === "10").at(-1)?.delivered).to.equal("1000");
    for (const { transaction, gas } of payments) {
      expect(transaction).to.match(/^0x[0-9a-f]{64}$/);
      expect(gas).to.be.above(21_000);
    }
  });

  it("lets simulated devices deliver an order of one's own, twice on one existing chain, each time among new firms", async () => {
    const text = readFileSync(join(root, "examples/order.xml"), "utf8");
    const order = join(place.folder, "own.xml");
    writeFileSync(order, text.replaceAll("KRW", "JPY").replace("BO-2026-0117", "PO 7/2026"));
    const anvil = await startAnvil(["--chain-id", "1337", "--block-time", "1"]);
    try {
      const again = ["--order", order, "--rpc", anvil.url];
      const { code, stdout, stderr } = await demo(...again);
      expect(code, stderr).to.equal(0);
      expect(stdout).to.match(/SIMULATED devices/);
      expect(stdout).to.match(/Order PO 7\/2026: 12,273,525 JPY of 12,273,525 JPY paid \(in full\)/);
      expect(stdout).to.match(/Time: chain .* together/);
      expect(stdout).to.match(/How to go on/);
      // Of the same firms the chain would take no second order with this number.
      const second = expectDocument(await demo(...again, "--json"));
      expectExactMoney(second);
      expect(second.order).to.include({ number: "PO 7/2026", total: "12273525", currency: "JPY" });
    } finally {
      await anvil.stop();
    }
  });

  it("pays three tiers and a bank through a dispute that nobody answers, and its ledger agrees", async () => {
    const ended = await demo("--scenario", "cascade", "--json");
    expect(ended.code, ended.stderr).to.equal(0);
    const document = JSON.parse(ended.stdout) as Cascade;
    expect(Object.keys(document)).to.deep.equal(
      // as documented
      ["scenario", "order", "claims", "payments", "statutory", ...PURSES, "ledger", "seconds"],
    );
    const moved = PURSES.map((who) => BigInt(document[who].after) - BigInt(document[who].before));
    // Earned: 700 + 190 + 60% of 95 of 1,000 pieces. The bank's price is the supplier's, the rest goes back.
    expect(moved).to.deep.equal([-94_700_000n, 54_100_000n, 25_000_000n, 15_000_000n, 600_000n, 0n]);
    expect(document.order).to.include({ status: "closed", total: "100000000" });
    const { payments, claims, statutory, ledger } = document;
    const accepted = payments.filter(({ transaction }) => transaction === payments[1]?.transaction);
    expect(accepted.map(({ payee }) => payee)).to.deep.equal(["tier3", "tier2", "bank", "supplier"]);
    expect(claims.map(({ to, discount }) => [to, discount])).to.deep.equal([
      ["tier2", null],
      ["tier3", null],
      ["bank", "600000"],
    ]);
    // The retention was paid 80 days after the law wanted it: 4,735,000 at 15.5% a year.
    expect(statutory.dispute).to.include({ overdue: "0", interest: "0" });
    expect(statutory.end).to.deep.equal({ due: null, overdue: "0", interest: "160860" });
    expect(ledger).to.deep.equal({ entries: 7, tokens: "0", differences: [] });
  });

  it("refuses what a scenario does not take, and says what there is", async () => {
    for (const [args, message] of [
      [["--scenario", "casacde"], /Allowed choices are order-to-cash, cascade/],
      [["--scenario", "cascade", "--rpc", "http://127.0.0.1:1"], /does not run on a chain given by --rpc/],
      [["--scenario", "cascade", "--order", "examples/order.xml"], /takes no --order/],
    ] as const) {
      const { code, stderr } = await runCli("demo", ...args);
      expect(code, args.join(" ")).to.equal(1);
      expect(stderr).to.match(message);
    }
  });

  it("stops at Ctrl-C, and leaves no process and no folder", async () => {
    const folders = () => readdirSync(place.folder).filter((name) => name.startsWith("factorychain-demo-"));
    const cli = startCli(["demo"], { TMPDIR: place.folder });
    const watch = watchDescendants(cli.child.pid ?? 0);
    await untilSeen(cli, "contracts are deployed");
    expect(folders()).to.have.length(1);
    cli.child.kill("SIGINT");
    const { code, stderr } = await untilEnded(cli);
    expect(code).to.equal(130);
    expect(stderr).to.match(/Stopped by SIGINT/);
    expect(await watch.left(), "processes left").to.deep.equal([]);
    expect(folders()).to.deep.equal([]);
  });

  it("leaves nothing running when it is killed", async () => {
    const cli = startCli(["demo"]);
    const watch = watchDescendants(cli.child.pid ?? 0);
    await untilSeen(cli, "contracts are deployed");
    cli.child.kill("SIGKILL");
    await cli.ended;
    expect(await watch.left(), "processes left").to.deep.equal([]);
  });
});
